/* HPKE.  Every derivation is labelled with the suite that it belongs to; `suite` below is
 * "KEM" and one number while the shared secret is made, "HPKE" and three numbers after. */
#include "crypto/hpke.h"
#include "crypto/hkdf.h"

enum { EXPORTER_AT = VT_AEAD_NONCE_BYTES, KEYS_BYTES = EXPORTER_AT + VT_SHA256_BYTES };

#define VERSION VT_LIT("HPKE-v1")

static const uint8_t KEM_SUITE[5] = { 'K', 'E', 'M', 0, VT_HPKE_KEM_X25519 };

struct suite {
    uint8_t bytes[10];
};

static struct suite suite_of(enum vt_aead_name name)
{
    return (struct suite){ { 'H', 'P', 'K', 'E', 0, VT_HPKE_KEM_X25519, 0,
                             VT_HPKE_KDF_SHA256, 0, (uint8_t)name } };
}

static void labeled_extract(vt_slice suite, vt_slice salt, vt_slice label, vt_slice secret,
                            vt_hash *out)
{
    vt_hkdf_extract(salt, VT_PARTS(VERSION, suite, label, secret), out);
}

static void labeled_expand(vt_slice suite, const vt_hash *key, vt_slice label,
                           vt_slice info, uint8_t *out, size_t len)
{
    const uint8_t length[2] = { (uint8_t)(len >> 8), (uint8_t)len };

    vt_hkdf_expand(key, VT_PARTS(VT_BYTES(length), VERSION, suite, label, info), out, len);
}

/* ---- the key encapsulation --------------------------------------------------------------
 */

/* The shared secret from one side's secret and the other's point. */
static bool encapsulate(const uint8_t secret[VT_X25519_BYTES],
                        const uint8_t point[VT_X25519_BYTES],
                        const uint8_t enc[VT_X25519_BYTES],
                        const uint8_t public_key[VT_X25519_BYTES], vt_hash *out)
{
    uint8_t shared[VT_X25519_BYTES], context[2 * VT_X25519_BYTES];
    vt_slice suite = VT_BYTES(KEM_SUITE);
    vt_hash key;

    if (!vt_x25519_shared(secret, point, shared))
        return false;
    memcpy(context, enc, VT_X25519_BYTES);
    memcpy(context + VT_X25519_BYTES, public_key, VT_X25519_BYTES);
    labeled_extract(suite, (vt_slice){ 0 }, VT_LIT("eae_prk"), VT_BYTES(shared), &key);
    labeled_expand(suite, &key, VT_LIT("shared_secret"), VT_BYTES(context), out->bytes,
                   sizeof out->bytes);
    explicit_bzero(shared, sizeof shared);
    explicit_bzero(&key, sizeof key);
    return true;
}

/* ---- the key schedule -------------------------------------------------------------------
 */

/* Mode, and hashes of the (empty) id of a pre-shared key and of the info. */
struct schedule {
    uint8_t mode;
    vt_hash psk_id, info;
};

static bool schedule_keys(struct vt_hpke *out, const vt_hash *shared, vt_slice info,
                          struct vt_error *err)
{
    struct suite suite_bytes = suite_of(out->name);
    vt_slice suite = VT_BYTES(suite_bytes), none = { 0 };
    struct schedule schedule = { .mode = 0 };
    uint8_t key[VT_AEAD_KEY_BYTES_MAX];
    vt_hash secret;
    bool ok;

    labeled_extract(suite, none, VT_LIT("psk_id_hash"), none, &schedule.psk_id);
    labeled_extract(suite, none, VT_LIT("info_hash"), info, &schedule.info);
    labeled_extract(suite, vt_hash_slice(shared), VT_LIT("secret"), none, &secret);
    labeled_expand(suite, &secret, VT_LIT("base_nonce"), VT_BYTES(schedule), out->keys.data,
                   VT_AEAD_NONCE_BYTES);
    labeled_expand(suite, &secret, VT_LIT("exp"), VT_BYTES(schedule),
                   out->keys.data + EXPORTER_AT, VT_SHA256_BYTES);
    labeled_expand(suite, &secret, VT_LIT("key"), VT_BYTES(schedule), key,
                   vt_aead_key_bytes(out->name));
    ok = vt_aead_init(&out->aead, out->name, key, err);
    explicit_bzero(key, sizeof key);
    explicit_bzero(&secret, sizeof secret);
    return ok;
}

static bool begin(struct vt_hpke *out, enum vt_aead_name name, const vt_hash *shared,
                  vt_slice info, struct vt_error *err)
{
    VT_AUTO_HPKE hpke = { .name = name };

    static_assert(sizeof(struct schedule) == 1 + 2 * VT_SHA256_BYTES, "no holes");
    VT_ASSERT(vt_aead_key_bytes(name) != 0);
    if (!vt_secret_init(&hpke.keys, KEYS_BYTES, err) ||
        !schedule_keys(&hpke, shared, info, err))
        return false;
    *out = hpke;
    hpke = (struct vt_hpke){ 0 };
    return true;
}

bool vt_hpke_init_sender(struct vt_hpke *out, const struct vt_env *env,
                         enum vt_aead_name name, const uint8_t public_key[VT_X25519_BYTES],
                         vt_slice info, uint8_t enc_out[VT_X25519_BYTES],
                         struct vt_error *err)
{
    VT_AUTO_SECRET once = { 0 };
    uint8_t enc[VT_X25519_BYTES];
    vt_hash shared;
    bool ok;

    if (!vt_secret_init(&once, VT_X25519_BYTES, err))
        return false;
    vt_env_random(env, once.data, once.len);
    vt_x25519_public(once.data, enc);
    if (!encapsulate(once.data, public_key, enc, public_key, &shared))
        return vt_fail(err, VT_REJECTED,
                       "HPKE: a public key of small order, everybody knows its secret");
    ok = begin(out, name, &shared, info, err);
    explicit_bzero(&shared, sizeof shared);
    if (ok)
        memcpy(enc_out, enc, sizeof enc);
    return ok;
}

bool vt_hpke_init_receiver(struct vt_hpke *out, enum vt_aead_name name,
                           const uint8_t secret_key[VT_X25519_BYTES],
                           const uint8_t public_key[VT_X25519_BYTES],
                           const uint8_t enc[VT_X25519_BYTES], vt_slice info,
                           struct vt_error *err)
{
    vt_hash shared;
    bool ok;

    if (!encapsulate(secret_key, enc, enc, public_key, &shared))
        return vt_fail(err, VT_REJECTED, "HPKE: an encapsulated key of small order");
    ok = begin(out, name, &shared, info, err);
    explicit_bzero(&shared, sizeof shared);
    return ok;
}

void vt_hpke_clear(struct vt_hpke *hpke)
{
    vt_aead_clear(&hpke->aead);
    vt_secret_clear(&hpke->keys);
}

/* ---- texts and exports ------------------------------------------------------------------
 */

/* The base nonce, its end turned by the number of the text. */
static bool next_nonce(const struct vt_hpke *hpke, uint8_t out[VT_AEAD_NONCE_BYTES],
                       struct vt_error *err)
{
    if (hpke->sequence == UINT64_MAX)
        return vt_fail(err, VT_LIMIT, "HPKE: too many texts under one key");
    memcpy(out, hpke->keys.data, VT_AEAD_NONCE_BYTES);
    for (unsigned i = 0; i < 8; i++)
        out[VT_AEAD_NONCE_BYTES - 1 - i] ^= (uint8_t)(hpke->sequence >> (8 * i));
    return true;
}

bool vt_hpke_seal(struct vt_hpke *hpke, vt_slice associated, vt_slice plain,
                  struct vt_buf *out, struct vt_error *err)
{
    uint8_t nonce[VT_AEAD_NONCE_BYTES];
    size_t before = out->len;
    uint8_t *at;

    if (plain.len > VT_AEAD_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "HPKE: %zu bytes are too many", plain.len);
    at = vt_buf_extend(out, plain.len + VT_AEAD_TAG_BYTES);
    if (at == NULL)
        return vt_buf_check(out, "HPKE", err);
    if (!next_nonce(hpke, nonce, err) ||
        !vt_aead_seal(&hpke->aead, nonce, associated, plain, at, err)) {
        vt_buf_truncate(out, before);
        return vt_within(err, "HPKE");
    }
    hpke->sequence++;
    return true;
}

bool vt_hpke_open(struct vt_hpke *hpke, vt_slice associated, vt_slice sealed,
                  struct vt_buf *out, struct vt_error *err)
{
    uint8_t nonce[VT_AEAD_NONCE_BYTES];
    size_t before = out->len;
    uint8_t *at;

    if (sealed.len < VT_AEAD_TAG_BYTES)
        return vt_fail(err, VT_REJECTED, "HPKE: cut short");
    at = vt_buf_extend(out, sealed.len - VT_AEAD_TAG_BYTES);
    if (at == NULL && sealed.len != VT_AEAD_TAG_BYTES)
        return vt_buf_check(out, "HPKE", err);
    if (!next_nonce(hpke, nonce, err) ||
        !vt_aead_open(&hpke->aead, nonce, associated, sealed, at, err)) {
        vt_buf_truncate(out, before);
        return vt_within(err, "HPKE");
    }
    hpke->sequence++;
    return true;
}

void vt_hpke_export(const struct vt_hpke *hpke, vt_slice context, uint8_t *out, size_t len)
{
    struct suite suite = suite_of(hpke->name);
    vt_hash exporter;

    VT_ASSERT(len <= VT_HPKE_EXPORT_BYTES_MAX);
    memcpy(exporter.bytes, hpke->keys.data + EXPORTER_AT, sizeof exporter.bytes);
    labeled_expand(VT_BYTES(suite), &exporter, VT_LIT("sec"), context, out, len);
    explicit_bzero(&exporter, sizeof exporter);
}
