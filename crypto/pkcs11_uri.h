/* Where a key lies behind a PKCS#11 module.  Spec: RFC 7512, of which we take what names
 * one key exactly and refuse the rest, so that no attribute is passed over in silence.
 *
 *   pkcs11:token=signing;object=log%20key;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so
 *
 * module-reads is ours (RFC 7512 leaves room for attributes of vendors): a module that
 * keeps its keys in files reads them at each use, and a role that holds a key can read no
 * file but what its rights name:
 *
 *   ...?module-path=/usr/lib/softhsm/libsofthsm2.so&module-reads=/var/lib/softhsm/tokens
 */
#ifndef VT_CRYPTO_PKCS11_URI_H
#define VT_CRYPTO_PKCS11_URI_H

#include "base/base.h"

#define VT_PKCS11_URI_BYTES_MAX 1024

struct vt_pkcs11_uri {
    char token[33];  /* label of the token; "" any */
    char serial[17]; /* serial number of the token; "" any */
    char object[65]; /* label of the key (CKA_LABEL); "" any */
    uint8_t id[64];  /* CKA_ID */
    size_t id_len;   /* 0: any */
    char module_path[256];
    char module_reads[256]; /* folder that it reads while it works; "" none */
};

/* Takes token, serial, object, id, type (only "private") and, behind '?', module-path,
 * which must be there and absolute, and module-reads, absolute too.  At least one of object
 * and id must be there.  Each stands once.  A PIN is not taken from a URI: command lines
 * are seen by everybody. Errors: VT_MALFORMED VT_LIMIT     longer than
 * VT_PKCS11_URI_BYTES_MAX Spec:   RFC 7512 §2.3 */
VT_CHECKED bool vt_pkcs11_uri_parse(vt_slice text, struct vt_pkcs11_uri *out,
                                    struct vt_error *err);
/* Append the one spelling in the order of the example.  It is taken again as equal. */
void vt_pkcs11_uri_write(struct vt_buf *out, const struct vt_pkcs11_uri *uri);

#endif
