/* Oblivious HTTP: the whole example of RFC 9458 appendix A, key lists with forged twins,
 * and that no byte of a message may be another. */
#include "crypto/ohttp.h"
#include "tests/harness.h"
#include "wire/hex.h"

/* RFC 9458 appendix A. */
#define SECRET "3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a"
#define CONFIG                                                                             \
    "01002031e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e"                     \
    "79815500080001000100010003"
#define REQUEST  "00034745540568747470730b6578616d706c652e636f6d012f"
#define SECRET_E "bc51d5e930bda26589890ac7032f70ad12e4ecb37abb1b65b1256c9c48999c73"
#define SEALED_REQUEST                                                                     \
    "010020000100014b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad1"                     \
    "9dec96c208b4726374e469135906992e1268c594d2a10c695d858c40a026e796"                     \
    "5e7d86b83dd440b2c0185204b4d63525"
#define RESPONSE "0140c8"
#define SEALED_RESPONSE                                                                    \
    "c789e7151fcba46158ca84b04464910d86f9013e404feea014e7be4a441f234f"                     \
    "857fbd"

static vt_slice hex(const char *text)
{
    vt_slice digits = vt_slice_from_cstr(text);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), digits.len / 2 + 1);

    VT_CHECK(vt_hex_parse(digits, bytes, digits.len / 2));
    return vt_slice_of(bytes, digits.len / 2);
}

/* Dice that fall as they are told to. */
static void replay(void *context, uint8_t *out, size_t len)
{
    memcpy(out, context, len);
}

static struct vt_env dice(vt_slice bytes)
{
    struct vt_env env = vt_env_real();

    env.random = replay;
    env.context = memcpy(vt_arena_alloc(vt_test_arena(), bytes.len), bytes.data, bytes.len);
    return env;
}

/* ---- the RFC's example ------------------------------------------------------------------
 */

struct example {
    struct vt_ohttp_key key;
    struct vt_ohttp_exchange client, gateway;
    struct vt_buf request, response; /* sealed */
};

static void make_example(struct example *e)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1));
    struct vt_ohttp_config config;
    struct vt_error err = { 0 };
    struct vt_env env = dice(hex(SECRET_E));

    e->request = vt_buf_init(VT_KIB(1));
    e->response = vt_buf_init(VT_KIB(1));
    VT_CHECK_OK(vt_ohttp_key_from_bytes(1, hex(SECRET).data, &e->key, &err));
    VT_CHECK_OK(vt_ohttp_config_parse(hex(CONFIG), &config, &err));
    VT_CHECK_OK(
        vt_ohttp_request_seal(&env, &config, hex(REQUEST), &e->request, &e->client, &err));
    VT_CHECK_OK(vt_ohttp_request_open(&e->key, 1, vt_buf_slice(&e->request), &plain,
                                      &e->gateway, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&plain), hex(REQUEST)));
    env = dice(vt_slice_of(hex(SEALED_RESPONSE).data, 16));
    VT_CHECK_OK(
        vt_ohttp_response_seal(&env, &e->gateway, hex(RESPONSE), &e->response, &err));
}

static void clear(struct example *e)
{
    vt_ohttp_key_clear(&e->key);
    vt_ohttp_exchange_clear(&e->client);
    vt_ohttp_exchange_clear(&e->gateway);
    vt_buf_clear(&e->request);
    vt_buf_clear(&e->response);
}

static void the_example_of_rfc_9458(void)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1)), config = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };
    struct example e = { .key = { .config = { .id = 0 } } };
    struct vt_ohttp_config theirs;

    make_example(&e);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&e.request), hex(SEALED_REQUEST)));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&e.response), hex(SEALED_RESPONSE)));
    VT_CHECK_OK(vt_ohttp_response_open(&e.client, vt_buf_slice(&e.response), &plain, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&plain), hex(RESPONSE)));

    VT_CHECK_OK(vt_ohttp_config_parse(hex(CONFIG), &theirs, &err));
    vt_ohttp_config_write(&config, &theirs);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&config), hex(CONFIG)));
    VT_CHECK(memcmp(theirs.public_key, e.key.config.public_key, 32) == 0);
    clear(&e);
}

/* ChaCha20-Poly1305, which our own keys offer first. */
static void both_algorithms_there_and_back(void)
{
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    for (size_t i = 0; i < 2; i++) {
        VT_AUTO_OHTTP_KEY key = { .config = { .id = 0 } };
        VT_AUTO_OHTTP_EXCHANGE client = { .enc = { 0 } }, gateway = { .enc = { 0 } };
        VT_AUTO_BUF request = vt_buf_init(VT_KIB(2)), response = vt_buf_init(VT_KIB(2));
        VT_AUTO_BUF asked = vt_buf_init(VT_KIB(2)), answered = vt_buf_init(VT_KIB(2));
        struct vt_ohttp_config config;

        VT_CHECK_OK(vt_ohttp_key_generate(9, &env, &key, &err));
        config = key.config;
        config.algorithms[0] = config.algorithms[i];
        config.algorithm_count = 1;
        VT_CHECK_OK(
            vt_ohttp_request_seal(&env, &config, VT_LIT("asked"), &request, &client, &err));
        VT_CHECK(request.len == 5 + VT_OHTTP_REQUEST_EXTRA);
        VT_CHECK_OK(
            vt_ohttp_request_open(&key, 1, vt_buf_slice(&request), &asked, &gateway, &err));
        VT_CHECK_OK(
            vt_ohttp_response_seal(&env, &gateway, VT_LIT("answered"), &response, &err));
        VT_CHECK(response.len <= 8 + VT_OHTTP_RESPONSE_EXTRA);
        VT_CHECK_OK(
            vt_ohttp_response_open(&client, vt_buf_slice(&response), &answered, &err));
        VT_CHECK(vt_slice_is(vt_buf_slice(&asked), "asked") &&
                 vt_slice_is(vt_buf_slice(&answered), "answered"));
        /* An answer is for its own question. */
        vt_ohttp_exchange_clear(&client);
        VT_CHECK_OK(
            vt_ohttp_request_seal(&env, &config, VT_LIT("asked"), &request, &client, &err));
        VT_CHECK_FAILS(VT_REJECTED, vt_ohttp_response_open(&client, vt_buf_slice(&response),
                                                           &answered, &err));
    }
}

/* ---- mangling ---------------------------------------------------------------------------
 */

static bool opens(const struct example *e, vt_slice request)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };
    bool ok = vt_ohttp_request_open(&e->key, 1, request, &plain, &exchange, &err);

    VT_CHECK(ok || (plain.len == 0 && err.message[0] != '\0'));
    return ok;
}

static bool answers(const struct example *e, vt_slice response)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };
    bool ok = vt_ohttp_response_open(&e->client, response, &plain, &err);

    VT_CHECK(ok || plain.len == 0);
    return ok;
}

static void every_byte_counts(void)
{
    struct example e = { .key = { .config = { .id = 0 } } };
    struct vt_buf *messages[2] = { &e.request, &e.response };
    bool (*const judges[2])(const struct example *, vt_slice) = { opens, answers };

    make_example(&e);
    for (int i = 0; i < 2; i++) {
        struct vt_buf *m = messages[i];

        VT_CHECK(judges[i](&e, vt_buf_slice(m)));
        for (size_t bit = 0; bit < 8 * m->len; bit++) {
            m->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            VT_CHECK_SAYING(!judges[i](&e, vt_buf_slice(m)), "message %d, bit %zu", i, bit);
            m->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (size_t len = 0; len < m->len; len++)
            VT_CHECK_SAYING(!judges[i](&e, vt_slice_of(m->data, len)), "message %d to %zu",
                            i, len);
    }
    clear(&e);
}

/* ---- keys -------------------------------------------------------------------------------
 */

#define POINT "31e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e798155"
#define ONE   "002d" CONFIG
#define UNKNOWN                                                                            \
    "0007"                                                                                 \
    "02"                                                                                   \
    "0010"                                                                                 \
    "01020304" /* another key encapsulation */

static const struct {
    const char *name, *list;
    enum vt_code want;
    size_t count;
} lists[] = {
    { "one", ONE, VT_OK, 1 },
    { "two", ONE ONE, VT_OK, 2 },
    { "one that we do not speak beside", UNKNOWN ONE, VT_OK, 1 },
    { "only one that we do not speak", UNKNOWN, VT_REJECTED, 0 },
    { "none", "", VT_MALFORMED, 0 },
    { "cut short",
      "002d"
      "0100",
      VT_MALFORMED, 0 },
    { "half a length", "00", VT_MALFORMED, 0 },
    { "a byte behind", ONE "00", VT_MALFORMED, 0 },
    { "a byte inside", "002e" CONFIG "00", VT_MALFORMED, 0 },
    { "a malformed one spoils the list",
      ONE "0002"
          "0100",
      VT_MALFORMED, 0 },
    { "no algorithm",
      "0025"
      "010020" POINT "0000",
      VT_MALFORMED, 0 },
    { "half an algorithm",
      "0027"
      "010020" POINT "0002"
      "0001",
      VT_MALFORMED, 0 },
    { "fewer algorithms than said",
      "0029"
      "010020" POINT "0008"
      "00010001",
      VT_MALFORMED, 0 },
};

static void lists_of_keys(void)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX];
        VT_AUTO_BUF again = vt_buf_init(VT_KIB(1));
        struct vt_error err = { 0 };
        size_t count = 0;
        bool ok = vt_ohttp_keys_parse(hex(lists[i].list), configs, &count, &err);

        VT_CHECK_SAYING((ok ? VT_OK : err.code) == lists[i].want, "%s: %s", lists[i].name,
                        err.message);
        VT_CHECK(count == lists[i].count);
        if (!ok || i == 2)
            continue;
        vt_ohttp_keys_write(&again, configs, count);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), hex(lists[i].list)));
    }
}

static void algorithms_must_be_offered(void)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(1));
    struct example e = { .key = { .config = { .id = 0 } } };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    struct vt_ohttp_config config;

    make_example(&e);
    e.key.config.algorithms[1].aead = 2; /* AES-256-GCM instead of AES-128-GCM */
    VT_CHECK_FAILS(VT_REJECTED, vt_ohttp_request_open(&e.key, 1, vt_buf_slice(&e.request),
                                                      &out, &exchange, &err));
    e.key.config.id = 2;
    VT_CHECK_FAILS(VT_ABSENT, vt_ohttp_request_open(&e.key, 1, vt_buf_slice(&e.request),
                                                    &out, &exchange, &err));
    config = e.key.config;
    config.algorithms[0].aead = 2;
    VT_CHECK_FAILS(VT_REJECTED, vt_ohttp_request_seal(&env, &config, VT_LIT("x"), &out,
                                                      &exchange, &err));
    memset(config.public_key, 0, sizeof config.public_key);
    config.algorithms[0].aead = VT_AEAD_AES_128_GCM;
    VT_CHECK_FAILS(VT_REJECTED, vt_ohttp_request_seal(&env, &config, VT_LIT("x"), &out,
                                                      &exchange, &err));
    clear(&e);
}

static const struct vt_case cases[] = {
    { "the example of RFC 9458", the_example_of_rfc_9458 },
    { "both algorithms, there and back", both_algorithms_there_and_back },
    { "every byte counts", every_byte_counts },
    { "lists of keys", lists_of_keys },
    { "algorithms must be offered", algorithms_must_be_offered },
};

VT_TEST_MAIN("crypto.test_ohttp", cases)
