/* A server's certificate and its private key, looked at before a server starts with them.
 */
#ifndef VT_CRYPTO_TLS_PAIR_H
#define VT_CRYPTO_TLS_PAIR_H

#include "base/base.h"

/* Are these a certificate and its private key, both PEM?
 *
 * The first certificate counts; whether a client will trust it is not asked, nor whether
 * it has ended.  An encrypted key is refused: nobody could be asked for its passphrase.
 *
 * Errors: VT_MALFORMED  the certificate, or the key, is none; the message says which
 *         VT_REJECTED   the key is not the certificate's
 * Spec:   RFC 7468 */
VT_CHECKED bool vt_tls_pair_verify(vt_slice certificate, vt_slice key,
                                   struct vt_error *err);

#endif
