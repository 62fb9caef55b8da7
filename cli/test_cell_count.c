/* What a cell refused, from the refusal to the ledger: a refusal raises a total, totals
 * never go back, and whoever lowers one, or leaves a statement out, is found out. */
#include "cell/counter.h"
#include "cell/queue_door.h"
#include "cell/queue_guests.h"
#include "http/http.h"
#include "tests/cell_world.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "tests/sharing_world.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char *path(const char *name)
{
    return vt_test_path(name);
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

/* ---- a cell to which only Germany's look-ups belong -------------------------------------
 */

static void make_policy(const struct vt_world *world)
{
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "init", "--out", path("p1"),
                                 "--cell", "old=RU,https://old.example.org", "--cell",
                                 "zurich=CH,https://zh.example.org"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "set", "--policy", path("p1"),
                                 "--country", "DE", "--class", "lookup", "--cell", "zurich",
                                 "--state", "here"));
    for (unsigned i = 0; i < 2; i++)
        (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "sign", "--policy",
                                     path("p1"), "--trust", path("trust.json"), "--key",
                                     path(i == 0 ? "a" : "b")));
    vt_test_write(path("p1.tlog-proof"), vt_world_prove(world, vt_test_read(path("p1"))));
}

static void lay_out(void)
{
    struct vt_world world = vt_world_good();
    struct vt_cell_world cell = vt_cell_world_good();
    int64_t moved = time(NULL) - VT_WORLD_NOW;

    vt_world_move(&world, moved);
    cell.key_from += moved;
    cell.key_until += moved;
    cell.certified_from += moved;
    cell.certified_until += moved;
    vt_test_write(path("trust.json"), vt_cell_world_trust(&world, &cell));
    write_key("a", VT_P_RESIDENCY_A);
    write_key("b", VT_P_RESIDENCY_B);
    write_key("cell.key", VT_P_CELL);
    write_key("stranger.key", VT_P_STRANGER);
    write_key("log.key", VT_P_LOG);
    make_policy(&world);
    VT_CHECK(mkdir(path("cell"), 0700) == 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("access"),
                                 "--origin", "cell.example/access", "--key",
                                 path("log.key"), "--use", "access"));
}

static struct vt_running serve(void)
{
    return vt_test_start("serve.err",
                         VT_ARGV("vitrine", "cell", "serve", "--dir", path("cell"),
                                 "--cell", "zurich", "--drain", "0s", "--policy",
                                 path("p1"), "--trust", path("trust.json")));
}

/* So many look-ups of France, each sent elsewhere. */
static void misplace(const struct vt_running *running, unsigned count)
{
    struct vt_error err = { 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    for (unsigned i = 0; i < count; i++) {
        struct vt_http_call call = {
            .url = vt_test_print("%s/answer/%064d/3?country=FR", running->url, 0),
            .answer_bytes_max = VT_KIB(4),
        };

        VT_CHECK_OK(vt_http_client_run(client, &call, &err));
        VT_CHECK_SAYING(call.status == 421, "%d", call.status);
        vt_http_call_clear(&call);
    }
}

static uint64_t misplaced_now(void)
{
    struct vt_error err = { 0 };
    struct vt_counts counts;
    json_t *json;

    VT_CHECK_OK(vt_counter_read(path("cell/totals"), &counts, &json, &err));
    json_decref(json);
    return counts.totals[VT_DATA_LOOKUP][VT_COUNTED_MISPLACED];
}

static const char *count_log(int exit_code, const char *key)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "count", "log", "--dir", path("cell"),
                               "--ledger", path("access"), "--trust", path("trust.json"),
                               "--key", path(key)));
}

static const char *count_show(int exit_code, const char *first, const char *second)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "cell", "count", "show", "--trust",
                                          path("trust.json"), path(first),
                                          second != NULL ? path(second) : NULL));
}

/* Serve, refuse so many, end in good order, and log it. */
static void refuse_and_log(unsigned count)
{
    struct vt_running running = serve();

    misplace(&running, count);
    vt_test_stop(&running, 0);
    (void)count_log(0, "cell.key");
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void a_refusal_raises_the_total(void)
{
    const char *said;

    lay_out();
    (void)count_log(3, "cell.key"); /* nothing was counted: there is no file */
    refuse_and_log(3);
    VT_CHECK(misplaced_now() == 3);
    said = count_show(0, "cell/counts/1.json", NULL);
    MUST_SAY(said, "cell zurich, count 1");
    MUST_SAY(said, "lookup     misplaced    3\n");
    refuse_and_log(4);
    VT_CHECK(misplaced_now() == 7);
    said = count_show(0, "cell/counts/1.json", "cell/counts/2.json");
    MUST_SAY(said, "lookup     misplaced    7\n");
    VT_CHECK(vt_path_exists(path("cell/counts/2.json.tlog-proof")));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("access"),
                                    "--json")),
             "\"size\":2");
}

struct waiting {
    uint64_t wanted;
};

static bool has_counted(void *context)
{
    const struct waiting *w = context;

    return vt_path_exists(path("cell/totals/totals.json")) && misplaced_now() >= w->wanted;
}

/* What was counted is on the disk soon, whatever dies afterwards. */
static void a_death_takes_nothing_back(void)
{
    static const char *const roles[] = { "cell-counter", "cell-front" };
    struct vt_running running;

    lay_out();
    running = serve();
    for (unsigned i = 0; i < 2; i++) {
        struct waiting w = { 5 * (i + 1) };
        pid_t pid = vt_test_role_of(&running, roles[i]);

        misplace(&running, 5);
        VT_CHECK(vt_test_wait_until(has_counted, &w));
        VT_CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
        vt_test_stop(&running, 0);
        VT_CHECK(misplaced_now() == w.wanted);
        running = serve();
    }
    misplace(&running, 1);
    vt_test_stop(&running, 0);
    VT_CHECK(misplaced_now() == 11);
}

/* ---- forgeries --------------------------------------------------------------------------
 */

static struct vt_counts counts_of(const char *name, json_t **json)
{
    struct vt_error err = { 0 };
    struct vt_envelope envelope;
    struct vt_counts counts;

    VT_CHECK_OK(vt_envelope_parse(vt_test_read(path(name)), &envelope, &err));
    *json = json_incref(envelope.statement.predicate);
    vt_envelope_clear(&envelope);
    VT_CHECK_OK(vt_counts_read(*json, &counts, &err));
    return counts;
}

static void write_counts(const char *name, const struct vt_counts *counts,
                         enum vt_party signer)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON json = NULL;

    VT_CHECK_OK(vt_counts_write(counts, &json, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_COUNT, json, &payload, &err));
    vt_test_write(path(name), vt_world_sign(vt_buf_slice(&payload), VT_BIT(signer)));
}

/* With the cell's own key, too. */
static void a_lowered_count_is_refused(void)
{
    VT_AUTO_JSON json = NULL;
    struct vt_counts counts;

    lay_out();
    refuse_and_log(3);
    refuse_and_log(2);
    counts = counts_of("cell/counts/2.json", &json);
    write_counts("same", &counts, VT_P_CELL);
    (void)count_show(0, "cell/counts/1.json", "same");
    counts.totals[VT_DATA_LOOKUP][VT_COUNTED_MISPLACED] = 2;
    write_counts("lowered", &counts, VT_P_CELL);
    MUST_SAY(count_show(1, "cell/counts/1.json", "lowered"),
             "lookup, misplaced went back from 3 to 2");
    counts.totals[VT_DATA_LOOKUP][VT_COUNTED_MISPLACED] = 5;
    counts.number = 3;
    write_counts("skipped", &counts, VT_P_CELL);
    MUST_SAY(count_show(1, "cell/counts/1.json", "skipped"), "does not follow 1");
    counts.number = 2;
    counts.previous.bytes[0] ^= 1;
    write_counts("other", &counts, VT_P_CELL);
    MUST_SAY(count_show(1, "cell/counts/1.json", "other"), "made to follow another");
    counts.previous.bytes[0] ^= 1;
    write_counts("stranger", &counts, VT_P_STRANGER);
    (void)count_show(1, "cell/counts/1.json", "stranger");
    (void)count_show(1, "cell/counts/2.json", "cell/counts/1.json");
    (void)count_show(3, "cell/counts/1.json", "none");
}

/* Totals that somebody set back on the disk never get to the ledger. */
static void totals_set_back_are_not_signed(void)
{
    vt_slice before;

    lay_out();
    refuse_and_log(1);
    before = vt_test_read(path("cell/totals/totals.json"));
    refuse_and_log(4);
    vt_test_write(path("cell/totals/totals.json"), before);
    MUST_SAY(count_log(1, "cell.key"), "went back from 5 to 1");
    VT_CHECK(!vt_path_exists(path("cell/counts/3.json")));
    vt_test_write(path("cell/totals/totals.json"), VT_LIT("{}"));
    (void)count_log(1, "cell.key");
    (void)vt_test_run(
        1, VT_ARGV("vitrine", "cell", "serve", "--dir", path("cell"), "--cell", "zurich"));
}

/* A statement that was made and did not arrive goes again as the same bytes. */
static void one_statement_of_a_number(void)
{
    vt_slice first;

    lay_out();
    refuse_and_log(1);
    first = vt_test_read(path("cell/counts/1.json"));
    VT_CHECK(unlink(path("cell/counts/1.json.tlog-proof")) == 0);
    (void)count_log(0, "cell.key");
    VT_CHECK(vt_slice_equal(first, vt_test_read(path("cell/counts/1.json"))));
    VT_CHECK(vt_path_exists(path("cell/counts/1.json.tlog-proof")));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("access"),
                                    "--json")),
             "\"size\":2");
    (void)count_show(0, "cell/counts/1.json", "cell/counts/2.json");
    (void)count_log(1, "stranger.key");
    VT_CHECK(!vt_path_exists(path("cell/counts/3.json")));
}

static void another_cells_totals(void)
{
    lay_out();
    refuse_and_log(1);
    MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "cell", "serve", "--dir", path("cell"),
                                    "--cell", "basel")),
             "counts for cell zurich, not for basel");
}

static void what_the_counter_cannot_do(void)
{
    VT_CHECK(mkdir(path("folder"), 0700) == 0);
    vt_test_confinement("cell-counter", path("folder"),
                        (const char *const[]){ "write-folder", NULL });
}

/* ---- the store's own days ---------------------------------------------------------------
 */

static int64_t clock_of(void *context)
{
    return *(const int64_t *)context * 1000;
}

static struct vt_samples *open_store(int64_t *now_unix_s)
{
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_env env = vt_env_real();
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    if (now_unix_s != NULL) {
        env.now_unix_ms = clock_of;
        env.context = now_unix_s;
    }
    VT_CHECK_OK(vt_samples_open(path("samples"), "zurich", &bounds, vt_world_key(VT_P_CELL),
                                &env, &samples, &err));
    return samples;
}

/* So many reports, and one request that was refused, on a day that is over. */
static void one_day(int days_ago, unsigned reports)
{
    struct vt_statistic_schema schema = { .field_count = 1,
                                          .fields = { { .value_count = 3 } } };
    struct vt_statistic_report *report = vt_arena_alloc(vt_test_arena(), sizeof *report);
    vt_hash digest = vt_sha256_of(VT_LIT("schema"));
    int64_t now_unix_s = time(NULL) - (int64_t)days_ago * 86400;
    struct vt_samples *samples = open_store(&now_unix_s);
    struct vt_error err = { 0 };

    report->period = 20000;
    vt_samples_count(samples, VT_DATA_STATISTIC, VT_COUNTED_MALFORMED);
    for (unsigned i = 0; i < reports; i++)
        VT_CHECK_OK(vt_samples_add_report(samples, &digest, &schema, report, &err));
    vt_samples_close(samples);
}

/* One file, which its owner takes back. */
static void one_withdrawal(int days_ago)
{
    int64_t now_unix_s = time(NULL) - (int64_t)days_ago * 86400;
    struct vt_shared shared = vt_sharing_seal(VT_LIT("a file"), 1, now_unix_s);
    struct vt_withdrawal request = { .cell = VT_LIT("zurich"),
                                     .pseudonym = shared.request.pseudonym,
                                     .at_unix_s = now_unix_s,
                                     .digest = vt_sha256_of(VT_BYTES(days_ago)) };
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 }, gone = { .status = 0 };
    struct vt_samples *samples = open_store(&now_unix_s);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_samples_share(samples, &shared.request, &answer, &err));
    VT_CHECK_SAYING(answer.status == 201, "%s", answer.sentence);
    VT_CHECK_OK(vt_samples_withdraw(samples, &request, &gone, &err));
    VT_CHECK_SAYING(gone.status == 200 && gone.counted == 1, "%u, %u: %s", gone.status,
                    gone.counted, gone.sentence);
    vt_samples_close(samples);
}

/* A keeper's door over that store, in a process of its own. */
static pid_t keep_door(void)
{
    struct vt_queue_guests guests;
    struct vt_error err = { 0 };
    int door;
    pid_t pid;

    VT_CHECK_OK(vt_hatch_new(&door, &err));
    VT_CHECK_OK(vt_queue_door_open(door, path("samples"), &err));
    pid = fork();
    VT_CHECK(pid >= 0);
    if (pid == 0) {
        struct vt_samples *samples = open_store(NULL);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        vt_queue_guests_init(&guests, door);
        while (err.code == VT_OK) {
            struct pollfd fds[VT_QUEUE_GUESTS_FDS];

            vt_queue_guests_poll(&guests, fds);
            (void)poll(fds, VT_QUEUE_GUESTS_FDS, -1);
            (void)!vt_queue_guests_answer(&guests, fds, samples, &err);
        }
        _exit(1);
    }
    vt_fd_close(&door);
    return pid;
}

static void prove(const char *name)
{
    const struct vt_world_place place = { .origin = VT_WORLD_ORIGIN,
                                          .log = VT_P_LOG,
                                          .index = 3,
                                          .size = 7,
                                          .witnesses = 7,
                                          .time = time(NULL) };

    vt_test_write(vt_test_print("%s.tlog-proof", path(name)),
                  vt_world_prove_at(&place, vt_test_read(path(name))));
}

/* Statement `number`, of now. */
static void say_counts(const char *name, struct vt_counts *counts, const char *before)
{
    counts->cell = VT_LIT("zurich");
    counts->until_unix_s = time(NULL);
    counts->number++;
    counts->has_previous = before != NULL;
    if (before != NULL) {
        struct vt_envelope envelope;
        struct vt_error err = { 0 };

        VT_CHECK_OK(vt_envelope_parse(vt_test_read(path(before)), &envelope, &err));
        counts->previous = vt_envelope_payload_digest(&envelope);
        vt_envelope_clear(&envelope);
    }
    write_counts(name, counts, VT_P_CELL);
    prove(name);
}

static const char *reconcile(int exit_code, const char *first, const char *second)
{
    pid_t pid = keep_door();
    const char *said =
        vt_test_run(exit_code, VT_ARGV("vitrine", "cell", "count", "reconcile", "--samples",
                                       path("samples"), "--origin", VT_WORLD_ORIGIN,
                                       "--trust", path("trust.json"), path(first),
                                       second != NULL ? path(second) : NULL));

    VT_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    return said;
}

static void the_store_and_the_ledger_agree_or_not(void)
{
    struct vt_counts counts = { .number = 0 }, other;
    const char *said;

    lay_out();
    one_day(3, 5);
    one_day(2, 3);
    one_withdrawal(2);
    counts.totals[VT_DATA_STATISTIC][VT_COUNTED_ACCEPTED] = 8;
    counts.totals[VT_DATA_STATISTIC][VT_COUNTED_MALFORMED] = 4; /* two went no further */
    counts.totals[VT_DATA_FILE][VT_COUNTED_ERASED] = 1;
    say_counts("c1", &counts, NULL);
    said = reconcile(0, "c1", NULL);
    MUST_SAY(said, "agrees     count 1");
    MUST_SAY(said, "files 0, withdrawn 0, erased 0, scans 0; reports 5; refused 1");
    MUST_SAY(said, "withdrawn 1, erased 1, scans 0; reports 3; refused 1");
    one_day(2, 2); /* of which the ledger is not told */
    other = counts;
    say_counts("short", &other, "c1");
    MUST_SAY(reconcile(1, "c1", "short"),
             "count 2: statistic accepted 8 on the ledger, and the store has 10");
    other = counts;
    other.totals[VT_DATA_STATISTIC][VT_COUNTED_ACCEPTED] = 11;
    say_counts("long", &other, "c1");
    MUST_SAY(reconcile(1, "c1", "long"), "accepted 11 on the ledger");
    other = counts;
    other.totals[VT_DATA_STATISTIC][VT_COUNTED_ACCEPTED] = 10;
    say_counts("c2", &other, "c1");
    MUST_SAY(reconcile(1, "c1", "c2"), "DIFFERS    count 1"); /* it was said too late */
    MUST_SAY(reconcile(1, "c2", NULL), "name all of them");
    one_withdrawal(1);
    MUST_SAY(reconcile(1, "c1", "c2"), "file erased 1 on the ledger, and the store has 2");
}

/* A store that refuses more than its ledger tells; a count that is on no ledger. */
static void what_is_refused_and_not_logged_is_seen(void)
{
    struct vt_counts counts = { .number = 0 };
    pid_t pid;

    lay_out();
    one_day(2, 1);
    counts.totals[VT_DATA_STATISTIC][VT_COUNTED_ACCEPTED] = 1;
    say_counts("c1", &counts, NULL);
    MUST_SAY(reconcile(1, "c1", NULL),
             "statistic refused 0 on the ledger, and the store has 1 or more");
    write_counts("x", &counts, VT_P_CELL);
    (void)reconcile(3, "x", NULL); /* no proof */
    vt_test_write(path("x.tlog-proof"), vt_test_read(path("c1.tlog-proof")));
    counts.totals[VT_DATA_STATISTIC][VT_COUNTED_MALFORMED] = 1;
    write_counts("x", &counts, VT_P_CELL);
    (void)reconcile(1, "x", NULL); /* another's */
    pid = keep_door();
    VT_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    (void)vt_test_run(3, VT_ARGV("vitrine", "cell", "count", "reconcile", "--samples",
                                 path("samples"), "--origin", VT_WORLD_ORIGIN, "--trust",
                                 path("trust.json"), path("c1")));
}

static const struct vt_case cases[] = {
    { "a refusal raises the total", a_refusal_raises_the_total },
    { "a death takes nothing back", a_death_takes_nothing_back },
    { "a lowered count is refused", a_lowered_count_is_refused },
    { "totals set back are not signed", totals_set_back_are_not_signed },
    { "one statement of a number", one_statement_of_a_number },
    { "another cell's totals", another_cells_totals },
    { "what the counter cannot do", what_the_counter_cannot_do },
    { "the store and the ledger agree or not", the_store_and_the_ledger_agree_or_not },
    { "what is refused and not logged is seen", what_is_refused_and_not_logged_is_seen },
};

VT_TEST_MAIN("cli.cell_count", cases)
