/* Identities in files. */
#include "crypto/age_file.h"
#include "crypto/key_private.h"
#include "crypto/pem.h"

static bool bytes_of(const EVP_PKEY *pkey, struct vt_age_identity *out,
                     struct vt_error *err)
{
    VT_AUTO_SECRET secret = { 0 };
    size_t len = VT_X25519_BYTES;

    if (!vt_secret_init(&secret, len, err))
        return false;
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_X25519 ||
        EVP_PKEY_get_raw_private_key(pkey, secret.data, &len) != 1 ||
        len != VT_X25519_BYTES)
        return vt_fail(err, VT_MALFORMED, "is not an X25519 private key");
    return vt_age_identity_from_bytes(secret.data, out, err);
}

bool vt_age_identity_parse_pem(vt_slice pem, vt_slice passphrase,
                               struct vt_age_identity *out, struct vt_error *err)
{
    EVP_PKEY *pkey;
    bool ok;

    if (!vt_pem_parse(pem, passphrase, &pkey, err))
        return false;
    ok = bytes_of(pkey, out, err);
    EVP_PKEY_free(pkey);
    return ok;
}

/* A turned bit of the secret is another good key, so the recipient beside it decides. */
static bool belongs_to_recipient(const char *path, const struct vt_age_identity *identity,
                                 struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KEY_PEM_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *beside = vt_arena_printf(arena, "%s.pub", path);
    struct vt_age_recipient wanted;

    if (!vt_path_exists(beside))
        return true;
    if (!vt_file_read(beside, &text, err) ||
        !vt_age_recipient_parse_file(vt_buf_slice(&text), beside, &wanted, err))
        return false;
    if (memcmp(wanted.bytes, identity->recipient.bytes, sizeof wanted.bytes) != 0)
        return vt_fail(err, VT_REJECTED,
                       "%s: is damaged or is not the key of %s: restore it, or move that "
                       "file away",
                       path, beside);
    return true;
}

static bool open_file(const char *path, vt_slice passphrase, struct vt_age_identity *out,
                      struct vt_error *err)
{
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    VT_AUTO_SECRET pem = { 0 };
    size_t len = 0;

    if (!vt_pem_read(path, &pem, &len, err))
        return false;
    if (!vt_age_identity_parse_pem(vt_slice_of(pem.data, len), passphrase, &identity, err))
        return vt_within(err, "%s", path);
    if (!belongs_to_recipient(path, &identity, err))
        return false;
    *out = identity;
    identity = (struct vt_age_identity){ 0 };
    return true;
}

static bool open_behind_module(const char *where, vt_slice pin, struct vt_age_identity *out,
                               struct vt_error *err)
{
    struct vt_age_identity identity = { 0 };
    struct vt_pkcs11_uri uri;

    if (!vt_pkcs11_uri_parse(vt_slice_from_cstr(where), &uri, err) ||
        !vt_pkcs11_open(&uri, pin, VT_PKCS11_DERIVES, &identity.token,
                        identity.recipient.bytes, err))
        return false;
    *out = identity;
    return true;
}

bool vt_age_identity_open(const char *where, vt_slice passphrase,
                          struct vt_age_identity *out, struct vt_error *err)
{
    return (strncmp(where, "pkcs11:", 7) == 0 ? open_behind_module
                                              : open_file)(where, passphrase, out, err);
}

const char *vt_age_identity_reads(const struct vt_age_identity *identity)
{
    return vt_pkcs11_reads(identity->token);
}

bool vt_age_identity_write_pem(const struct vt_age_identity *identity, vt_slice passphrase,
                               struct vt_buf *out, struct vt_error *err)
{
    EVP_PKEY *pkey;
    bool ok;

    if (identity->token != NULL)
        return vt_fail(err, VT_REJECTED, "the key is in a token and stays there");
    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, identity->secret.data,
                                        VT_X25519_BYTES);
    ok = vt_pem_write(pkey, passphrase, out, err);
    EVP_PKEY_free(pkey);
    return ok;
}
