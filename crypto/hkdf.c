/* HMAC over the room's own SHA-256 state: it lives on the stack and uses the processor's
 * SHA instructions, so a derivation costs about a microsecond where libsodium's costs six.
 */
#include "crypto/hkdf.h"
#include <sodium.h>

enum { BLOCK_BYTES = 64 };

/* A block of the key, every byte turned by `pad`. */
static void begin(struct vt_sha256 *state, const uint8_t key[BLOCK_BYTES], uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    vt_sha256_init(state);
    vt_sha256_add(state, VT_BYTES(block));
    sodium_memzero(block, sizeof block);
}

void vt_hmac_sha256(vt_slice key, const vt_slice *parts, size_t count, vt_hash *out)
{
    uint8_t block[BLOCK_BYTES] = { 0 };
    struct vt_sha256 state;
    vt_hash inner;

    if (key.len > sizeof block) {
        inner = vt_sha256_of(key);
        memcpy(block, inner.bytes, sizeof inner.bytes);
    } else if (key.len != 0) {
        memcpy(block, key.data, key.len);
    }
    begin(&state, block, 0x36);
    for (size_t i = 0; i < count; i++)
        vt_sha256_add(&state, parts[i]);
    vt_sha256_end(&state, &inner);
    begin(&state, block, 0x5c);
    vt_sha256_add(&state, VT_BYTES(inner));
    vt_sha256_end(&state, out);
    sodium_memzero(block, sizeof block);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(&inner, sizeof inner);
}

bool vt_hmac_equal(const vt_hash *a, const vt_hash *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void vt_hkdf_extract(vt_slice salt, const vt_slice *parts, size_t count, vt_hash *out)
{
    vt_hmac_sha256(salt, parts, count, out);
}

void vt_hkdf_expand(const vt_hash *key, const vt_slice *parts, size_t count, uint8_t *out,
                    size_t len)
{
    vt_slice all[VT_HKDF_PARTS_MAX + 2];
    uint8_t number = 0;
    vt_hash block;

    VT_ASSERT(count <= VT_HKDF_PARTS_MAX && len <= VT_HKDF_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        all[1 + i] = parts[i];
    all[1 + count] = VT_BYTES(number);
    while (len != 0) {
        size_t piece = len < sizeof block.bytes ? len : sizeof block.bytes;

        all[0] = number == 0 ? (vt_slice){ 0 } : VT_BYTES(block);
        number++;
        vt_hmac_sha256(vt_hash_slice(key), all, count + 2, &block);
        memcpy(out, block.bytes, piece);
        out += piece;
        len -= piece;
    }
    sodium_memzero(&block, sizeof block);
}

void vt_hkdf(vt_slice salt, vt_slice secret, vt_slice info, vt_hash *out)
{
    vt_hash key;

    vt_hkdf_extract(salt, &secret, 1, &key);
    vt_hkdf_expand(&key, &info, 1, out->bytes, sizeof out->bytes);
    sodium_memzero(&key, sizeof key);
}
