/* libfido2: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_CRYPTO_LIBFIDO2_H
#define VT_CRYPTO_LIBFIDO2_H

#include "base/dynlib.h"
#include <fido.h>
#include <fido/es256.h>

/* clang-format off */
#define VT_FIDO2_CALLS(CALL) \
    CALL(es256_pk_free) CALL(es256_pk_from_ptr) CALL(es256_pk_new) \
    CALL(fido_assert_free) CALL(fido_assert_new) CALL(fido_assert_set_authdata_raw) \
    CALL(fido_assert_set_clientdata_hash) CALL(fido_assert_set_count) \
    CALL(fido_assert_set_rp) CALL(fido_assert_set_sig) CALL(fido_assert_set_up) \
    CALL(fido_assert_set_uv) CALL(fido_assert_verify) CALL(fido_cred_free) \
    CALL(fido_cred_id_len) CALL(fido_cred_id_ptr) CALL(fido_cred_new) \
    CALL(fido_cred_pubkey_len) CALL(fido_cred_pubkey_ptr) \
    CALL(fido_cred_set_authdata_raw) CALL(fido_cred_set_type) CALL(fido_cred_sigcount)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libfido2, VT_FIDO2_CALLS)

#endif
