/* Keys that are made in a token. */
#include "crypto/pkcs11_private.h"

/* What both halves are called, and where they stay. */
enum { COMMON = 3 };

static void name_it(const struct vt_pkcs11_uri *uri, uint8_t *yes,
                    struct ck_attribute out[COMMON])
{
    /* Cryptoki's attributes are not const; these are only read. */
    out[0] = (struct ck_attribute){ CKA_TOKEN, yes, 1 };
    out[1] = (struct ck_attribute){ CKA_LABEL, (void *)(uintptr_t)uri->object,
                                    strlen(uri->object) };
    out[2] = (struct ck_attribute){ CKA_ID, (void *)(uintptr_t)uri->id, uri->id_len };
}

static ck_ulong generate(const struct vt_pkcs11 *s, const struct vt_pkcs11_uri *uri,
                         ck_ulong mechanism, struct vt_pkcs11 *out)
{
    uint8_t yes = 1, no = 0;
    uint8_t curve[] = { 0x06, 0x03, 0x2b, 0x65,
                        s->use == VT_PKCS11_DERIVES ? 0x6e : 0x70 }; /* RFC 8410 */
    bool derives = s->use == VT_PKCS11_DERIVES;
    struct ck_mechanism how = { mechanism, NULL, 0 };
    struct ck_attribute public_half[COMMON + 2], private_half[COMMON + 4];

    name_it(uri, &yes, public_half);
    public_half[COMMON] = (struct ck_attribute){ CKA_EC_PARAMS, curve, sizeof curve };
    public_half[COMMON + 1] = (struct ck_attribute){ CKA_VERIFY, derives ? &no : &yes, 1 };
    name_it(uri, &yes, private_half);
    private_half[COMMON] = (struct ck_attribute){ CKA_PRIVATE, &yes, 1 };
    private_half[COMMON + 1] = (struct ck_attribute){ CKA_SENSITIVE, &yes, 1 };
    private_half[COMMON + 2] = (struct ck_attribute){ CKA_EXTRACTABLE, &no, 1 };
    private_half[COMMON + 3] =
        (struct ck_attribute){ derives ? CKA_DERIVE : CKA_SIGN, &yes, 1 };
    return s->module->generate_key_pair(s->session, &how, public_half, COMMON + 2,
                                        private_half, COMMON + 4, &out->public_half,
                                        &out->key);
}

static bool make(struct vt_pkcs11 *s, const struct vt_pkcs11_uri *uri, struct vt_error *err)
{
    ck_ulong code = CKR_MECHANISM_INVALID;

    if (s->use == VT_PKCS11_DERIVES)
        code = generate(s, uri, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, s);
    if (code == CKR_MECHANISM_INVALID)
        code = generate(s, uri, CKM_EC_EDWARDS_KEY_PAIR_GEN, s);
    return code == CKR_OK || vt_pkcs11_failed(code, "make a key", err);
}

static bool is_free(const struct vt_pkcs11 *session, const struct vt_pkcs11_uri *uri,
                    struct vt_error *err)
{
    struct vt_pkcs11 s = *session;
    struct vt_error found = { 0 };
    uint8_t ignored[32];

    if (!vt_pkcs11_find_key(&s, uri, ignored, &found) && found.code == VT_ABSENT)
        return true;
    if (found.code == VT_IO)
        return vt_fail(err, VT_IO, "%s", found.message);
    return vt_fail(err, VT_REJECTED,
                   "the token has a key of that name: none is ever replaced, give another "
                   "object or id");
}

bool vt_pkcs11_generate(const struct vt_pkcs11_uri *uri, vt_slice pin,
                        enum vt_pkcs11_use use, uint8_t public_out[32],
                        struct vt_error *err)
{
    struct vt_pkcs11 s = { .use = use };
    bool is_ok;

    if (uri->object[0] == '\0' || uri->id_len == 0)
        return vt_fail(err, VT_MALFORMED,
                       "pkcs11 URI: a new key needs both, object and id");
    if (!vt_pkcs11_log_in(uri, pin, CKF_RW_SESSION, &s, err))
        return false;
    is_ok = is_free(&s, uri, err) && make(&s, uri, err) &&
            vt_pkcs11_find_key(&s, uri, public_out, err);
    (void)s.module->close_session(s.session);
    return is_ok;
}
