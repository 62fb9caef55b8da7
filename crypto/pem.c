/* Private keys as PEM, of whatever kind: PKCS#8, encrypted by PBES2 with scrypt.  OpenSSL
 * reads and writes them. */
#include "crypto/pem.h"
#include "crypto/key_private.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

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

bool vt_pem_parse(vt_slice pem, vt_slice passphrase, EVP_PKEY **out, struct vt_error *err)
{
    BIO *bio =
        pem.len <= VT_KEY_PEM_BYTES_MAX ? BIO_new_mem_buf(pem.data, (int)pem.len) : NULL;
    EVP_PKEY *pkey = NULL;
    bool is_encrypted = pem.len != 0 && memmem(pem.data, pem.len, "ENCRYPTED", 9) != NULL;

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
    *out = pkey;
    return true;
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

/* By mistake, say: it needs no chmod. */
static bool is_public(int fd)
{
    static const char begin[] = "-----BEGIN PUBLIC KEY-----";
    char head[sizeof begin - 1];

    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, begin, sizeof head) == 0;
}

bool vt_pem_read(const char *path, struct vt_secret *pem, size_t *len_out,
                 struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct stat about;
    uint64_t size;

    if (!vt_file_open(path, &fd, &size, err))
        return false;
    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: cannot look at it: %s", path, strerror(errno));
    if (is_public(fd))
        return vt_fail(err, VT_MALFORMED,
                       "%s: this is a public key; name the private key's file", path);
    if ((about.st_mode & 077) != 0)
        return vt_fail(err, VT_REJECTED, "%s: others may read this key: chmod 600 it",
                       path);
    return read_locked(fd, path, pem, len_out, err);
}

bool vt_pem_put(BIO *bio, struct vt_buf *out, const char *what, struct vt_error *err)
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

bool vt_pem_write(EVP_PKEY *pkey, vt_slice passphrase, struct vt_buf *out,
                  struct vt_error *err)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool ok = false;

    if (pkey != NULL && bio != NULL && passphrase.len == 0)
        ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    else if (pkey != NULL && bio != NULL && passphrase.len <= 1024)
        ok = write_encrypted(bio, pkey, passphrase);
    ok = ok ? vt_pem_put(bio, out, "private key", err)
            : vt_fail(err, VT_REJECTED, "this private key cannot be written to a file");
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}
