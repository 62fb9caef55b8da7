/* ECDSA P-256 through OpenSSL's EVP.  DSSE leaves the encoding open, so both are tried. */
#include "crypto/ecdsa.h"
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

static EVP_PKEY *read_key(vt_slice pem)
{
    BIO *bio = pem.len <= VT_KIB(16) ? BIO_new_mem_buf(pem.data, (int)pem.len) : NULL;
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    char group[32] = "";

    BIO_free(bio);
    if (key == NULL)
        return NULL;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1 ||
        strcmp(group, "prime256v1") != 0) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static bool verify_der(EVP_PKEY *key, vt_slice message, vt_slice der)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL &&
              EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestVerify(context, der.data, der.len, message.data, message.len) == 1;

    EVP_MD_CTX_free(context);
    return ok;
}

static bool verify_raw(EVP_PKEY *key, vt_slice message, vt_slice raw)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, 32, NULL), *s = BN_bin2bn(raw.data + 32, 32, NULL);
    unsigned char *der = NULL;
    int len = 0;
    bool ok;

    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return false;
    }
    len = i2d_ECDSA_SIG(pair, &der);
    ok = len > 0 && verify_der(key, message, vt_slice_of(der, (size_t)len));
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return ok;
}

bool vt_ecdsa_p256_verify(vt_slice key_pem, vt_slice message, vt_slice signature)
{
    EVP_PKEY *key = read_key(key_pem);
    bool ok = false;

    if (key != NULL)
        ok = verify_der(key, message, signature) ||
             (signature.len == 64 && verify_raw(key, message, signature));
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok;
}
