/* Look-ups through a real relay to the gateway of a served cell: what comes back is what
 * everybody is given, the relay sees none of it, and each death is survived. */
#include "cell/oblivious.h"
#include "cell/source.h"
#include "http/http.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "tests/small_cell.h"
#include "wire/binary_http.h"
#include <signal.h>

enum { ROWS = 1300, BITS = 9 };

struct stand {
    const char *dir;
    struct vt_running cell, relay;
    struct vt_http_client *client;
    struct vt_env env;
    struct vt_ohttp_config key; /* as everybody has it */
};

static const char *key_option(const char *id, const char *name)
{
    return vt_test_print("%s=%s", id, vt_test_path(name));
}

static void make_key(const char *name)
{
    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out",
                                 vt_test_path(name)));
}

static struct vt_ohttp_config read_key(const char *path)
{
    struct vt_ohttp_config keys[VT_OHTTP_KEYS_MAX];
    struct vt_error err = { 0 };
    size_t count;

    VT_CHECK_OK(vt_ohttp_keys_parse(vt_test_read(path), keys, &count, &err));
    return keys[0];
}

static void publish(const char *dir, unsigned count, uint64_t epoch)
{
    const struct vt_small_epoch made = {
        dir, count, BITS, epoch, 100, time(NULL) - 10, time(NULL) + 600
    };

    (void)vt_small_cell_publish(&made);
}

static void begin(struct stand *s)
{
    struct vt_error err = { 0 };

    *s = (struct stand){ .dir = vt_test_path("cell"), .env = vt_env_real() };
    publish(s->dir, ROWS, 0);
    make_key("gate");
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "gateway-key", "--gateway-key",
                                 key_option("7", "gate"), "--out", vt_test_path("keys")));
    s->key = read_key(vt_test_path("keys"));
    VT_CHECK(s->key.id == 7);
    s->cell = vt_test_start("cell.err", VT_ARGV("vitrine", "cell", "serve", "--dir", s->dir,
                                                "--cell", "zurich", "--drain", "0s",
                                                "--gateway-key", key_option("7", "gate")));
    s->relay = vt_test_start("relay.err", VT_ARGV("vitrine", "relay", "serve", "--target",
                                                  vt_test_print("%s/gateway", s->cell.url),
                                                  "--rate", "10000"));
    VT_CHECK_OK(vt_http_client_new(&s->client, &err));
}

static void finish(struct stand *s)
{
    vt_http_client_free(s->client);
    vt_test_stop(&s->relay, 0);
    vt_test_stop(&s->cell, 0);
}

static bool ask(struct stand *s, const char *path, struct vt_oblivious_answer *out,
                struct vt_error *err)
{
    struct vt_oblivious oblivious = { .relay = s->relay.url,
                                      .key = &s->key,
                                      .authority = "cell.example",
                                      .answer_bytes_max = VT_KIB(64),
                                      .timeout_ms = 15000 };

    return vt_oblivious_get(&oblivious, s->client, &s->env, vt_slice_from_cstr(path),
                            vt_test_arena(), out, err);
}

static vt_slice ask_well(struct stand *s, const char *path)
{
    struct vt_oblivious_answer answer;
    struct vt_error err = { 0 };

    VT_CHECK_OK(ask(s, path, &answer, &err));
    VT_CHECK_SAYING(answer.status == 200, "%s: %u", path, answer.status);
    return answer.content;
}

/* Every file that one look-up needs, as everybody has it. */
static void a_look_up_comes_through(void)
{
    struct stand s;
    struct vt_head_file *file;
    struct vt_error err = { 0 };
    struct vt_oblivious_answer answer;
    char path[VT_CELL_PATH_BYTES];
    vt_slice head;

    begin(&s);
    head = ask_well(&s, "/head.json");
    VT_CHECK(
        vt_slice_equal(head, vt_test_read(vt_test_print("%s/public/head.json", s.dir))));
    VT_CHECK_OK(vt_head_file_parse(head, &file, &err));
    vt_cell_node_path(&file->head.tree.root, path);
    VT_CHECK(vt_slice_equal(ask_well(&s, vt_test_print("/%s", path)),
                            vt_test_read(vt_test_print("%s/public/%s", s.dir, path))));
    vt_head_file_free(file);
    VT_CHECK_OK(ask(&s, vt_test_print("/filter/%064d", 0), &answer, &err));
    VT_CHECK(answer.status == 404);
    VT_CHECK_OK(ask(&s, "/../private/replaced/0", &answer, &err));
    VT_CHECK(answer.status == 404);
    VT_CHECK_OK(ask(&s, "/metrics", &answer, &err));
    VT_CHECK(answer.status == 404); /* nothing but what is published */
    finish(&s);
}

static size_t sealed_bytes(struct stand *s, const char *path)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1)), sealed = vt_buf_init(VT_KIB(2));
    struct vt_binary_http request = { .is_request = true,
                                      .method = VT_LIT("GET"),
                                      .scheme = VT_LIT("https"),
                                      .authority = VT_LIT("cell.example"),
                                      .path = vt_slice_from_cstr(path) };
    struct vt_http_call call = { .url = s->relay.url,
                                 .content_type = VT_OHTTP_REQUEST_TYPE,
                                 .answer_bytes_max = VT_KIB(64) };
    struct vt_error err = { 0 };
    size_t len;

    vt_binary_http_write(&plain, &request);
    VT_CHECK_OK(vt_ohttp_request_seal(&s->env, &s->key, vt_buf_slice(&plain), &sealed,
                                      &exchange, &err));
    call.body = vt_buf_slice(&sealed);
    VT_CHECK_OK(vt_http_client_run(s->client, &call, &err));
    VT_CHECK_SAYING(call.status == 200, "%d", call.status);
    len = call.answer.len;
    vt_http_call_clear(&call);
    return len;
}

/* What is there and what is not, long and short: the relay sees one length. */
static void all_answers_are_of_one_length(void)
{
    struct stand s;
    size_t len;

    begin(&s);
    len = sealed_bytes(&s, "/head.json");
    VT_CHECK(len > VT_KIB(16) && len < VT_KIB(17));
    VT_CHECK(sealed_bytes(&s, "/nothing") == len);
    VT_CHECK(sealed_bytes(&s, vt_test_print("/node/00/%064d", 0)) == len);
    finish(&s);
}

static void what_does_not_open_is_refused(void)
{
    struct vt_oblivious_answer answer;
    struct vt_error err = { 0 };
    struct stand s;
    struct vt_http_call call;

    begin(&s);
    s.key.public_key[0] ^= 1;
    VT_CHECK_FAILS(VT_REJECTED, ask(&s, "/head.json", &answer, &err));
    s.key.public_key[0] ^= 1;
    s.key.id = 8;
    VT_CHECK_FAILS(VT_REJECTED, ask(&s, "/head.json", &answer, &err));
    s.key.id = 7;
    (void)ask_well(&s, "/head.json");
    call = (struct vt_http_call){ .url = vt_test_print("%s/gateway", s.cell.url),
                                  .body = VT_LIT("plain"),
                                  .answer_bytes_max = VT_KIB(1) };
    VT_CHECK_OK(vt_http_client_run(s.client, &call, &err));
    VT_CHECK(call.status == 415);
    vt_http_call_clear(&call);
    finish(&s);
}

/* More at once than may wait for the holder of the key. */
static void many_at_once(void)
{
    enum { CALLS = 100 };
    struct vt_http_call calls[CALLS];
    struct vt_error err = { 0 };
    unsigned opened = 0;
    struct stand s;

    begin(&s);
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = (struct vt_http_call){ .url = vt_test_print("%s/gateway", s.cell.url),
                                          .body = VT_LIT("nothing that opens, and long"),
                                          .content_type = VT_OHTTP_REQUEST_TYPE,
                                          .answer_bytes_max = VT_KIB(100) };
        VT_CHECK_OK(vt_http_client_start(s.client, &calls[i], &err));
    }
    for (size_t i = 0; i < CALLS; i++) {
        struct vt_http_call *done = NULL;

        VT_CHECK_OK(vt_http_client_wait(s.client, 30000, &done, &err));
        VT_CHECK_SAYING(done != NULL && done->status == 400, "status %d", done->status);
        opened++;
        vt_http_call_clear(done);
    }
    VT_CHECK(opened == CALLS);
    (void)ask_well(&s, "/head.json");
    finish(&s);
}

static bool answers_again(void *context)
{
    struct vt_oblivious_answer answer;
    struct vt_error err = { 0 };

    return ask(context, "/head.json", &answer, &err) && answer.status == 200;
}

static void a_process_dies(void)
{
    static const char *const roles[] = { "cell-gateway", "cell-front" };
    struct stand s;

    begin(&s);
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = vt_test_role_of(&s.cell, roles[i]);

        VT_CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
        VT_CHECK(vt_test_wait_until(answers_again, &s));
        VT_CHECK(vt_test_role_of(&s.cell, roles[i]) != pid);
    }
    finish(&s);
}

static void what_the_holder_of_the_key_cannot_do(void)
{
    vt_test_confinement("cell-gateway", "", (const char *const[]){ NULL });
}

static void misuse(void)
{
    static const char *const keys[] = { "gate", "=gate", "256=gate", "1=", "01=gate" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        (void)vt_test_run(2, VT_ARGV("vitrine", "cell", "gateway-key", "--gateway-key",
                                     keys[i], "--out", vt_test_path("keys")));
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "cell", "gateway-key", "--out", vt_test_path("keys")));
    (void)vt_test_run(3, VT_ARGV("vitrine", "cell", "gateway-key", "--gateway-key",
                                 key_option("1", "none"), "--out", vt_test_path("keys")));
    make_key("gate");
    (void)vt_test_run(2, VT_ARGV("vitrine", "cell", "gateway-key", "--gateway-key",
                                 key_option("1", "gate"), "--gateway-key",
                                 key_option("1", "gate"), "--out", vt_test_path("keys")));
    VT_CHECK(!vt_path_exists(vt_test_path("keys")));
}

static const struct vt_case cases[] = {
    { "a look-up comes through", a_look_up_comes_through },
    { "all answers are of one length", all_answers_are_of_one_length },
    { "what does not open is refused", what_does_not_open_is_refused },
    { "many at once", many_at_once },
    { "a process dies", a_process_dies },
    { "what the holder of the key cannot do", what_the_holder_of_the_key_cannot_do },
    { "misuse", misuse },
};

VT_TEST_MAIN("cell.serve_gateway", cases)
