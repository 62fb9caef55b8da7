/* See passkey.h.  libfido2 takes the authenticator's CBOR apart and checks the signature;
 * the client data are compared byte by byte. */
#include "crypto/passkey.h"
#include "wire/base64.h"
#include "crypto/libfido2.h"
#include <ctype.h>

enum {
    CHALLENGE_TEXT = 43, /* base64url of 32 bytes, without padding */
    FLAGS_AT = VT_SHA256_BYTES,
    PRESENT = 0x01,
    VERIFIED = 0x04,
    HAS_KEY = 0x40,
    HEAD_BYTES = VT_SHA256_BYTES + 5, /* hash of the party, flags, counter */
};

#define CREATE VT_LIT("{\"type\":\"webauthn.create\",\"challenge\":\"")
#define GET    VT_LIT("{\"type\":\"webauthn.get\",\"challenge\":\"")

/* ---- places -----------------------------------------------------------------------------
 */

static bool is_host(vt_slice host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!islower(host.data[i]) && !isdigit(host.data[i]) && host.data[i] != '.' &&
            host.data[i] != '-')
            return false;
    return host.len != 0 && host.len < 254 && isalnum(host.data[0]);
}

bool vt_passkey_party(const char *origin, char out[256], struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(origin) };
    bool is_tls = vt_read_literal(&r, VT_LIT("https://"));
    vt_slice host;
    uint64_t port;

    if (!is_tls && !vt_read_literal(&r, VT_LIT("http://")))
        return vt_fail(err, VT_MALFORMED, "%s: no origin such as https://centre.example",
                       origin);
    if (!vt_read_until(&r, ':', &host))
        host = r.rest;
    else if (!vt_decimal_parse(r.rest, &port) || port == 0 || port > 65535)
        return vt_fail(err, VT_MALFORMED, "%s: behind ':' stands no port", origin);
    if (!is_host(host))
        return vt_fail(err, VT_MALFORMED,
                       "%s: an origin ends behind a host in lower case and its port",
                       origin);
    if (!is_tls && !vt_slice_is(host, "localhost"))
        return vt_fail(err, VT_MALFORMED,
                       "%s: passkeys need https (or http://localhost, to try them)",
                       origin);
    (void)snprintf(out, 256, "%.*s", VT_SLICE_ARGS(host));
    return true;
}

/* ---- client data ------------------------------------------------------------------------
 */

static bool parse_challenge(vt_slice text, uint8_t out[VT_PASSKEY_CHALLENGE_BYTES])
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_PASSKEY_CHALLENGE_BYTES);
    VT_AUTO_BUF padded = vt_buf_init(CHALLENGE_TEXT + 1);
    struct vt_error ignored = { 0 };

    vt_buf_put(&padded, text);
    vt_buf_put_u8(&padded, '=');
    if (!vt_base64_parse_any(vt_buf_slice(&padded), &bytes, &ignored) ||
        bytes.len != VT_PASSKEY_CHALLENGE_BYTES)
        return false;
    memcpy(out, bytes.data, VT_PASSKEY_CHALLENGE_BYTES);
    return true;
}

/* The challenge and what stands behind it. */
static bool read_client_data(vt_slice client_data, bool is_new,
                             uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES], vt_slice *rest)
{
    vt_reader r = { client_data };
    vt_slice text;

    if (client_data.len > VT_PASSKEY_CLIENT_BYTES_MAX ||
        !vt_read_literal(&r, is_new ? CREATE : GET) ||
        !vt_read_bytes(&r, CHALLENGE_TEXT, &text) || !parse_challenge(text, challenge))
        return false;
    *rest = r.rest;
    return true;
}

bool vt_passkey_challenge_of(vt_slice client_data, uint8_t out[VT_PASSKEY_CHALLENGE_BYTES],
                             struct vt_error *err)
{
    vt_slice rest;

    return read_client_data(client_data, false, out, &rest) ||
           read_client_data(client_data, true, out, &rest) ||
           vt_fail(err, VT_MALFORMED, "the browser's client data answer no challenge");
}

static bool verify_client_data(const struct vt_passkey_place *place, vt_slice client_data,
                               bool is_new,
                               const uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES],
                               struct vt_error *err)
{
    VT_AUTO_BUF wanted = vt_buf_init(VT_KIB(1));
    uint8_t answered[VT_PASSKEY_CHALLENGE_BYTES];
    vt_slice rest;
    vt_reader r;

    if (!read_client_data(client_data, is_new, answered, &rest) ||
        memcmp(answered, challenge, sizeof answered) != 0)
        return vt_fail(err, VT_REJECTED, "the passkey answered another challenge");
    vt_buf_printf(&wanted, "\",\"origin\":\"%s\",\"crossOrigin\":false", place->origin);
    r = (vt_reader){ rest };
    if (!vt_read_literal(&r, vt_buf_slice(&wanted)) || r.rest.len == 0 ||
        (r.rest.data[0] != ',' && !vt_slice_is(r.rest, "}")))
        return vt_fail(err, VT_REJECTED,
                       "the passkey was used on other pages than %s, or in a frame",
                       place->origin);
    return true;
}

/* ---- authenticator data -----------------------------------------------------------------
 */

static bool verify_head(const struct vt_passkey_place *place, vt_slice data, bool is_new,
                        struct vt_error *err)
{
    vt_hash party = vt_sha256_of(vt_slice_from_cstr(place->party));
    unsigned wanted = PRESENT | VERIFIED | (is_new ? HAS_KEY : 0u);

    if (data.len < HEAD_BYTES || data.len > VT_PASSKEY_DATA_BYTES_MAX)
        return vt_fail(err, VT_MALFORMED, "the authenticator's data: %zu bytes", data.len);
    if (memcmp(data.data, party.bytes, sizeof party.bytes) != 0)
        return vt_fail(err, VT_REJECTED, "the passkey is bound to another name than %s",
                       place->party);
    if ((data.data[FLAGS_AT] & wanted) != wanted)
        return vt_fail(err, VT_REJECTED,
                       "the authenticator did not verify the person (PIN, finger, face)");
    return true;
}

static bool take_credential(const fido_cred_t *credential, struct vt_passkey *out,
                            struct vt_error *err)
{
    size_t id_len = sym_fido_cred_id_len(credential);

    if (id_len == 0 || id_len > VT_PASSKEY_ID_BYTES_MAX ||
        sym_fido_cred_pubkey_len(credential) != VT_PASSKEY_PUBLIC_BYTES)
        return vt_fail(err, VT_MALFORMED, "the passkey has no id or no key of ours");
    *out = (struct vt_passkey){ .id_len = id_len,
                                .counter = sym_fido_cred_sigcount(credential) };
    memcpy(out->id, sym_fido_cred_id_ptr(credential), id_len);
    memcpy(out->public, sym_fido_cred_pubkey_ptr(credential), VT_PASSKEY_PUBLIC_BYTES);
    return true;
}

bool vt_passkey_register(const struct vt_passkey_place *place,
                         const uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES],
                         vt_slice client_data, vt_slice authenticator_data,
                         struct vt_passkey *out, struct vt_error *err)
{
    fido_cred_t *credential;
    bool is_ok;

    if (!verify_client_data(place, client_data, true, challenge, err) ||
        !verify_head(place, authenticator_data, true, err))
        return false;
    vt_dynlib_need(&vt_libfido2);
    credential = sym_fido_cred_new();
    is_ok = credential != NULL &&
            sym_fido_cred_set_type(credential, COSE_ES256) == FIDO_OK &&
            sym_fido_cred_set_authdata_raw(credential, authenticator_data.data,
                                           authenticator_data.len) == FIDO_OK;
    is_ok = is_ok ? take_credential(credential, out, err)
                  : vt_fail(err, VT_MALFORMED,
                            "the authenticator's data hold no ES256 key as they must");
    sym_fido_cred_free(&credential);
    return is_ok;
}

/* ---- use --------------------------------------------------------------------------------
 */

static bool is_signed(const struct vt_passkey_place *place, const es256_pk_t *key,
                      vt_slice client_data, vt_slice data, vt_slice signature)
{
    vt_hash client_hash = vt_sha256_of(client_data);
    fido_assert_t *assertion = sym_fido_assert_new();
    bool is_ok =
        assertion != NULL &&
        sym_fido_assert_set_clientdata_hash(assertion, client_hash.bytes,
                                            sizeof client_hash.bytes) == FIDO_OK &&
        sym_fido_assert_set_rp(assertion, place->party) == FIDO_OK &&
        sym_fido_assert_set_count(assertion, 1) == FIDO_OK &&
        sym_fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
        sym_fido_assert_set_uv(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
        sym_fido_assert_set_authdata_raw(assertion, 0, data.data, data.len) == FIDO_OK &&
        sym_fido_assert_set_sig(assertion, 0, signature.data, signature.len) == FIDO_OK &&
        sym_fido_assert_verify(assertion, 0, COSE_ES256, key) == FIDO_OK;

    sym_fido_assert_free(&assertion);
    return is_ok;
}

bool vt_passkey_verify(const struct vt_passkey_place *place,
                       const struct vt_passkey *passkey,
                       const uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES],
                       vt_slice client_data, vt_slice authenticator_data,
                       vt_slice signature, uint32_t *counter_out, struct vt_error *err)
{
    vt_reader r = { vt_slice_sub(authenticator_data, 0, authenticator_data.len) };
    es256_pk_t *key;
    vt_slice skipped;
    uint32_t counter;
    bool is_ok;

    vt_dynlib_need(&vt_libfido2);
    key = sym_es256_pk_new();
    is_ok = key != NULL &&
            sym_es256_pk_from_ptr(key, passkey->public, VT_PASSKEY_PUBLIC_BYTES) == FIDO_OK;
    if (!is_ok)
        (void)vt_fail(err, VT_MALFORMED, "the passkey's key is no point of its curve");
    is_ok = is_ok && verify_client_data(place, client_data, false, challenge, err) &&
            verify_head(place, authenticator_data, false, err) &&
            ((signature.len != 0 && signature.len <= VT_PASSKEY_SIGNATURE_BYTES_MAX &&
              is_signed(place, key, client_data, authenticator_data, signature)) ||
             vt_fail(err, VT_REJECTED, "the passkey's signature does not hold"));
    sym_es256_pk_free(&key);
    if (!is_ok)
        return false;
    if (!vt_read_bytes(&r, VT_SHA256_BYTES + 1, &skipped) || !vt_read_u32(&r, &counter))
        return vt_fail(err, VT_MALFORMED, "the authenticator's data are cut short");
    if ((counter != 0 || passkey->counter != 0) && counter <= passkey->counter)
        return vt_fail(err, VT_REJECTED,
                       "the passkey's counter went back: it was copied, or used elsewhere");
    *counter_out = counter;
    return true;
}
