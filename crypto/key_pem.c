/* Keys as PEM: PKCS#8 for private keys (encrypted by PBES2 with scrypt), SPKI for public
 * ones.  OpenSSL reads and writes them; the seed goes straight into locked memory. */
#include "crypto/key_private.h"
#include "crypto/verify_note.h"
#include "wire/hex.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sodium.h>

/* The passphrase for OpenSSL; never asks a terminal. */
static int give_passphrase(char *out, int size, int writing, void *context)
{
    const vt_slice *passphrase = context;

    (void)writing;
    if (passphrase->len == 0 || passphrase->len > (size_t)size)
        return -1;
    memcpy(out, passphrase->data, passphrase->len);
    return (int)passphrase->len; /* at most size */
}

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
    BIO *bio =
        pem.len <= VT_KEY_PEM_BYTES_MAX ? BIO_new_mem_buf(pem.data, (int)pem.len) : NULL;
    EVP_PKEY *pkey = NULL;
    bool is_encrypted = pem.len != 0 && memmem(pem.data, pem.len, "ENCRYPTED", 9) != NULL;
    bool ok;

    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &passphrase);
    BIO_free(bio);
    ERR_clear_error();
    if (pkey == NULL && is_encrypted)
        return vt_fail(err, VT_REJECTED,
                       passphrase.len == 0 ? "is encrypted: give its passphrase"
                                           : "the passphrase does not open it");
    if (pkey == NULL)
        return vt_fail(err, VT_MALFORMED, "is not a private key in PEM (PKCS#8)");
    ok = seed_of(pkey, key_out, err);
    EVP_PKEY_free(pkey);
    return ok;
}

/* The whole file straight into locked memory, so that no copy of a key that is not
 * encrypted stays behind. */
static bool read_locked(int fd, const char *path, struct vt_secret *pem, size_t *len_out,
                        struct vt_error *err)
{
    size_t len = 0;

    if (!vt_secret_init(pem, VT_KEY_PEM_BYTES_MAX + 1, err))
        return false;
    while (len < pem->len) {
        ssize_t got = read(fd, pem->data + len, pem->len - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "%s: cannot read: %s", path, strerror(errno));
        if (got == 0)
            break;
        len += (size_t)got;
    }
    if (len > VT_KEY_PEM_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: a key has at most %d bytes", path,
                       VT_KEY_PEM_BYTES_MAX);
    *len_out = len;
    return true;
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
    VT_AUTO_FD fd = -1;
    struct stat about;
    uint64_t size;
    size_t len = 0;

    if (!vt_file_open(path, &fd, &size, err))
        return false;
    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: cannot look at it: %s", path, strerror(errno));
    if ((about.st_mode & 077) != 0)
        return vt_fail(err, VT_REJECTED, "%s: others may read this key: chmod 600 it",
                       path);
    if (!read_locked(fd, path, &pem, &len, err))
        return false;
    if (!vt_key_parse_pem(vt_slice_of(pem.data, len), passphrase, &key, err))
        return vt_within(err, "%s", path);
    if (!belongs_to_public(path, key, err))
        return false;
    *key_out = key;
    key = NULL;
    return true;
}

static bool put_bio(BIO *bio, struct vt_buf *out, const char *what, struct vt_error *err)
{
    char *text = NULL;
    long len = bio != NULL ? BIO_get_mem_data(bio, &text) : 0;

    if (len <= 0)
        return vt_fail(err, VT_IO, "%s: OpenSSL cannot write it", what);
    vt_buf_put(out, vt_slice_of(text, (size_t)len));
    return vt_buf_check(out, what, err);
}

static bool write_encrypted(BIO *bio, EVP_PKEY *pkey, vt_slice passphrase)
{
    /* scrypt N = 2^14, r = 8, p = 1: 16 MiB, the most that OpenSSL opens by default. */
    X509_ALGOR *scheme =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1);
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(pkey);
    X509_SIG *sealed = NULL;
    bool ok = false;

    if (scheme != NULL && plain != NULL)
        sealed = PKCS8_set0_pbe((const char *)passphrase.data, (int)passphrase.len, plain,
                                scheme);
    if (sealed != NULL)
        ok = PEM_write_bio_PKCS8(bio, sealed) == 1;
    else
        X509_ALGOR_free(scheme); /* taken by `sealed` otherwise */
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(plain);
    return ok;
}

bool vt_key_write_pem(const struct vt_key *key, vt_slice passphrase, struct vt_buf *out,
                      struct vt_error *err)
{
    EVP_PKEY *pkey =
        key->pair.len != 0
            ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->pair.data, 32)
            : NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool ok = false;

    if (pkey != NULL && bio != NULL && passphrase.len == 0)
        ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    else if (pkey != NULL && bio != NULL && passphrase.len <= 1024)
        ok = write_encrypted(bio, pkey, passphrase);
    ok = ok ? put_bio(bio, out, "private key", err)
            : vt_fail(err, VT_REJECTED, "this private key cannot be written to a file");
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return ok;
}

bool vt_public_key_write_pem(const struct vt_public_key *key, struct vt_buf *out,
                             struct vt_error *err)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, 32);
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = pkey != NULL && bio != NULL && PEM_write_bio_PUBKEY(bio, pkey) == 1;

    ok = ok ? put_bio(bio, out, "public key", err)
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
