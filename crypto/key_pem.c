/* Ed25519 keys as PEM: PKCS#8 for private keys, SPKI for public ones.  The seed goes
 * straight into locked memory. */
#include "crypto/key_private.h"
#include "crypto/pem.h"
#include "crypto/verify_note.h"
#include "wire/hex.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>

static bool seed_of(const EVP_PKEY *pkey, struct vt_key **key_out, struct vt_error *err)
{
    VT_AUTO_SECRET seed = { 0 };
    size_t len = 32;

    if (!vt_secret_init(&seed, len, err))
        return false;
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_private_key(pkey, seed.data, &len) != 1 || len != 32)
        return vt_fail(err, VT_MALFORMED, "is not an Ed25519 private key");
    return vt_key_from_seed(seed.data, key_out, err);
}

bool vt_key_parse_pem(vt_slice pem, vt_slice passphrase, struct vt_key **key_out,
                      struct vt_error *err)
{
    EVP_PKEY *pkey;
    bool ok;

    if (!vt_pem_parse(pem, passphrase, &pkey, err))
        return false;
    ok = seed_of(pkey, key_out, err);
    EVP_PKEY_free(pkey);
    return ok;
}

/* PKCS#8 protects nothing from change: a flipped bit of the seed is another good key.  So
 * the public key that lies beside, if one does, must be this one's. */
static bool belongs_to_public(const char *path, const struct vt_key *key,
                              struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KEY_PEM_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *beside = vt_arena_printf(arena, "%s.pub", path);
    struct vt_public_key wanted;

    if (!vt_path_exists(beside))
        return true;
    if (!vt_file_read(beside, &text, err))
        return false;
    if (!vt_public_key_parse(vt_buf_slice(&text), &wanted, err))
        return vt_within(err, "%s", beside);
    if (memcmp(wanted.bytes, key->public_key.bytes, sizeof wanted.bytes) != 0)
        return vt_fail(err, VT_REJECTED,
                       "%s: is damaged or is not the key of %s: restore it, or move that "
                       "file away",
                       path, beside);
    return true;
}

bool vt_key_open_file(const char *path, vt_slice passphrase, struct vt_key **key_out,
                      struct vt_error *err)
{
    VT_AUTO_SECRET pem = { 0 };
    VT_AUTO_KEY key = NULL;
    size_t len = 0;

    if (!vt_pem_read(path, &pem, &len, err))
        return false;
    if (!vt_key_parse_pem(vt_slice_of(pem.data, len), passphrase, &key, err))
        return vt_within(err, "%s", path);
    if (!belongs_to_public(path, key, err))
        return false;
    *key_out = key;
    key = NULL;
    return true;
}

bool vt_key_write_pem(const struct vt_key *key, vt_slice passphrase, struct vt_buf *out,
                      struct vt_error *err)
{
    EVP_PKEY *pkey =
        key->pair.len != 0
            ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->pair.data, 32)
            : NULL;
    bool ok = vt_pem_write(pkey, passphrase, out, err);

    EVP_PKEY_free(pkey);
    return ok;
}

bool vt_public_key_write_pem(const struct vt_public_key *key, struct vt_buf *out,
                             struct vt_error *err)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, 32);
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = pkey != NULL && bio != NULL && PEM_write_bio_PUBKEY(bio, pkey) == 1;

    ok = ok ? vt_pem_put(bio, out, "public key", err)
            : vt_fail(err, VT_IO, "public key: OpenSSL cannot write it");
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return ok;
}

/* One key has one PEM: what OpenSSL read must be what we would write, so that nothing can
 * stand before, behind or inside it. */
static bool parse_spki(vt_slice pem, struct vt_public_key *out)
{
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(1));
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len); /* bounded by the caller */
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    struct vt_error ignored;
    size_t len = sizeof out->bytes;
    bool ok = pkey != NULL && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519 &&
              EVP_PKEY_get_raw_public_key(pkey, out->bytes, &len) == 1 &&
              vt_public_key_write_pem(out, &again, &ignored) && again.len != 0 &&
              vt_slice_equal(pem, vt_slice_of(again.data, again.len - 1));

    EVP_PKEY_free(pkey);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

/* Is the first line that of a private key, encrypted or not? */
static bool says_private(vt_slice pem)
{
    vt_reader r = { pem };
    vt_slice line;

    return vt_read_line(&r, &line) && vt_slice_ends_with(line, VT_LIT(" PRIVATE KEY-----"));
}

bool vt_public_key_parse(vt_slice text, struct vt_public_key *out, struct vt_error *err)
{
    struct vt_public_key key;
    struct vt_error ignored;
    struct vt_vkey vkey;

    while (text.len != 0 && text.data[text.len - 1] == '\n')
        text.len--;
    if (text.len > VT_KEY_PEM_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "public key: %zu bytes, at most %d", text.len,
                       VT_KEY_PEM_BYTES_MAX);
    if (text.len == 64 && vt_hex_parse(text, out->bytes, sizeof out->bytes))
        return true;
    if (vt_vkey_parse(text, &vkey, &ignored)) {
        memcpy(out->bytes, vkey.key, sizeof out->bytes);
        return true;
    }
    if (parse_spki(text, &key)) {
        *out = key;
        return true;
    }
    if (vt_slice_starts_with(text, VT_LIT("-----BEGIN ")) && says_private(text))
        return vt_fail(err, VT_MALFORMED,
                       "public key: this is a private key; its public half is in the file "
                       "beside it, which ends with .pub");
    return vt_fail(err, VT_MALFORMED,
                   "public key: not Ed25519 in PEM, 64 hex digits, or a verifier key");
}
