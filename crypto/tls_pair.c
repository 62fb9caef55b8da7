/* The one place that looks into X.509: whether a key fits a certificate. */
#include "crypto/tls_pair.h"
#include <openssl/pem.h>
#include <openssl/x509.h>

/* Asked for the passphrase of an encrypted key: there is none. */
static int no_passphrase(char *out, int size, int is_writing, void *context)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static BIO *bio_of(vt_slice text)
{
    return text.len > INT_MAX ? NULL : BIO_new_mem_buf(text.data, (int)text.len);
}

bool vt_tls_pair_verify(vt_slice certificate, vt_slice key, struct vt_error *err)
{
    BIO *certificate_text = bio_of(certificate), *key_text = bio_of(key);
    X509 *x509 = PEM_read_bio_X509(certificate_text, NULL, no_passphrase, NULL);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(key_text, NULL, no_passphrase, NULL);
    bool is_ok = false;

    if (x509 == NULL)
        (void)vt_fail(err, VT_MALFORMED, "the certificate is no X.509 certificate in PEM");
    else if (private_key == NULL)
        (void)vt_fail(err, VT_MALFORMED, "the key is no unencrypted private key in PEM");
    else if (X509_check_private_key(x509, private_key) != 1)
        (void)vt_fail(err, VT_REJECTED, "the key is not that of the certificate");
    else
        is_ok = true;
    EVP_PKEY_free(private_key);
    X509_free(x509);
    BIO_free(key_text);
    BIO_free(certificate_text);
    return is_ok;
}
