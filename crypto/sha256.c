/* SHA-256 through OpenSSL's low-level calls: they are marked deprecated, but the state
 * lives on our stack and no provider is looked up, which makes a tree node four times
 * cheaper (crypto/DESIGN.md has the figures). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/sha256.h"
#include "wire/hex.h"
#include <endian.h>
#include <openssl/sha.h>

static_assert(sizeof(SHA256_CTX) <= sizeof(struct vt_sha256), "the state does not fit");
static_assert(alignof(SHA256_CTX) <= 16, "the state is aligned more strictly");

static SHA256_CTX *context_of(struct vt_sha256 *state)
{
    return (SHA256_CTX *)(void *)state->opaque;
}

void vt_sha256_init(struct vt_sha256 *state)
{
    (void)SHA256_Init(context_of(state)); /* cannot fail: it sets constants */
}

void vt_sha256_add(struct vt_sha256 *state, vt_slice bytes)
{
    if (bytes.len != 0)
        (void)SHA256_Update(context_of(state), bytes.data, bytes.len);
}

void vt_sha256_end(struct vt_sha256 *state, vt_hash *out)
{
    (void)SHA256_Final(out->bytes, context_of(state));
}

vt_hash vt_sha256_of(vt_slice bytes)
{
    struct vt_sha256 state;
    vt_hash out;

    vt_sha256_init(&state);
    vt_sha256_add(&state, bytes);
    vt_sha256_end(&state, &out);
    return out;
}

vt_hash vt_sha256_leaf(vt_slice entry)
{
    struct vt_sha256 state;
    vt_hash out;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("\0"));
    vt_sha256_add(&state, entry);
    vt_sha256_end(&state, &out);
    return out;
}

/* A node's 65 bytes are always the same two blocks: 0x01, the left hash, 31 bytes of the
 * right one; then its last byte, the padding's 0x80 and the length of 520 bits.  Written
 * out, both go through the compression in one call, and its state is the hash: nothing is
 * gathered, padded and wiped by the library.
 * Spec: RFC 6962 section 2.1; FIPS 180-4 section 5.1.1 */
vt_hash vt_sha256_node(const vt_hash *left, const vt_hash *right)
{
    enum { BLOCK = 64 };
    uint8_t blocks[2 * BLOCK] = { 1 };
    SHA256_CTX state;
    vt_hash out;

    memcpy(blocks + 1, left->bytes, VT_SHA256_BYTES);
    memcpy(blocks + 1 + VT_SHA256_BYTES, right->bytes, VT_SHA256_BYTES);
    blocks[1 + 2 * VT_SHA256_BYTES] = 0x80;
    blocks[2 * BLOCK - 2] = 520 >> 8;
    blocks[2 * BLOCK - 1] = 520 & 0xff;
    (void)SHA256_Init(&state);
    (void)SHA256_Update(&state, blocks, sizeof blocks);
    for (size_t i = 0; i < 8; i++) {
        uint32_t word = htobe32(state.h[i]);

        memcpy(out.bytes + 4 * i, &word, sizeof word);
    }
    return out;
}

bool vt_hash_equal(const vt_hash *a, const vt_hash *b)
{
    return memcmp(a->bytes, b->bytes, VT_SHA256_BYTES) == 0;
}

vt_slice vt_hash_slice(const vt_hash *hash)
{
    return vt_slice_of(hash->bytes, VT_SHA256_BYTES);
}

bool vt_hash_read(vt_reader *r, vt_hash *out)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, sizeof *out, &bytes))
        return false;
    memcpy(out, bytes.data, sizeof *out);
    return true;
}

void vt_hash_text(const vt_hash *hash, char out[65])
{
    vt_hex_text(vt_hash_slice(hash), out);
}

bool vt_hash_parse_hex(vt_slice text, vt_hash *out)
{
    return vt_hex_parse(text, out->bytes, VT_SHA256_BYTES);
}
