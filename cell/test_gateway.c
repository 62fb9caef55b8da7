/* The gateway's answers: what is asked, what is refused, and that all are equally long. */
#include "cell/gateway.h"
#include "tests/harness.h"
#include "wire/binary_http.h"

enum { ANSWER_BYTES = 300 };

static void handle(void *context, vt_slice path, struct vt_gateway_answer *answer)
{
    unsigned *calls = context;

    ++*calls;
    if (vt_slice_is(path, "/lookup/long")) {
        answer->status = 200;
        (void)vt_buf_extend(&answer->content, ANSWER_BYTES - 3);
        return;
    }
    if (!vt_slice_is(path, "/lookup/known"))
        return;
    answer->status = 200;
    answer->content_type = "text/plain";
    vt_buf_put_text(&answer->content, "found");
}

#define GET(path) "\0\3GET\5https\1a" path

static const struct {
    const char *name;
    vt_slice request;
    unsigned status, calls;
    const char *content;
} rows[] = {
    { "known", VT_LIT(GET("\15/lookup/known")), 200, 1, "found" },
    { "known, with a query", VT_LIT(GET("\20/lookup/known?xx")), 200, 1, "found" },
    { "unknown", VT_LIT(GET("\12/lookup/no")), 404, 1, "" },
    { "nothing behind the prefix", VT_LIT(GET("\10/lookup/")), 404, 0, "" },
    { "another prefix", VT_LIT(GET("\15/lookap/known")), 404, 0, "" },
    { "too long an answer", VT_LIT(GET("\14/lookup/long")), 500, 1, "" },
    { "another method", VT_LIT("\0\4POST\5https\1a\15/lookup/known"), 405, 0, "" },
    { "100-continue",
      VT_LIT(GET("\15/lookup/known") "\24\6Expect\14"
                                     "100-continue"),
      400, 0, "" },
    { "a response", VT_LIT("\1\x40\xc8"), 400, 0, "" },
    { "malformed", VT_LIT("\0\3GE"), 400, 0, "" },
    { "empty", VT_LIT(""), 400, 0, "" },
};

static void answers_are_equally_long(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF out = vt_buf_init(VT_KIB(1));
        unsigned calls = 0;
        struct vt_gateway gateway = { "/lookup/", ANSWER_BYTES, handle, &calls };
        struct vt_binary_http response;
        struct vt_error err = { 0 };

        VT_CHECK_OK(vt_gateway_reply(&gateway, rows[i].request, &out, &err));
        VT_CHECK(out.len == ANSWER_BYTES);
        VT_CHECK_OK(
            vt_binary_http_parse(vt_buf_slice(&out), vt_test_arena(), &response, &err));
        VT_CHECK_SAYING(response.status == rows[i].status && calls == rows[i].calls &&
                            vt_slice_is(response.content, rows[i].content),
                        "%s: status %u", rows[i].name, response.status);
    }
}

/* Sealed: what cannot be opened is an error, what can is answered, also with a refusal. */
static void sealed_there_and_back(void)
{
    VT_AUTO_OHTTP_KEY key = { .config = { .id = 0 } };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    unsigned calls = 0;
    struct vt_gateway gateway = { "/lookup/", ANSWER_BYTES, handle, &calls };

    VT_CHECK_OK(vt_ohttp_key_generate(3, &env, &key, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
        VT_AUTO_BUF sealed = vt_buf_init(VT_KIB(2)), answer = vt_buf_init(VT_KIB(2));
        VT_AUTO_BUF plain = vt_buf_init(VT_KIB(2));

        VT_CHECK_OK(vt_ohttp_request_seal(&env, &key.config, rows[i].request, &sealed,
                                          &exchange, &err));
        VT_CHECK_OK(vt_gateway_serve(&gateway, &env, &key, 1, vt_buf_slice(&sealed),
                                     &answer, &err));
        VT_CHECK(answer.len == ANSWER_BYTES + VT_OHTTP_RESPONSE_EXTRA);
        VT_CHECK_OK(vt_ohttp_response_open(&exchange, vt_buf_slice(&answer), &plain, &err));
        VT_CHECK(plain.len == ANSWER_BYTES);
        sealed.data[sealed.len - 1] ^= 1;
        VT_CHECK_FAILS(VT_REJECTED, vt_gateway_serve(&gateway, &env, &key, 1,
                                                     vt_buf_slice(&sealed), &answer, &err));
        key.config.id++;
        VT_CHECK_FAILS(VT_ABSENT, vt_gateway_serve(&gateway, &env, &key, 1,
                                                   vt_buf_slice(&sealed), &answer, &err));
        key.config.id--;
    }
}

static const struct vt_case cases[] = {
    { "answers are equally long", answers_are_equally_long },
    { "sealed, there and back", sealed_there_and_back },
};

VT_TEST_MAIN("cell.test_gateway", cases)
