/* Key ids: one for keys, one for verifier keys of notes.  Apart from key.c, so that the
 * verification library needs no private-key code. */
#include "crypto/key.h"
#include "crypto/verify_note.h"

struct vt_key_id vt_public_key_id(const struct vt_public_key *key)
{
    struct vt_sha256 state;
    struct vt_key_id id;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("\x01"));
    vt_sha256_add(&state, vt_slice_of(key->bytes, sizeof key->bytes));
    vt_sha256_end(&state, &hash);
    vt_hash_text(&hash, id.text);
    return id;
}

uint32_t vt_vkey_id(vt_slice name, uint8_t type, const uint8_t key[32])
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, name);
    vt_sha256_add(&state, VT_LIT("\n"));
    vt_sha256_add(&state, vt_slice_of(&type, 1));
    vt_sha256_add(&state, vt_slice_of(key, 32));
    vt_sha256_end(&state, &hash);
    return (uint32_t)hash.bytes[0] << 24 | (uint32_t)hash.bytes[1] << 16 |
           (uint32_t)hash.bytes[2] << 8 | hash.bytes[3];
}

struct vt_vkey vt_vkey_of(vt_slice name, uint8_t type, const struct vt_public_key *key)
{
    struct vt_vkey vkey = { .name = name, .type = type };

    memcpy(vkey.key, key->bytes, sizeof vkey.key);
    vkey.id = vt_vkey_id(name, type, vkey.key);
    return vkey;
}

bool vt_vkey_parse(vt_slice text, struct vt_vkey *out, struct vt_error *err)
{
    struct vt_vkey vkey;
    uint32_t id;

    if (!vt_vkey_take_apart(text, &vkey, err))
        return false;
    id = vt_vkey_id(vkey.name, vkey.type, vkey.key);
    if (id != vkey.id)
        return vt_fail(err, VT_MALFORMED,
                       "verifier key %.*s: its id is %08x, should be %08x",
                       VT_SLICE_ARGS(vkey.name), vkey.id, id);
    *out = vkey;
    return true;
}
