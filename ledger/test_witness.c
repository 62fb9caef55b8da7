/* The witness's decisions, in one process: each status, its twin, and what a changed
 * request can do. */
#include "http/http.h"
#include "ledger/checkpoint.h"
#include "ledger/witness.h"
#include "ledger/witness_request.h"
#include "tests/small_log.h"
#include "wire/hex.h"
#include "wire/json.h"

#define ORIGIN "log.example/test"
#define NAME   "w1.example"

struct stand {
    struct vt_env env;
    struct vt_witness_config config;
    struct vt_key *key;
    struct vt_small_log log;
    struct vt_witness *witness;
};

static void open_witness(struct stand *s)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_witness_open_here(&s->config, s->key, vt_test_path("memory"), &s->env,
                                     &s->witness, &err));
}

static void begin_for(struct stand *s, vt_slice origin, const struct vt_vkey *log_key)
{
    struct vt_error err = { 0 };

    s->env = vt_env_real();
    s->config = vt_witness_config_new(vt_test_arena());
    s->key = vt_test_key(50);
    s->config.vkey = vt_vkey_of(VT_LIT(NAME), VT_NOTE_COSIGNATURE, vt_key_public(s->key));
    s->config.name = s->config.vkey.name;
    VT_CHECK_OK(vt_witness_config_add(&s->config, origin, log_key, &err));
    VT_CHECK_OK(vt_witness_memory_init(vt_test_path("memory"), &err));
    open_witness(s);
}

static void begin(struct stand *s)
{
    struct vt_vkey key;

    s->log = vt_small_log_of(ORIGIN, 1);
    key = vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(s->log.key));
    begin_for(s, VT_LIT(ORIGIN), &key);
}

static void finish(struct stand *s)
{
    vt_witness_close(s->witness);
    vt_key_close(s->key);
    vt_key_close(s->log.key);
}

/* A request of that log, in the arena. */
static vt_slice request_of(const struct vt_small_log *log, uint64_t old_size, uint64_t size)
{
    struct vt_error err = { 0 };
    struct vt_proof proof = { .count = 0 };
    VT_AUTO_BUF body = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);

    if (old_size <= size)
        VT_CHECK_OK(
            vt_small_log_prove((void *)(uintptr_t)log, old_size, size, &proof, &err));
    vt_witness_request_write(&body, old_size, proof.hashes, proof.count,
                             vt_small_log_note(log, size));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&body));
}

static int ask(struct stand *s, vt_slice request, const char **text_out)
{
    struct vt_error err = { 0 };
    VT_AUTO_WITNESS_REPLY reply = { 0 };

    VT_CHECK_OK(vt_witness_answer(s->witness, request, &reply, &err));
    VT_CHECK(!reply.body.is_full);
    VT_CHECK(strcmp(reply.content_type, reply.status == VT_HTTP_CONFLICT
                                            ? "text/x.tlog.size"
                                            : "text/plain; charset=utf-8") == 0);
    if (text_out != NULL)
        *text_out = vt_arena_cstr(vt_test_arena(), vt_buf_slice(&reply.body));
    return reply.status;
}

/* Is the text a good cosignature, made now, over this log's tree of that size? */
static bool is_cosignature(struct stand *s, uint64_t size, const char *text)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct vt_note_finding finding;
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));
    int64_t now = vt_env_now_unix_s(&s->env);

    vt_buf_put(&bytes, vt_small_log_note(&s->log, size));
    vt_buf_put_text(&bytes, text);
    return vt_note_parse(vt_buf_slice(&bytes), &note, &err) && note.signature_count == 2 &&
           vt_note_verify(&note, &s->config.vkey, 1, &finding, &err) &&
           finding.time_unix_s <= now && finding.time_unix_s > now - 60;
}

/* ---- the specification's cases ----------------------------------------------------------
 */

static void each_status_has_its_case(void)
{
    struct stand s = { 0 };
    struct vt_small_log fork, stranger = vt_small_log_of("log.example/other", 2);
    struct vt_small_log thief = vt_small_log_of(ORIGIN, 3); /* our origin, another key */
    struct row {
        const char *name;
        vt_slice request;
        int status;
        const char *text; /* part of the answer; NULL: a cosignature */
        uint64_t size;    /* that is cosigned */
    } rows[40];
    size_t count = 0;

    begin(&s);
    fork = s.log;
    fork.branch = "other ";
    fork.fork_at = 4;
#define ROW(...) rows[count++] = (struct row){ __VA_ARGS__ }
    ROW("not this log", request_of(&stranger, 0, 3), 404, "unknown log", 0);
    ROW("not this key", request_of(&thief, 0, 3), 403, "invalid signature", 0);
    ROW("nothing", VT_LIT(""), 400, "the first line", 0);
    ROW("empty tree, old 1", request_of(&s.log, 1, 0), 400, "larger", 0);
    ROW("old larger than new", request_of(&s.log, 5, 3), 400, "larger", 0);
    ROW("not seen yet", request_of(&s.log, 2, 5), 409, "0\n", 0);
    ROW("empty tree", request_of(&s.log, 0, 0), 200, NULL, 0);
    ROW("first tree", request_of(&s.log, 0, 3), 200, NULL, 3);
    ROW("first tree once more", request_of(&s.log, 0, 3), 409, "3\n", 0);
    ROW("same tree", request_of(&s.log, 3, 3), 200, NULL, 3);
    ROW("growth", request_of(&s.log, 3, 8), 200, NULL, 8);
    ROW("replay of the growth", request_of(&s.log, 3, 8), 409, "8\n", 0);
    ROW("back", request_of(&s.log, 3, 5), 409, "8\n", 0);
    ROW("same tree again", request_of(&s.log, 8, 8), 200, NULL, 8);
    ROW("other tree of the same size", request_of(&fork, 8, 8), 422, "another root", 0);
    ROW("growth of the other tree", request_of(&fork, 8, 11), 422, "consistency proof", 0);
    ROW("old larger than new, later", request_of(&s.log, 9, 8), 400, "larger", 0);
    ROW("growth by one", request_of(&s.log, 8, 9), 200, NULL, 9);
    ROW("growth by many", request_of(&s.log, 9, 300), 200, NULL, 300);
#undef ROW
    for (size_t i = 0; i < count; i++) {
        const char *text;
        int status = ask(&s, rows[i].request, &text);

        VT_CHECK_SAYING(status == rows[i].status &&
                            (rows[i].text != NULL ? strstr(text, rows[i].text) != NULL
                                                  : is_cosignature(&s, rows[i].size, text)),
                        "%s: %d %s", rows[i].name, status, text);
        /* Between any two requests it may be killed: it starts again with what it knew. */
        if (i % 2 == 0) {
            vt_witness_close(s.witness);
            open_witness(&s);
        }
    }
    vt_key_close(stranger.key);
    vt_key_close(thief.key);
    finish(&s);
}

/* Requests made by hand around one good checkpoint of size 4, first time. */
static void malformed_requests_are_refused(void)
{
    static const struct {
        const char *name, *before; /* the checkpoint */
        int status;
    } rows[] = {
        { "good", "old 0\n\n", 200 },
        { "no space", "old0\n\n", 400 },
        { "two spaces", "old  0\n\n", 400 },
        { "leading zero", "old 00\n\n", 400 },
        { "sign", "old +0\n\n", 400 },
        { "negative", "old -0\n\n", 400 },
        { "no number", "old \n\n", 400 },
        { "hexadecimal", "old 0x0\n\n", 400 },
        { "too large", "old 18446744073709551616\n\n", 400 },
        { "largest", "old 18446744073709551615\n\n", 400 },
        { "trailing space", "old 0 \n\n", 400 },
        { "carriage return", "old 0\r\n\r\n", 400 },
        { "no blank line", "old 0\n", 400 },
        { "two blank lines", "old 0\n\n\n", 400 },
        { "upper case", "OLD 0\n\n", 400 },
        { "not a hash", "old 0\nhello\n\n", 400 },
        { "short hash", "old 0\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n", 400 },
        { "loose base64", "old 0\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\n", 400 },
        { "proof from nothing", "old 0\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
          422 },
        { "null", "null", 400 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stand s = { 0 };
        VT_AUTO_BUF body = vt_buf_init(VT_KIB(64));
        const char *text;
        int status;

        begin(&s);
        vt_buf_put_text(&body, rows[i].before);
        vt_buf_put(&body, vt_small_log_note(&s.log, 4));
        status = ask(&s, vt_buf_slice(&body), &text);
        VT_CHECK_SAYING(status == rows[i].status, "%s: %d %s", rows[i].name, status, text);
        finish(&s);
        VT_CHECK(remove(vt_test_path("memory/cosigned")) == 0);
    }
}

/* A note over any text, signed by the log. */
static vt_slice sign_text(struct stand *s, const char *text)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_KIB(64));

    vt_buf_put_text(&note, "old 0\n\n");
    vt_buf_put_text(&note, text);
    vt_buf_put_u8(&note, '\n');
    VT_CHECK_OK(
        vt_note_sign(s->log.key, VT_LIT(ORIGIN), vt_slice_from_cstr(text), &note, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&note));
}

static void what_a_log_may_not_sign(void)
{
#define ROOT "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    static const struct {
        const char *name, *text;
        int status;
    } rows[] = {
        { "extension", ORIGIN "\n3\n" ROOT "more\n", 400 },
        { "leading zero", ORIGIN "\n03\n" ROOT, 400 },
        { "no root", ORIGIN "\n3\n", 400 },
        { "short root", ORIGIN "\n3\nKgEA\n", 400 },
        { "other origin", "log.example/else\n3\n" ROOT, 404 },
        { "size 0, another root", ORIGIN "\n0\n" ROOT, 422 },
        { "any tree the first time", ORIGIN "\n3\n" ROOT, 200 },
        { "largest size", ORIGIN "\n18446744073709551615\n" ROOT, 409 },
    };
    struct stand s = { 0 };

    begin(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text;
        int status = ask(&s, sign_text(&s, rows[i].text), &text);

        VT_CHECK_SAYING(status == rows[i].status, "%s: %d %s", rows[i].name, status, text);
    }
    finish(&s);
}

/* A log in the midst of changing its key: either may sign, and a bad line by one of them
 * condemns a note that the other signed well. */
static void two_keys_of_one_log(void)
{
    struct stand s = { 0 };
    struct vt_error err = { 0 };
    struct vt_small_log second = vt_small_log_of(ORIGIN, 4);
    struct vt_vkey key =
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(second.key));
    VT_AUTO_BUF both = vt_buf_init(VT_KIB(64));
    vt_slice first;

    begin(&s);
    VT_CHECK_OK(vt_witness_config_add(&s.config, VT_LIT(ORIGIN), &key, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_witness_config_add(&s.config, VT_LIT(ORIGIN), &key, &err));
    VT_CHECK(ask(&s, request_of(&second, 0, 3), NULL) == 200);
    VT_CHECK(ask(&s, request_of(&s.log, 3, 4), NULL) == 200);
    /* The first one's note of size 5, with the second one's line of size 6. */
    vt_buf_put(&both, request_of(&s.log, 4, 5));
    VT_CHECK_OK(
        vt_note_sign(second.key, VT_LIT(ORIGIN), VT_LIT("something\n"), &both, &err));
    VT_CHECK(ask(&s, vt_buf_slice(&both), NULL) == 403);
    /* With a line of a stranger it is fine. */
    first = request_of(&s.log, 4, 5);
    vt_buf_truncate(&both, first.len);
    VT_CHECK_OK(
        vt_note_sign(second.key, VT_LIT("stranger"), VT_LIT("something\n"), &both, &err));
    VT_CHECK(ask(&s, vt_buf_slice(&both), NULL) == 200);
    vt_key_close(second.key);
    finish(&s);
}

/* Every truncation and one bit flipped in every byte of a good request: whatever is
 * answered, nothing but the log's own tree is ever cosigned, and what was not cosigned is
 * not remembered. */
static void a_changed_request_moves_nothing(void)
{
    struct stand s = { 0 };
    vt_slice good;
    uint8_t *bytes;
    const char *text;

    begin(&s);
    VT_CHECK(ask(&s, request_of(&s.log, 0, 5), NULL) == 200);
    good = request_of(&s.log, 5, 9);
    for (size_t len = 0; len < good.len; len++)
        VT_CHECK_SAYING(ask(&s, vt_slice_sub(good, 0, len), &text) >= 400, "cut at %zu",
                        len);
    bytes = vt_alloc(good.len);
    memcpy(bytes, good.data, good.len);
    for (size_t at = 0; at < good.len; at++) {
        bytes[at] ^= (uint8_t)(1 << (at % 8));
        VT_CHECK_SAYING(ask(&s, vt_slice_of(bytes, good.len), &text) >= 400, "byte %zu: %s",
                        at, text);
        bytes[at] ^= (uint8_t)(1 << (at % 8));
    }
    free(bytes);
    /* Still at 5, and the good one is good. */
    VT_CHECK(ask(&s, request_of(&s.log, 0, 5), &text) == 409 && strcmp(text, "5\n") == 0);
    VT_CHECK(ask(&s, good, &text) == 200 && is_cosignature(&s, 9, text));
    finish(&s);
}

static int64_t before_1970(void *context)
{
    (void)context;
    return -1000;
}

static void without_a_clock_nothing_is_signed(void)
{
    struct stand s = { 0 };

    begin(&s);
    s.env.now_unix_ms = before_1970;
    VT_CHECK(ask(&s, request_of(&s.log, 0, 3), NULL) == 500);
    s.env = vt_env_real();
    VT_CHECK(ask(&s, request_of(&s.log, 0, 3), NULL) == 200);
    finish(&s);
}

/* ---- other people's exchanges -----------------------------------------------------------
 */

static void the_vector_of_litewitness(void)
{
    struct vt_error err = { 0 };
    struct stand s = { 0 };
    VT_AUTO_JSON c = NULL;
    json_t *steps, *step;
    vt_slice origin, hex;
    struct vt_public_key public_key;
    struct vt_vkey key;
    size_t i;

    VT_CHECK_OK(
        vt_json_parse(vt_test_read("tests/vectors/cases/witness.jsonl"), "case", &c, &err));
    VT_CHECK_OK(vt_json_get_text(c, "case", "origin", &origin, &err));
    VT_CHECK_OK(vt_json_get_text(c, "case", "log_public_hex", &hex, &err));
    VT_CHECK_OK(vt_json_get_array(c, "case", "steps", &steps, &err));
    VT_CHECK(vt_hex_parse(hex, public_key.bytes, sizeof public_key.bytes));
    key = vt_vkey_of(origin, VT_NOTE_ED25519, &public_key);
    begin_for(&s, origin, &key);
    VT_CHECK(json_array_size(steps) == 9);
    json_array_foreach(steps, i, step)
    {
        uint64_t wanted;
        vt_slice request;
        const char *text;
        int status;

        VT_CHECK_OK(vt_json_get_number(step, "step", "want_status", &wanted, &err));
        VT_CHECK_OK(vt_json_get_text(step, "step", "request", &request, &err));
        status = ask(&s, request, &text);
        VT_CHECK_SAYING(status == (int)wanted, "step %zu: %d %s", i + 1, status, text);
        VT_CHECK(status != 200 || strstr(text, "\xe2\x80\x94 " NAME " ") == text);
        VT_CHECK(i != 6 || strcmp(text, "3\n") == 0);
        VT_CHECK(i != 8 || strcmp(text, "5\n") == 0);
    }
    vt_witness_close(s.witness);
    vt_key_close(s.key);
}

/* ---- what is served to monitors ---------------------------------------------------------
 */

static void paths_of_checkpoints(void)
{
    static const struct {
        const char *path;
        bool is_good;
    } rows[] = {
        { "/b2d3e0cf2e483fbc179ff15f4e95ebef4f0ad5565d228215674c9ee83f0faf1d/checkpoint",
          true },
        { "/b2d3e0cf2e483fbc179ff15f4e95ebef4f0ad5565d228215674c9ee83f0faf1d/checkpoint/",
          false },
        { "/B2d3e0cf2e483fbc179ff15f4e95ebef4f0ad5565d228215674c9ee83f0faf1d/checkpoint",
          false },
        { "/2d3e0cf2e483fbc179ff15f4e95ebef4f0ad5565d228215674c9ee83f0faf1d/checkpoint",
          false },
        { "b2d3e0cf2e483fbc179ff15f4e95ebef4f0ad5565d228215674c9ee83f0faf1d/checkpoint",
          false },
        { "/checkpoint", false },
        { "", false },
    };
    vt_hash hash;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        VT_CHECK_SAYING(vt_witness_path_parse(vt_slice_from_cstr(rows[i].path), &hash) ==
                            rows[i].is_good,
                        "%s", rows[i].path);
}

static void configs_are_read_as_written(void)
{
    struct vt_error err = { 0 };
    struct vt_key *key = vt_test_key(50), *other = vt_test_key(51);
    struct vt_vkey log_key = vt_vkey_of(VT_LIT("l"), VT_NOTE_ED25519, vt_key_public(key));
    struct vt_vkey more_key =
        vt_vkey_of(VT_LIT("m"), VT_NOTE_ED25519, vt_key_public(other));
    struct vt_vkey not_log =
        vt_vkey_of(VT_LIT("l"), VT_NOTE_COSIGNATURE, vt_key_public(key));
    const char *dir = vt_test_path("w");
    struct vt_witness_config config;
    struct vt_disk *disk;
    vt_slice first;

    VT_CHECK_FAILS(VT_MALFORMED, vt_witness_init(dir, false, VT_LIT("a b"),
                                                 vt_key_public(key), VT_LIT("/k"), &err));
    VT_CHECK_OK(
        vt_witness_init(dir, false, VT_LIT(NAME), vt_key_public(key), VT_LIT("/k"), &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_witness_init(dir, false, VT_LIT(NAME),
                                                vt_key_public(key), VT_LIT("/k"), &err));
    VT_CHECK_OK(
        vt_witness_add_log(dir, false, VT_LIT("an origin with spaces"), &log_key, &err));
    VT_CHECK_OK(
        vt_witness_add_log(dir, false, VT_LIT("an origin with spaces"), &more_key, &err));
    VT_CHECK_OK(vt_witness_add_log(dir, false, VT_LIT("second"), &log_key, &err));
    first = vt_test_read(vt_test_path("w/config.json"));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_witness_add_log(dir, false, VT_LIT("second"), &log_key, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_witness_add_log(dir, false, VT_LIT("third"), &not_log, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_witness_add_log(dir, false, VT_LIT("a\nb"), &log_key, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_witness_add_log(dir, false, VT_LIT(""), &log_key, &err));
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_witness_add_log(vt_test_dir(), false, VT_LIT("a"), &log_key, &err));
    VT_CHECK(vt_slice_equal(first, vt_test_read(vt_test_path("w/config.json"))));
    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(vt_witness_config_read(disk, false, vt_test_arena(), &config, &err));
    VT_CHECK(config.log_count == 2 && config.logs[0].key_count == 2 &&
             vt_slice_is(config.name, NAME) && vt_slice_is(config.key, "/k"));
    VT_CHECK(vt_witness_log_of(&config, VT_LIT("second")) == &config.logs[1] &&
             vt_witness_log_of(&config, VT_LIT("third")) == NULL);
    vt_disk_close(disk);
    vt_key_close(key);
    vt_key_close(other);
}

static const struct vt_case cases[] = {
    { "each status has its case", each_status_has_its_case },
    { "malformed requests are refused", malformed_requests_are_refused },
    { "what a log may not sign", what_a_log_may_not_sign },
    { "two keys of one log", two_keys_of_one_log },
    { "a changed request moves nothing", a_changed_request_moves_nothing },
    { "without a clock nothing is signed", without_a_clock_nothing_is_signed },
    { "the vector of litewitness", the_vector_of_litewitness },
    { "paths of checkpoints", paths_of_checkpoints },
    { "configs are read as written", configs_are_read_as_written },
};

VT_TEST_MAIN("witness", cases)
