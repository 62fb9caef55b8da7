/* Key configurations of Oblivious HTTP, read, written and made. */
#include "crypto/ohttp.h"

static bool read_algorithms(vt_reader *r, struct vt_ohttp_config *out, struct vt_error *err)
{
    vt_reader inside;
    uint16_t len;

    if (!vt_read_u16(r, &len) || len == 0 || len % 4 != 0 ||
        !vt_read_bytes(r, len, &inside.rest) || !vt_read_end(r))
        return vt_fail(err, VT_MALFORMED, "OHTTP key: its algorithms have no form");
    if (len / 4 > VT_OHTTP_ALGORITHMS_MAX)
        return vt_fail(err, VT_LIMIT, "OHTTP key: more than %d algorithms",
                       VT_OHTTP_ALGORITHMS_MAX);
    for (out->algorithm_count = 0; inside.rest.len != 0; out->algorithm_count++) {
        struct vt_ohttp_algorithm *a = &out->algorithms[out->algorithm_count];

        if (!vt_read_u16(&inside, &a->kdf) || !vt_read_u16(&inside, &a->aead))
            return vt_fail(err, VT_MALFORMED, "OHTTP key: half an algorithm");
    }
    return true;
}

bool vt_ohttp_config_parse(vt_slice bytes, struct vt_ohttp_config *out,
                           struct vt_error *err)
{
    struct vt_ohttp_config config = { .id = 0 };
    vt_reader r = { bytes };
    vt_slice public_key;
    uint16_t kem;

    if (!vt_read_u8(&r, &config.id) || !vt_read_u16(&r, &kem))
        return vt_fail(err, VT_MALFORMED, "OHTTP key: cut short");
    if (kem != VT_HPKE_KEM_X25519)
        return vt_fail(err, VT_REJECTED, "OHTTP key: of kind 0x%04x, not X25519", kem);
    if (!vt_read_bytes(&r, VT_X25519_BYTES, &public_key))
        return vt_fail(err, VT_MALFORMED, "OHTTP key: cut short");
    if (!read_algorithms(&r, &config, err))
        return false;
    memcpy(config.public_key, public_key.data, sizeof config.public_key);
    *out = config;
    return true;
}

void vt_ohttp_config_write(struct vt_buf *out, const struct vt_ohttp_config *config)
{
    vt_buf_put_u8(out, config->id);
    vt_buf_put_u16(out, VT_HPKE_KEM_X25519);
    vt_buf_put(out, VT_BYTES(config->public_key));
    vt_buf_put_u16(out, (uint16_t)(4 * config->algorithm_count)); /* at most 64 */
    for (size_t i = 0; i < config->algorithm_count; i++) {
        vt_buf_put_u16(out, config->algorithms[i].kdf);
        vt_buf_put_u16(out, config->algorithms[i].aead);
    }
}

bool vt_ohttp_keys_parse(vt_slice bytes, struct vt_ohttp_config *out, size_t *count_out,
                         struct vt_error *err)
{
    struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX];
    vt_reader r = { bytes };
    size_t seen = 0, count = 0;

    while (!vt_read_end(&r)) {
        struct vt_error refusal = { 0 };
        vt_slice one;
        uint16_t len;

        if (!vt_read_u16(&r, &len) || !vt_read_bytes(&r, len, &one))
            return vt_fail(err, VT_MALFORMED, "OHTTP keys: cut short");
        if (seen++ == VT_OHTTP_KEYS_MAX)
            return vt_fail(err, VT_LIMIT, "OHTTP keys: more than %d", VT_OHTTP_KEYS_MAX);
        if (vt_ohttp_config_parse(one, &configs[count], &refusal)) {
            count++;
        } else if (refusal.code != VT_REJECTED) {
            *err = refusal;
            return false;
        }
    }
    if (count == 0)
        return vt_fail(err, seen == 0 ? VT_MALFORMED : VT_REJECTED,
                       "OHTTP keys: none for X25519");
    memcpy(out, configs, count * sizeof *out);
    *count_out = count;
    return true;
}

void vt_ohttp_keys_write(struct vt_buf *out, const struct vt_ohttp_config *configs,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = 1 + 2 + VT_X25519_BYTES + 2 + 4 * configs[i].algorithm_count;

        vt_buf_put_u16(out, (uint16_t)len); /* at most 101 */
        vt_ohttp_config_write(out, &configs[i]);
    }
}

/* ---- the gateway's half -----------------------------------------------------------------
 */

static void take_secret(uint8_t id, struct vt_secret *secret, struct vt_ohttp_key *out)
{
    *out = (struct vt_ohttp_key){
        .config = { .id = id,
                    .algorithms = { { VT_HPKE_KDF_SHA256, VT_AEAD_CHACHA20_POLY1305 },
                                    { VT_HPKE_KDF_SHA256, VT_AEAD_AES_128_GCM } },
                    .algorithm_count = 2 },
        .secret = *secret,
    };
    vt_x25519_public(secret->data, out->config.public_key);
    *secret = (struct vt_secret){ 0 };
}

bool vt_ohttp_key_from_bytes(uint8_t id, const uint8_t bytes[VT_X25519_BYTES],
                             struct vt_ohttp_key *out, struct vt_error *err)
{
    VT_AUTO_SECRET secret = { 0 };

    if (!vt_secret_init(&secret, VT_X25519_BYTES, err))
        return false;
    memcpy(secret.data, bytes, secret.len);
    take_secret(id, &secret, out);
    return true;
}

bool vt_ohttp_key_generate(uint8_t id, const struct vt_env *env, struct vt_ohttp_key *out,
                           struct vt_error *err)
{
    VT_AUTO_SECRET secret = { 0 };

    if (!vt_secret_init(&secret, VT_X25519_BYTES, err))
        return false;
    vt_env_random(env, secret.data, secret.len);
    take_secret(id, &secret, out);
    return true;
}

void vt_ohttp_key_clear(struct vt_ohttp_key *key)
{
    vt_secret_clear(&key->secret);
}
