/* X25519 stanzas.  The wrap key is used once, so its nonce is zero; libsodium's one-shot
 * ChaCha20-Poly1305 is the faster one for sixteen bytes. */
#include "crypto/age_key.h"
#include "crypto/hkdf.h"
#include "crypto/pkcs11.h"
#include "wire/base64.h"
#include "wire/bech32.h"
#include <sodium.h>

enum { BODY_BYTES = VT_AGE_FILE_KEY_BYTES + crypto_aead_chacha20poly1305_ietf_ABYTES };

#define RECIPIENT_NAME "age"
#define IDENTITY_NAME  "AGE-SECRET-KEY-"

/* ---- keys -------------------------------------------------------------------------------
 */

static void take_secret(struct vt_secret *secret, struct vt_age_identity *out)
{
    *out = (struct vt_age_identity){ .secret = *secret };
    vt_x25519_public(secret->data, out->recipient.bytes);
    *secret = (struct vt_secret){ 0 };
}

bool vt_age_identity_generate(const struct vt_env *env, struct vt_age_identity *out,
                              struct vt_error *err)
{
    VT_AUTO_SECRET secret = { 0 };

    if (!vt_secret_init(&secret, VT_X25519_BYTES, err))
        return false;
    vt_env_random(env, secret.data, secret.len);
    take_secret(&secret, out);
    return true;
}

bool vt_age_identity_from_bytes(const uint8_t bytes[VT_X25519_BYTES],
                                struct vt_age_identity *out, struct vt_error *err)
{
    VT_AUTO_SECRET secret = { 0 };

    if (!vt_secret_init(&secret, VT_X25519_BYTES, err))
        return false;
    memcpy(secret.data, bytes, secret.len);
    take_secret(&secret, out);
    return true;
}

void vt_age_identity_clear(struct vt_age_identity *identity)
{
    vt_secret_clear(&identity->secret);
    vt_pkcs11_close(identity->token);
    identity->token = NULL;
}

bool vt_age_identity_parse(vt_slice text, struct vt_age_identity *out, struct vt_error *err)
{
    VT_AUTO_SECRET secret = { 0 };

    if (!vt_secret_init(&secret, VT_X25519_BYTES, err))
        return false;
    if (!vt_bech32_parse(text, IDENTITY_NAME, secret.data, secret.len, err))
        return vt_within(err, "age identity");
    take_secret(&secret, out);
    return true;
}

bool vt_age_recipient_parse(vt_slice text, struct vt_age_recipient *out,
                            struct vt_error *err)
{
    return vt_bech32_parse(text, RECIPIENT_NAME, out->bytes, sizeof out->bytes, err) ||
           vt_within(err, "age recipient");
}

bool vt_age_recipient_parse_file(vt_slice text, const char *name,
                                 struct vt_age_recipient *out, struct vt_error *err)
{
    vt_reader r = { text };
    vt_slice line;

    if (!vt_read_line(&r, &line) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "%s: is not one line with a recipient", name);
    return vt_age_recipient_parse(line, out, err) || vt_within(err, "%s", name);
}

void vt_age_recipient_text(const struct vt_age_recipient *recipient,
                           char out[VT_AGE_RECIPIENT_CHARS + 1])
{
    vt_bech32_write(RECIPIENT_NAME, VT_BYTES(*recipient), (uint8_t *)out);
    out[VT_AGE_RECIPIENT_CHARS] = '\0';
}

bool vt_age_identity_text(const struct vt_age_identity *identity,
                          struct vt_secret *text_out, struct vt_error *err)
{
    if (identity->token != NULL)
        return vt_fail(err, VT_REJECTED, "the key is in a token and stays there");
    if (!vt_secret_init(text_out, VT_AGE_IDENTITY_CHARS, err))
        return false;
    vt_bech32_write(IDENTITY_NAME, vt_slice_of(identity->secret.data, VT_X25519_BYTES),
                    text_out->data);
    return true;
}

/* ---- wrapping ---------------------------------------------------------------------------
 */

#define WRAP_INFO VT_LIT("age-encryption.org/v1/X25519")
#define BOND_INFO VT_LIT("vitrine/age-bond/v1")

/* The secret that the identity has in common with whoever holds the point's key.  A point
 * of small order is found here with another secret, since not every token refuses it. */
static bool share_secret(const struct vt_age_identity *identity,
                         const uint8_t point[VT_X25519_BYTES], uint8_t out[VT_X25519_BYTES],
                         struct vt_error *err)
{
    static const uint8_t nobodys[VT_X25519_BYTES] = { 0 };
    const uint8_t *secret = identity->token == NULL ? identity->secret.data : nobodys;

    if (!vt_x25519_shared(secret, point, out))
        return vt_fail(err, VT_REJECTED, "a point of small order, everybody knows its key");
    return identity->token == NULL || vt_pkcs11_derive(identity->token, point, out, err);
}

/* HKDF of the shared secret, salted with both public halves. */
static bool derive(const struct vt_age_identity *identity,
                   const uint8_t point[VT_X25519_BYTES],
                   const uint8_t share[VT_X25519_BYTES],
                   const struct vt_age_recipient *recipient, vt_slice info, vt_hash *out,
                   struct vt_error *err)
{
    uint8_t shared[VT_X25519_BYTES], salt[2 * VT_X25519_BYTES];
    bool is_good = share_secret(identity, point, shared, err);

    memcpy(salt, share, VT_X25519_BYTES);
    memcpy(salt + VT_X25519_BYTES, recipient->bytes, VT_X25519_BYTES);
    if (is_good)
        vt_hkdf(VT_BYTES(salt), VT_BYTES(shared), info, out);
    explicit_bzero(shared, sizeof shared);
    return is_good;
}

static const uint8_t NONCE[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };

/* once: the stanza's own key, for this call. */
static bool wrap(const struct vt_age_identity *once,
                 const struct vt_age_recipient *recipient,
                 const uint8_t file_key[VT_AGE_FILE_KEY_BYTES], struct vt_buf *header_out,
                 struct vt_error *err)
{
    VT_AUTO_BUF argument = vt_buf_init(VT_KIB(1));
    uint8_t body[BODY_BYTES];
    vt_hash key;

    if (!derive(once, recipient->bytes, once->recipient.bytes, recipient, WRAP_INFO, &key,
                err))
        return vt_within(err, "age recipient");
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        body, NULL, file_key, VT_AGE_FILE_KEY_BYTES, NULL, 0, NULL, NONCE, key.bytes);
    explicit_bzero(&key, sizeof key);
    vt_base64_write_bare(&argument, VT_BYTES(once->recipient));
    vt_age_stanza_write(header_out, VT_LIT("X25519"), vt_buf_slice(&argument),
                        VT_BYTES(body));
    return true;
}

bool vt_age_wrap(const struct vt_env *env, const struct vt_age_recipient *recipient,
                 const uint8_t file_key[VT_AGE_FILE_KEY_BYTES], struct vt_buf *header_out,
                 struct vt_error *err)
{
    VT_AUTO_AGE_IDENTITY once = { 0 };

    return vt_age_identity_generate(env, &once, err) &&
           wrap(&once, recipient, file_key, header_out, err);
}

bool vt_age_header_write(const struct vt_env *env, const struct vt_age_recipient *recipient,
                         const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                         struct vt_buf *header_out, struct vt_error *err)
{
    vt_age_header_begin(header_out);
    return vt_age_wrap(env, recipient, file_key, header_out, err) &&
           vt_age_header_end(header_out, file_key, err);
}

bool vt_age_header_write_bound(const struct vt_env *env,
                               const struct vt_age_recipient *recipient,
                               const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                               struct vt_buf *header_out,
                               uint8_t bond_out[VT_AGE_BOND_BYTES], struct vt_error *err)
{
    VT_AUTO_AGE_IDENTITY once = { 0 };
    vt_hash bond;
    bool is_good;

    vt_age_header_begin(header_out);
    if (!vt_age_identity_generate(env, &once, err) ||
        !wrap(&once, recipient, file_key, header_out, err) ||
        !vt_age_header_end(header_out, file_key, err))
        return false;
    is_good = derive(&once, recipient->bytes, once.recipient.bytes, recipient, BOND_INFO,
                     &bond, err);
    VT_ASSERT(is_good); /* the product is that of wrap, which was */
    memcpy(bond_out, bond.bytes, VT_AGE_BOND_BYTES);
    explicit_bzero(&bond, sizeof bond);
    return true;
}

/* ---- unwrapping -------------------------------------------------------------------------
 */

static bool is_ours(const struct vt_age_stanza *stanza)
{
    return vt_slice_is(stanza->type, "X25519");
}

static bool parse_x25519(const struct vt_age_stanza *stanza,
                         uint8_t share_out[VT_X25519_BYTES], uint8_t body_out[BODY_BYTES],
                         struct vt_error *err)
{
    return vt_base64_parse_bare_exact(stanza->arguments, share_out, VT_X25519_BYTES, err) &&
           vt_age_stanza_body(stanza, body_out, BODY_BYTES, err);
}

bool vt_age_stanza_unwrap(const struct vt_age_identity *identity,
                          const struct vt_age_stanza *stanza,
                          uint8_t file_key_out[VT_AGE_FILE_KEY_BYTES], struct vt_error *err)
{
    uint8_t share[VT_X25519_BYTES], body[BODY_BYTES];
    vt_hash key;
    bool is_open;

    if (!is_ours(stanza))
        return vt_fail(err, VT_ABSENT, "age stanza: not for an X25519 key");
    if (!parse_x25519(stanza, share, body, err))
        return vt_within(err, "X25519 stanza");
    if (!derive(identity, share, share, &identity->recipient, WRAP_INFO, &key, err))
        return vt_within(err, "X25519 stanza");
    is_open = crypto_aead_chacha20poly1305_ietf_decrypt(file_key_out, NULL, NULL, body,
                                                        sizeof body, NULL, 0, NONCE,
                                                        key.bytes) == 0;
    explicit_bzero(&key, sizeof key);
    return is_open || vt_fail(err, VT_ABSENT, "X25519 stanza: for another key");
}

bool vt_age_bond(const struct vt_age_identity *identity, const struct vt_age_header *header,
                 uint8_t bond_out[VT_AGE_BOND_BYTES], struct vt_error *err)
{
    uint8_t share[VT_X25519_BYTES], body[BODY_BYTES];
    vt_hash bond;

    if (header->stanza_count != 1 || !is_ours(&header->stanzas[0]))
        return vt_fail(err, VT_ABSENT, "age header: not one stanza for an X25519 key");
    if (!parse_x25519(&header->stanzas[0], share, body, err))
        return vt_within(err, "X25519 stanza");
    if (!derive(identity, share, share, &identity->recipient, BOND_INFO, &bond, err))
        return vt_within(err, "X25519 stanza");
    memcpy(bond_out, bond.bytes, VT_AGE_BOND_BYTES);
    explicit_bzero(&bond, sizeof bond);
    return true;
}

/* All stanzas are looked at, so that the answer does not hang on their order. */
static bool find_key(const struct vt_age_identity *identity,
                     const struct vt_age_header *header,
                     uint8_t file_key_out[VT_AGE_FILE_KEY_BYTES], struct vt_error *err)
{
    uint8_t one[VT_AGE_FILE_KEY_BYTES];
    bool is_found = false;

    for (size_t i = 0; i < header->stanza_count; i++) {
        struct vt_error refusal = { 0 };

        if (!vt_age_stanza_unwrap(identity, &header->stanzas[i], one, &refusal)) {
            if (refusal.code == VT_ABSENT)
                continue;
            *err = refusal;
            return false;
        }
        if (!is_found)
            memcpy(file_key_out, one, sizeof one);
        is_found = true;
        explicit_bzero(one, sizeof one);
    }
    return is_found || vt_fail(err, VT_ABSENT, "age header: no stanza is for this key");
}

bool vt_age_unwrap(const struct vt_age_identity *identity,
                   const struct vt_age_header *header,
                   uint8_t file_key_out[VT_AGE_FILE_KEY_BYTES], struct vt_error *err)
{
    uint8_t key[VT_AGE_FILE_KEY_BYTES];
    bool ok =
        find_key(identity, header, key, err) && vt_age_header_verify(header, key, err);

    if (ok)
        memcpy(file_key_out, key, sizeof key);
    explicit_bzero(key, sizeof key);
    return ok;
}
