/* A session with a token, as the files that speak Cryptoki see it. */
#ifndef VT_CRYPTO_PKCS11_PRIVATE_H
#define VT_CRYPTO_PKCS11_PRIVATE_H

#include "crypto/cryptoki.h"
#include "crypto/pkcs11.h"

struct vt_pkcs11 {
    const struct ck_functions *module;
    enum vt_pkcs11_use use;
    ck_ulong slot, session;
    ck_ulong key, public_half; /* handles */
    char reads[256];           /* module-reads of the URI */
};

/* The module said no: VT_IO, with Cryptoki's number.  Returns false. */
bool vt_pkcs11_failed(ck_ulong code, const char *what, struct vt_error *err);
/* The same while it works: says what a locked-in process can lack. */
bool vt_pkcs11_failed_at_work(const struct vt_pkcs11 *session, ck_ulong code,
                              const char *what, struct vt_error *err);
/* A session, logged in, without a key; flags: 0 or CKF_RW_SESSION.  Ends with
 * close_session. */
VT_CHECKED bool vt_pkcs11_log_in(const struct vt_pkcs11_uri *uri, vt_slice pin,
                                 ck_ulong flags, struct vt_pkcs11 *out,
                                 struct vt_error *err);
/* Both halves of the URI's key, and the public one.  Errors: those of vt_pkcs11_open */
VT_CHECKED bool vt_pkcs11_find_key(struct vt_pkcs11 *session,
                                   const struct vt_pkcs11_uri *uri, uint8_t public_out[32],
                                   struct vt_error *err);
VT_CHECKED bool vt_pkcs11_read_attribute(const struct vt_pkcs11 *session, ck_ulong object,
                                         ck_ulong type, uint8_t *out, size_t bytes_max,
                                         vt_slice *value_out, struct vt_error *err);
/* Does what it derives fit that public half?  Errors: VT_IO; VT_REJECTED it does not */
VT_CHECKED bool vt_pkcs11_derives_for(const struct vt_pkcs11 *session,
                                      const uint8_t public_half[32], struct vt_error *err);

#endif
