/* The witness client against witnesses that do not keep to the protocol.  (Real ones, as
 * processes, are in ledger/test_witness.c.) */
#include "http/http.h"
#include "ledger/witness_client.h"
#include "ledger/witness_request.h"
#include "tests/small_log.h"
#include <signal.h>
#include <sys/wait.h>

#define ORIGIN "log.example/test"

enum { WITNESSES_MAX = 4, SIZE = 11 };

/* ---- a server that answers as it is told
 * -------------------------------------------------
 */

enum manner {
    GOOD,           /* cosigns what it gets                                          */
    SILENT,         /* never answers                                                 */
    AT_ANOTHER,     /* 409 with SIZE - 4 until it is asked with that                 */
    AHEAD,          /* 409 with SIZE + 1                                             */
    CONFLICT_SAME,  /* 409 with the size that was named                              */
    CONFLICT_MOVES, /* 409 with another size each time                               */
    CONFLICT_WORDS, /* 409 with words                                                */
    OTHER_KEY,      /* a good cosignature, by a key that the policy does not know    */
    OTHER_TEXT,     /* its own key, over another text                                */
    FLIPPED,        /* its own cosignature with one bit changed                      */
    BLANK_LINE,     /* an answer that tries to become part of the text               */
    FUTURE,         /* a time in an hour                                             */
    TWO_TIMES,      /* its cosignature from the future, then a good one              */
    NO_TIME,        /* time 0                                                        */
    WORDS,          /* 200 with words                                                */
    NOTHING,        /* 200 with an empty body                                        */
    ENDLESS,        /* 200 with more than anybody wants                              */
    TWO_LINES,      /* its cosignature, and one of a stranger                        */
    TROUBLE,        /* 500                                                           */
    NO_LOG,         /* 404                                                           */
    NO_KEY,         /* 403                                                           */
    OTHER_HISTORY,  /* 422                                                           */
    ELSEWHERE,      /* 307                                                           */
};

struct fake {
    enum manner manner;
    struct vt_key *key;
    const char *name;
    uint64_t moved;
};

static int64_t now_s(void)
{
    struct vt_env env = vt_env_real();

    return vt_env_now_unix_s(&env);
}

static void cosign(struct fake *fake, vt_slice text, int64_t time_s, struct vt_buf *out)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_note_cosign(fake->key, vt_slice_from_cstr(fake->name), time_s, text, out, &err));
}

static void answer_conflict(struct vt_http_exchange *exchange, uint64_t size)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%ju\n", (uintmax_t)size);
    vt_http_answer(exchange, VT_HTTP_CONFLICT, "text/x.tlog.size",
                   vt_slice_from_cstr(text));
}

static void answer_bytes(struct vt_http_exchange *exchange, const struct vt_buf *body)
{
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain", vt_buf_slice(body));
}

/* The proof that came must be good: the twin of the real witness's check. */
static void check_question(const struct vt_witness_request *request)
{
    struct vt_small_log log = vt_small_log_of(ORIGIN, 1);
    vt_hash root1 = vt_small_log_root(&log, request->old_size);
    vt_hash root2 = vt_small_log_root(&log, SIZE);

    VT_CHECK(vt_slice_equal(request->note, vt_small_log_note(&log, SIZE)));
    VT_CHECK(request->old_size == 0
                 ? request->proof_count == 0
                 : vt_tree_verify_consistency(request->old_size, &root1, SIZE, &root2,
                                              request->proof, request->proof_count));
}

static void on_add(void *context, struct vt_http_exchange *exchange)
{
    static struct vt_note note;
    struct fake *fake = context, stranger = { .key = vt_test_key(99), .name = "stranger" };
    struct vt_error err = { 0 };
    struct vt_witness_request request;
    VT_AUTO_BUF body = vt_buf_init(VT_MIB(1)), longer = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_witness_request_parse(vt_http_body(exchange), &request, &err));
    check_question(&request);
    VT_CHECK_OK(vt_note_parse(request.note, &note, &err));
    switch (fake->manner) {
    case SILENT:
        return;
    case AT_ANOTHER:
        if (request.old_size != SIZE - 4) {
            answer_conflict(exchange, SIZE - 4);
            return;
        }
        cosign(fake, note.text, now_s(), &body);
        break;
    case AHEAD:
        answer_conflict(exchange, SIZE + 1);
        return;
    case CONFLICT_SAME:
        answer_conflict(exchange, request.old_size);
        return;
    case CONFLICT_MOVES:
        answer_conflict(exchange, ++fake->moved);
        return;
    case CONFLICT_WORDS:
        vt_http_answer_text(exchange, VT_HTTP_CONFLICT, "another time");
        return;
    case OTHER_KEY:
        cosign(&stranger, note.text, now_s(), &body);
        break;
    case OTHER_TEXT:
        cosign(fake, VT_LIT("log.example/other\n1\n"), now_s(), &body);
        break;
    case FLIPPED:
        cosign(fake, note.text, now_s(), &body);
        body.data[body.len - 10] = body.data[body.len - 10] == 'A' ? 'B' : 'A';
        break;
    case BLANK_LINE: /* behind the checkpoint it would be a good note over a longer text */
        vt_buf_put(&longer, note.text);
        vt_buf_put_text(&longer, "\nmore text\n");
        vt_buf_put_text(&body, "more text\n\n");
        cosign(fake, vt_buf_slice(&longer), now_s(), &body);
        break;
    case FUTURE:
        cosign(fake, note.text, now_s() + 3600, &body);
        break;
    case TWO_TIMES:
        cosign(fake, note.text, now_s() + 3600, &body);
        cosign(fake, note.text, now_s(), &body);
        break;
    case NO_TIME:
        cosign(fake, note.text, 0, &body);
        break;
    case WORDS:
        vt_buf_put_text(&body, "as you like it\n");
        break;
    case NOTHING:
        break;
    case ENDLESS:
        VT_CHECK(vt_buf_extend(&body, VT_KIB(100)) != NULL);
        memset(body.data, 'x', body.len);
        break;
    case TWO_LINES:
        cosign(&stranger, note.text, now_s(), &body);
        cosign(fake, note.text, now_s(), &body);
        break;
    case TROUBLE:
        vt_http_answer_text(exchange, VT_HTTP_ERROR, "no\033[1m disk");
        return;
    case NO_LOG:
    case NO_KEY:
    case OTHER_HISTORY:
        vt_http_answer_text(exchange,
                            fake->manner == NO_LOG   ? VT_HTTP_NOT_FOUND
                            : fake->manner == NO_KEY ? VT_HTTP_FORBIDDEN
                                                     : VT_HTTP_UNPROCESSABLE,
                            "no");
        return;
    case ELSEWHERE:
        vt_http_set_header(exchange, "Location", "/add-checkpoint");
        vt_http_answer_text(exchange, 307, "over there");
        return;
    case GOOD:
        cosign(fake, note.text, now_s(), &body);
        break;
    }
    answer_bytes(exchange, &body);
}

static const struct vt_http_route routes[] = {
    { "POST", "/add-checkpoint", VT_WITNESS_REQUEST_BYTES_MAX, on_add, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

/* ---- the set
 * -----------------------------------------------------------------------------
 */

struct set {
    struct vt_small_log log;
    struct vt_env env;
    struct vt_policy policy;
    struct vt_buf text; /* of the policy */
    struct fake fakes[WITNESSES_MAX];
    pid_t pids[WITNESSES_MAX];
    size_t count;
    struct vt_witness_client *client;
    struct vt_witness_report reports[WITNESSES_MAX];
};

static uint16_t start_fake(struct set *set, struct fake *fake)
{
    const struct vt_http_options options = { .routes = routes, .context = fake };
    struct vt_error err = { 0 };
    struct vt_http_server *server;
    uint16_t port;
    int fd;

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &fd, &port, &err));
    set->pids[fake - set->fakes] = fork();
    if (set->pids[fake - set->fakes] == 0) {
        (void)alarm(100);
        VT_CHECK_OK(vt_http_server_new(fd, &options, &server, &err));
        VT_CHECK_OK(vt_http_server_run(server, &err));
        _exit(0);
    }
    (void)close(fd);
    return port;
}

/* `count` witnesses with these manners, and a quorum of `needed` of them (0: none). */
static void begin(struct set *set, const enum manner *manners, size_t count,
                  unsigned needed)
{
    static const char *const names[] = { "w.example/0", "w.example/1", "w.example/2",
                                         "w.example/3" };
    struct vt_error err = { 0 };

    set->log = vt_small_log_of(ORIGIN, 1);
    set->env = vt_env_real();
    set->count = count;
    set->text = vt_buf_init(VT_KIB(8));
    vt_buf_printf(&set->text, "log %s\n", vt_small_log_vkey(&set->log));
    for (size_t i = 0; i < count; i++) {
        set->fakes[i] = (struct fake){ .manner = manners[i],
                                       .key = vt_test_key((uint8_t)(10 + i)),
                                       .name = names[i] };
        vt_buf_printf(&set->text, "witness w%zu %s http://127.0.0.1:%u/\n", i,
                      vt_test_vkey(names[i], VT_NOTE_COSIGNATURE, set->fakes[i].key),
                      start_fake(set, &set->fakes[i]));
    }
    vt_buf_printf(&set->text, "group g %u", needed != 0 ? needed : 1);
    for (size_t i = 0; i < count; i++)
        vt_buf_printf(&set->text, " w%zu", i);
    vt_buf_put_text(&set->text, needed != 0 ? "\nquorum g\n" : "\nquorum none\n");
    VT_CHECK_OK(vt_policy_parse(vt_buf_slice(&set->text), &set->policy, &err));
    VT_CHECK_OK(vt_witness_client_new(&set->policy, &set->env, &set->client, &err));
}

static void finish(struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        (void)kill(set->pids[i], SIGKILL);
        (void)waitpid(set->pids[i], NULL, 0);
        vt_key_close(set->fakes[i].key);
    }
    vt_key_close(set->log.key);
    vt_buf_clear(&set->text);
    vt_witness_client_free(set->client);
}

static struct vt_witness_asking asking_of(struct set *set)
{
    return (struct vt_witness_asking){ .note = vt_small_log_note(&set->log, SIZE),
                                       .hint_size = 3,
                                       .prove = vt_small_log_prove,
                                       .context = &set->log,
                                       .timeout_ms = 400,
                                       .total_ms = 5000 };
}

/* The note has exactly the good cosignatures of those witnesses behind the checkpoint. */
static void check_note(struct set *set, vt_slice bytes, size_t wanted)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct vt_vkey keys[WITNESSES_MAX + 1];
    struct vt_note_finding findings[WITNESSES_MAX + 1];
    size_t good = 0;

    VT_CHECK(vt_slice_starts_with(bytes, vt_small_log_note(&set->log, SIZE)));
    VT_CHECK_OK(vt_note_parse(bytes, &note, &err));
    VT_CHECK(note.signature_count == 1 + wanted);
    keys[0] = set->policy.logs[0].vkey;
    for (size_t i = 0; i < set->count; i++)
        keys[i + 1] = set->policy.witnesses[i].vkey;
    VT_CHECK_OK(vt_note_verify(&note, keys, set->count + 1, findings, &err));
    for (size_t i = 0; i < set->count; i++) {
        good += findings[i + 1].is_signed;
        VT_CHECK(findings[i + 1].is_signed == (set->reports[i].end == VT_WITNESS_COSIGNED));
    }
    VT_CHECK(good == wanted && findings[0].is_signed);
}

/* ---- the cases
 * ---------------------------------------------------------------------------
 */

/* One witness alone, with a quorum of one: what it does decides. */
/* The network is trouble, an answer is a no. */
static enum vt_code code_of(enum vt_witness_end end)
{
    return end == VT_WITNESS_UNREACHABLE || end == VT_WITNESS_LATE ? VT_IO : VT_REJECTED;
}

static void each_manner_has_its_end(void)
{
    static const struct {
        enum manner manner;
        enum vt_witness_end end;
        int status;
        const char *says;
    } rows[] = {
        { GOOD, VT_WITNESS_COSIGNED, 200, "" },
        { TWO_LINES, VT_WITNESS_COSIGNED, 200, "" },
        { AT_ANOTHER, VT_WITNESS_COSIGNED, 200, "" },
        { SILENT, VT_WITNESS_LATE, 0, "within 400 ms" },
        { AHEAD, VT_WITNESS_AHEAD, 409,
          "it has cosigned 12 entries of this log, we have 11" },
        { CONFLICT_SAME, VT_WITNESS_WRONG, 409, "the very size" },
        { CONFLICT_MOVES, VT_WITNESS_REFUSED, 409, "moved 4 times" },
        { CONFLICT_WORDS, VT_WITNESS_WRONG, 409, "without a size" },
        { OTHER_KEY, VT_WITNESS_WRONG, 200, "signature" },
        { OTHER_TEXT, VT_WITNESS_WRONG, 200, "signature" },
        { FLIPPED, VT_WITNESS_WRONG, 200, "signature" },
        { BLANK_LINE, VT_WITNESS_WRONG, 200, "more than signature lines" },
        { FUTURE, VT_WITNESS_WRONG, 200, "look at both clocks" },
        { TWO_TIMES, VT_WITNESS_WRONG, 200, "look at both clocks" },
        { NO_TIME, VT_WITNESS_WRONG, 200, "time 0" },
        { WORDS, VT_WITNESS_WRONG, 200, "signature line 1 is malformed" },
        { NOTHING, VT_WITNESS_WRONG, 200, "no signature line" },
        { ENDLESS, VT_WITNESS_WRONG, 0, "longer than 65536 bytes" },
        { TROUBLE, VT_WITNESS_REFUSED, 500, "it answered 500: no?[1m disk" },
        { NO_LOG, VT_WITNESS_REFUSED, 404, "404: it does not know this log" },
        { NO_KEY, VT_WITNESS_REFUSED, 403, "403: it knows no key that signed this" },
        { OTHER_HISTORY, VT_WITNESS_REFUSED, 422,
          "it knows another history, of 3 entries" },
        { ELSEWHERE, VT_WITNESS_REFUSED, 307, "it answered 307: over there" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct set set = { 0 };
        VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
        struct vt_witness_asking asking;
        bool ok;

        begin(&set, &rows[i].manner, 1, 1);
        asking = asking_of(&set);
        ok = vt_witness_client_ask(set.client, &asking, &note, set.reports, &err);
        VT_CHECK_SAYING(set.reports[0].end == rows[i].end &&
                            set.reports[0].status == rows[i].status &&
                            strstr(set.reports[0].message, rows[i].says) != NULL,
                        "row %zu: %s, %d, %s", i, vt_witness_end_name(set.reports[0].end),
                        set.reports[0].status, set.reports[0].message);
        VT_CHECK(ok == (rows[i].end == VT_WITNESS_COSIGNED));
        if (ok)
            check_note(&set, vt_buf_slice(&note), 1);
        else
            VT_CHECK(err.code == code_of(rows[i].end) && note.len == 0 &&
                     strstr(err.message, vt_witness_end_name(rows[i].end)) != NULL &&
                     (rows[i].end != VT_WITNESS_REFUSED || /* the no is given in words */
                      strstr(err.message, rows[i].says) != NULL));
        finish(&set);
    }
}

static void three_of_four_are_enough(void)
{
    static const enum manner manners[] = { GOOD, SILENT, AT_ANOTHER, GOOD };
    struct vt_error err = { 0 };
    struct set set = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking;
    int64_t start_ms;

    begin(&set, manners, 4, 3);
    asking = asking_of(&set);
    asking.timeout_ms = 60000; /* the silent one is not waited for */
    start_ms = vt_monotonic_ms();
    VT_CHECK_OK(vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    VT_CHECK(vt_monotonic_ms() - start_ms < 4000);
    check_note(&set, vt_buf_slice(&note), 3);
    VT_CHECK(set.reports[1].end == VT_WITNESS_NOT_NEEDED);
    /* The second time the sizes are known, and connections are there. */
    vt_buf_truncate(&note, 0);
    VT_CHECK_OK(vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    check_note(&set, vt_buf_slice(&note), 3);
    finish(&set);
}

static void two_of_four_are_not(void)
{
    static const enum manner manners[] = { GOOD, SILENT, OTHER_TEXT, GOOD };
    struct vt_error err = { 0 };
    struct set set = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking;

    begin(&set, manners, 4, 3);
    asking = asking_of(&set);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    VT_CHECK_SAYING(strstr(err.message,
                           "too few witnesses cosigned; missing: "
                           "w1 (late), w2 (wrong); w2: its answer: ") == err.message,
                    "%s", err.message);
    VT_CHECK(note.len == 0 && set.reports[0].end == VT_WITNESS_COSIGNED);
    finish(&set);
}

/* With a window, the fourth is waited for; the window is short and the silent one is not.
 */
static void a_window_brings_more_than_the_quorum(void)
{
    static const enum manner manners[] = { GOOD, GOOD, GOOD, GOOD };
    struct vt_error err = { 0 };
    struct set set = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking;

    begin(&set, manners, 4, 2);
    asking = asking_of(&set);
    asking.linger_ms = 5000;
    VT_CHECK_OK(vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    check_note(&set, vt_buf_slice(&note), 4);
    finish(&set);
}

static void the_whole_has_its_time(void)
{
    static const enum manner manners[] = { SILENT };
    struct vt_error err = { 0 };
    struct set set = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking;
    int64_t start_ms = vt_monotonic_ms();

    begin(&set, manners, 1, 1);
    asking = asking_of(&set);
    asking.timeout_ms = 60000;
    asking.total_ms = 200;
    VT_CHECK_FAILS(VT_IO,
                   vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    VT_CHECK(set.reports[0].end == VT_WITNESS_LATE);
    VT_CHECK(vt_monotonic_ms() - start_ms < 5000);
    finish(&set);
}

static void quorum_none_asks_nobody(void)
{
    static const enum manner manners[] = { SILENT };
    struct vt_error err = { 0 };
    struct set set = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking;

    begin(&set, manners, 1, 0);
    asking = asking_of(&set);
    VT_CHECK_OK(vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    check_note(&set, vt_buf_slice(&note), 0);
    VT_CHECK(set.reports[0].end == VT_WITNESS_NOT_NEEDED);
    finish(&set);
}

static void dead_and_unnamed_ones_are_told_apart(void)
{
    struct vt_error err = { 0 };
    struct vt_small_log log = vt_small_log_of(ORIGIN, 1);
    struct vt_env env = vt_env_real();
    struct vt_key *key = vt_test_key(10), *other = vt_test_key(11);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8)), note = vt_buf_init(VT_NOTE_BYTES_MAX);
    VT_AUTO_WITNESS_CLIENT client = NULL;
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_witness_report reports[2];
    struct vt_witness_asking asking = { .note = vt_small_log_note(&log, SIZE),
                                        .prove = vt_small_log_prove,
                                        .context = &log };

    vt_buf_printf(&text,
                  "witness dead %s http://127.0.0.1:1\nwitness unnamed %s\n"
                  "group g any dead unnamed\nquorum g\n",
                  vt_test_vkey("a", VT_NOTE_COSIGNATURE, key),
                  vt_test_vkey("b", VT_NOTE_COSIGNATURE, other));
    VT_CHECK_OK(vt_policy_parse(vt_buf_slice(&text), policy, &err));
    VT_CHECK_OK(vt_witness_client_new(policy, &env, &client, &err));
    VT_CHECK_FAILS(VT_IO, vt_witness_client_ask(client, &asking, &note, reports, &err));
    VT_CHECK(reports[0].end == VT_WITNESS_UNREACHABLE &&
             reports[1].end == VT_WITNESS_NOT_ASKED);
    asking.note = VT_LIT("no note");
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_witness_client_ask(client, &asking, &note, reports, &err));
    vt_key_close(key);
    vt_key_close(other);
    vt_key_close(log.key);
}

static bool fail_to_prove(void *context, uint64_t old_size, uint64_t size,
                          struct vt_proof *out, struct vt_error *err)
{
    (void)context;
    (void)old_size;
    (void)size;
    (void)out;
    return vt_fail(err, VT_IO, "tile/0/000: gone");
}

static void our_own_trouble_is_not_the_witnesses(void)
{
    static const enum manner manners[] = { AT_ANOTHER, GOOD };
    struct vt_error err = { 0 };
    struct set set = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking;

    begin(&set, manners, 2, 2);
    asking = asking_of(&set);
    asking.hint_size = 0;
    asking.prove = fail_to_prove;
    VT_CHECK_FAILS(VT_IO,
                   vt_witness_client_ask(set.client, &asking, &note, set.reports, &err));
    VT_CHECK(strstr(err.message, "tile/0/000: gone") != NULL && note.len == 0);
    finish(&set);
}

static const struct vt_case cases[] = {
    { "each manner has its end", each_manner_has_its_end },
    { "three of four are enough", three_of_four_are_enough },
    { "two of four are not", two_of_four_are_not },
    { "a window brings more than the quorum", a_window_brings_more_than_the_quorum },
    { "the whole has its time", the_whole_has_its_time },
    { "quorum none asks nobody", quorum_none_asks_nobody },
    { "dead and unnamed ones are told apart", dead_and_unnamed_ones_are_told_apart },
    { "our own trouble is not the witnesses'", our_own_trouble_is_not_the_witnesses },
};

VT_TEST_MAIN("witness_client", cases)
