/* Private keys: made, derived, used, wiped; or used where they lie. */
#include "crypto/key_private.h"
#include <sodium.h>

bool vt_key_from_seed(const uint8_t seed[32], struct vt_key **key_out, struct vt_error *err)
{
    VT_AUTO_SECRET pair = { 0 };
    struct vt_key *key;

    if (!vt_secret_init(&pair, crypto_sign_SECRETKEYBYTES, err))
        return false;
    key = vt_alloc(sizeof *key);
    (void)crypto_sign_seed_keypair(key->public_key.bytes, pair.data, seed);
    key->pair = pair;
    pair = (struct vt_secret){ 0 };
    *key_out = key;
    return true;
}

bool vt_key_generate(const struct vt_env *env, struct vt_key **key_out,
                     struct vt_error *err)
{
    VT_AUTO_SECRET seed = { 0 };

    if (!vt_secret_init(&seed, VT_SHA256_BYTES, err))
        return false;
    vt_env_random(env, seed.data, seed.len);
    return vt_key_from_seed(seed.data, key_out, err);
}

void vt_key_close(struct vt_key *key)
{
    if (key == NULL)
        return;
    vt_secret_clear(&key->pair);
    vt_pkcs11_close(key->session);
    free(key);
}

void vt_key_close_pointer(struct vt_key **key)
{
    vt_key_close(*key);
}

const struct vt_public_key *vt_key_public(const struct vt_key *key)
{
    return &key->public_key;
}

bool vt_key_sign(const struct vt_key *key, vt_slice message, uint8_t out[64],
                 struct vt_error *err)
{
    static const uint8_t nothing = 0;

    if (key->session != NULL)
        return vt_pkcs11_sign(key->session, &key->public_key, message, out, err);
    if (crypto_sign_detached(out, NULL, message.data != NULL ? message.data : &nothing,
                             message.len, key->pair.data) != 0)
        return vt_fail(err, VT_IO, "libsodium cannot sign");
    return true;
}
