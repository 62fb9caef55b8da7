/* Sealed requests and responses.  A request is seven bytes that name key and algorithms,
 * an encapsulated key, and one HPKE text; its response is sealed under a secret that both
 * sides export. */
#include "crypto/ohttp.h"
#include "crypto/hkdf.h"

enum { HEADER_BYTES = 7 };

#define REQUEST_LABEL  "message/bhttp request"
#define RESPONSE_LABEL "message/bhttp response"

void vt_ohttp_exchange_clear(struct vt_ohttp_exchange *exchange)
{
    vt_hpke_clear(&exchange->hpke);
}

/* ---- requests ---------------------------------------------------------------------------
 */

static bool is_spoken(struct vt_ohttp_algorithm algorithm)
{
    return algorithm.kdf == VT_HPKE_KDF_SHA256 &&
           (algorithm.aead == VT_AEAD_AES_128_GCM ||
            algorithm.aead == VT_AEAD_CHACHA20_POLY1305);
}

/* Label, a zero (the literal's own NUL), and the seven bytes. */
static void put_info(struct vt_buf *out, vt_slice header)
{
    vt_buf_put(out, vt_slice_of(REQUEST_LABEL, sizeof REQUEST_LABEL));
    vt_buf_put(out, header);
}

static void put_header(struct vt_buf *out, uint8_t id, struct vt_ohttp_algorithm algorithm)
{
    vt_buf_put_u8(out, id);
    vt_buf_put_u16(out, VT_HPKE_KEM_X25519);
    vt_buf_put_u16(out, algorithm.kdf);
    vt_buf_put_u16(out, algorithm.aead);
}

static bool choose(const struct vt_ohttp_config *config, struct vt_ohttp_algorithm *out,
                   struct vt_error *err)
{
    for (size_t i = 0; i < config->algorithm_count; i++)
        if (is_spoken(config->algorithms[i])) {
            *out = config->algorithms[i];
            return true;
        }
    return vt_fail(err, VT_REJECTED, "OHTTP key: offers no algorithm that we speak");
}

bool vt_ohttp_request_seal(const struct vt_env *env, const struct vt_ohttp_config *config,
                           vt_slice plain, struct vt_buf *out,
                           struct vt_ohttp_exchange *exchange_out, struct vt_error *err)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF header = vt_buf_init(HEADER_BYTES), info = vt_buf_init(VT_KIB(1));
    struct vt_ohttp_algorithm algorithm = { 0 };
    size_t before = out->len;

    if (plain.len > VT_OHTTP_BYTES_MAX - VT_OHTTP_REQUEST_EXTRA)
        return vt_fail(err, VT_LIMIT, "OHTTP request: %zu bytes are too many", plain.len);
    if (!choose(config, &algorithm, err))
        return false;
    put_header(&header, config->id, algorithm);
    put_info(&info, vt_buf_slice(&header));
    if (!vt_hpke_init_sender(&exchange.hpke, env, (enum vt_aead_name)algorithm.aead,
                             config->public_key, vt_buf_slice(&info), exchange.enc, err))
        return false;
    vt_buf_put(out, vt_buf_slice(&header));
    vt_buf_put(out, VT_BYTES(exchange.enc));
    if (!vt_hpke_seal(&exchange.hpke, (vt_slice){ 0 }, plain, out, err)) {
        vt_buf_truncate(out, before);
        return false;
    }
    *exchange_out = exchange;
    exchange = (struct vt_ohttp_exchange){ 0 };
    return true;
}

struct request {
    vt_slice header, enc, sealed;
    uint8_t id;
    uint16_t kem;
    struct vt_ohttp_algorithm algorithm;
};

static bool parse_request(vt_slice message, struct request *out, struct vt_error *err)
{
    vt_reader r = { message };

    if (message.len > VT_OHTTP_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "OHTTP request: %zu bytes are too many", message.len);
    if (!vt_read_u8(&r, &out->id) || !vt_read_u16(&r, &out->kem) ||
        !vt_read_u16(&r, &out->algorithm.kdf) || !vt_read_u16(&r, &out->algorithm.aead) ||
        !vt_read_bytes(&r, VT_X25519_BYTES, &out->enc) || r.rest.len < VT_AEAD_TAG_BYTES)
        return vt_fail(err, VT_MALFORMED, "OHTTP request: cut short");
    out->header = vt_slice_of(message.data, HEADER_BYTES);
    out->sealed = r.rest;
    return true;
}

static bool is_offered(const struct vt_ohttp_config *config,
                       struct vt_ohttp_algorithm algorithm)
{
    for (size_t i = 0; i < config->algorithm_count; i++)
        if (config->algorithms[i].kdf == algorithm.kdf &&
            config->algorithms[i].aead == algorithm.aead)
            return is_spoken(algorithm);
    return false;
}

static const struct vt_ohttp_key *find_key(const struct vt_ohttp_key *keys, size_t count,
                                           const struct request *request,
                                           struct vt_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].config.id != request->id)
            continue;
        if (request->kem == VT_HPKE_KEM_X25519 &&
            is_offered(&keys[i].config, request->algorithm))
            return &keys[i];
        (void)vt_fail(err, VT_REJECTED,
                      "OHTTP request: algorithms that key %u does not "
                      "offer",
                      request->id);
        return NULL;
    }
    (void)vt_fail(err, VT_ABSENT, "OHTTP request: no key has the number %u", request->id);
    return NULL;
}

bool vt_ohttp_request_open(const struct vt_ohttp_key *keys, size_t key_count,
                           vt_slice message, struct vt_buf *out,
                           struct vt_ohttp_exchange *exchange_out, struct vt_error *err)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF info = vt_buf_init(VT_KIB(1));
    const struct vt_ohttp_key *key;
    struct request request;

    if (!parse_request(message, &request, err))
        return false;
    key = find_key(keys, key_count, &request, err);
    if (key == NULL)
        return false;
    put_info(&info, request.header);
    memcpy(exchange.enc, request.enc.data, sizeof exchange.enc);
    if (!vt_hpke_init_receiver(&exchange.hpke, (enum vt_aead_name)request.algorithm.aead,
                               key->secret.data, key->config.public_key, exchange.enc,
                               vt_buf_slice(&info), err) ||
        !vt_hpke_open(&exchange.hpke, (vt_slice){ 0 }, request.sealed, out, err))
        return false;
    *exchange_out = exchange;
    exchange = (struct vt_ohttp_exchange){ 0 };
    return true;
}

/* ---- responses --------------------------------------------------------------------------
 */

/* The longer of key and nonce. */
static size_t secret_bytes(enum vt_aead_name name)
{
    size_t key_bytes = vt_aead_key_bytes(name);

    return key_bytes > VT_AEAD_NONCE_BYTES ? key_bytes : VT_AEAD_NONCE_BYTES;
}

/* Key and nonce of the one response with this random beginning. */
static bool response_aead(const struct vt_ohttp_exchange *exchange, vt_slice random,
                          struct vt_aead *aead, uint8_t nonce[VT_AEAD_NONCE_BYTES],
                          struct vt_error *err)
{
    enum vt_aead_name name = exchange->hpke.name;
    uint8_t secret[VT_AEAD_KEY_BYTES_MAX], key[VT_AEAD_KEY_BYTES_MAX];
    uint8_t salt[VT_X25519_BYTES + VT_AEAD_KEY_BYTES_MAX];
    vt_slice secret_slice = vt_slice_of(secret, secret_bytes(name));
    vt_slice key_label = VT_LIT("key"), nonce_label = VT_LIT("nonce");
    vt_hash prk;
    bool ok;

    vt_hpke_export(&exchange->hpke, VT_LIT(RESPONSE_LABEL), secret, secret_slice.len);
    memcpy(salt, exchange->enc, VT_X25519_BYTES);
    memcpy(salt + VT_X25519_BYTES, random.data, random.len);
    vt_hkdf_extract(vt_slice_of(salt, VT_X25519_BYTES + random.len), &secret_slice, 1,
                    &prk);
    vt_hkdf_expand(&prk, &key_label, 1, key, vt_aead_key_bytes(name));
    vt_hkdf_expand(&prk, &nonce_label, 1, nonce, VT_AEAD_NONCE_BYTES);
    ok = vt_aead_init(aead, name, key, err);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(key, sizeof key);
    explicit_bzero(&prk, sizeof prk);
    return ok;
}

bool vt_ohttp_response_seal(const struct vt_env *env,
                            const struct vt_ohttp_exchange *exchange, vt_slice plain,
                            struct vt_buf *out, struct vt_error *err)
{
    uint8_t random[VT_AEAD_KEY_BYTES_MAX], nonce[VT_AEAD_NONCE_BYTES];
    size_t random_len = secret_bytes(exchange->hpke.name), before = out->len;
    VT_AUTO_AEAD aead = { NULL };
    uint8_t *at;

    if (plain.len > VT_OHTTP_BYTES_MAX - VT_OHTTP_RESPONSE_EXTRA)
        return vt_fail(err, VT_LIMIT, "OHTTP response: %zu bytes are too many", plain.len);
    vt_env_random(env, random, random_len);
    if (!response_aead(exchange, vt_slice_of(random, random_len), &aead, nonce, err))
        return false;
    vt_buf_put(out, vt_slice_of(random, random_len));
    at = vt_buf_extend(out, plain.len + VT_AEAD_TAG_BYTES);
    if (at != NULL && vt_aead_seal(&aead, nonce, (vt_slice){ 0 }, plain, at, err))
        return true;
    if (at == NULL)
        (void)!vt_buf_check(out, "OHTTP response", err);
    vt_buf_truncate(out, before);
    return false;
}

bool vt_ohttp_response_open(const struct vt_ohttp_exchange *exchange, vt_slice message,
                            struct vt_buf *out, struct vt_error *err)
{
    size_t random_len = secret_bytes(exchange->hpke.name), before = out->len;
    uint8_t nonce[VT_AEAD_NONCE_BYTES];
    VT_AUTO_AEAD aead = { NULL };
    vt_reader r = { message };
    vt_slice random;
    uint8_t *at;

    if (message.len > VT_OHTTP_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "OHTTP response: %zu bytes are too many",
                       message.len);
    if (!vt_read_bytes(&r, random_len, &random) || r.rest.len < VT_AEAD_TAG_BYTES)
        return vt_fail(err, VT_REJECTED, "OHTTP response: cut short");
    if (!response_aead(exchange, random, &aead, nonce, err))
        return false;
    at = vt_buf_extend(out, r.rest.len - VT_AEAD_TAG_BYTES);
    if (!vt_buf_check(out, "OHTTP response", err))
        return false;
    if (vt_aead_open(&aead, nonce, (vt_slice){ 0 }, r.rest, at, err))
        return true;
    vt_buf_truncate(out, before);
    return vt_within(err, "OHTTP response");
}
