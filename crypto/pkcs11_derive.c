/* Tokens that hold a key of X25519.
 *
 * X25519 of a key and the base point is its public half: so a token is asked for what we
 * know already, at the start whether the halves fit, and later whether it is the token that
 * fails or a point that a stranger chose. */
#include "crypto/pkcs11_private.h"
#include "crypto/x25519.h"

static const uint8_t BASE_POINT[VT_X25519_BYTES] = { 9 };

/* The secret as an object of the session, which is read and goes. */
static bool derive_object(const struct vt_pkcs11 *s, const uint8_t point[VT_X25519_BYTES],
                          ck_ulong *out, struct vt_error *err)
{
    ck_ulong class = CKO_SECRET_KEY, kind = CKK_GENERIC_SECRET, bytes = VT_X25519_BYTES;
    uint8_t yes = 1, no = 0;
    struct ck_ecdh told = { CKD_NULL, 0, NULL, VT_X25519_BYTES, point };
    struct ck_mechanism ecdh = { CKM_ECDH1_DERIVE, &told, sizeof told };
    struct ck_attribute wanted[] = {
        { CKA_CLASS, &class, sizeof class },   { CKA_KEY_TYPE, &kind, sizeof kind },
        { CKA_TOKEN, &no, sizeof no },         { CKA_SENSITIVE, &no, sizeof no },
        { CKA_EXTRACTABLE, &yes, sizeof yes }, { CKA_VALUE_LEN, &bytes, sizeof bytes },
    };
    ck_ulong code = s->module->derive_key(s->session, &ecdh, s->key, wanted,
                                          sizeof wanted / sizeof wanted[0], out);

    if (code == CKR_KEY_FUNCTION_NOT_PERMITTED)
        return vt_fail(err, VT_REJECTED,
                       "the token does not allow that key to derive: make one with "
                       "vitrine key new");
    return code == CKR_OK || vt_pkcs11_failed_at_work(s, code, "derive a secret", err);
}

static bool derive(const struct vt_pkcs11 *s, const uint8_t point[VT_X25519_BYTES],
                   uint8_t out[VT_X25519_BYTES], struct vt_error *err)
{
    uint8_t secret[VT_X25519_BYTES];
    ck_ulong object;
    vt_slice value;
    bool is_ok;

    if (!derive_object(s, point, &object, err))
        return false;
    is_ok = vt_pkcs11_read_attribute(s, object, CKA_VALUE, secret, sizeof secret, &value,
                                     err) &&
            (value.len == sizeof secret ||
             vt_fail(err, VT_IO, "the token derived a secret of %zu bytes", value.len));
    (void)s->module->destroy_object(s->session, object);
    if (is_ok)
        memcpy(out, secret, sizeof secret);
    explicit_bzero(secret, sizeof secret);
    return is_ok;
}

bool vt_pkcs11_derive(const struct vt_pkcs11 *session, const uint8_t point[VT_X25519_BYTES],
                      uint8_t out[VT_X25519_BYTES], struct vt_error *err)
{
    uint8_t known[VT_X25519_BYTES];
    struct vt_error ignored = { 0 };

    if (derive(session, point, out, err))
        return true;
    if (derive(session, BASE_POINT, known, &ignored))
        return vt_fail(err, VT_REJECTED, "the token takes no such point");
    return false;
}

bool vt_pkcs11_derives_for(const struct vt_pkcs11 *session,
                           const uint8_t public_half[VT_X25519_BYTES], struct vt_error *err)
{
    uint8_t known[VT_X25519_BYTES];

    if (!derive(session, BASE_POINT, known, err))
        return false;
    return memcmp(known, public_half, sizeof known) == 0 ||
           vt_fail(err, VT_REJECTED, "the token's private key does not fit its public key");
}

/* Both handles are good in any session of the process; removing needs one that may write,
 * and the login is the process's. */
bool vt_pkcs11_destroy(struct vt_pkcs11 *session, struct vt_error *err)
{
    const struct ck_functions *module = session->module;
    ck_ulong writing = 0;
    ck_ulong code = module->open_session(session->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                         NULL, NULL, &writing);

    if (code != CKR_OK)
        return vt_pkcs11_failed(code, "open a session that may write", err);
    code = module->destroy_object(writing, session->key);
    if (code == CKR_OK)
        code = module->destroy_object(writing, session->public_half);
    (void)module->close_session(writing);
    return code == CKR_OK || vt_pkcs11_failed(code, "destroy a key", err);
}
