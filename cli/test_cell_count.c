/* What a cell refused, from the refusal to the ledger: a refusal raises a total, totals
 * never go back, and whoever lowers one, or leaves a statement out, is found out. */
#include "cell/counter.h"
#include "http/http.h"
#include "tests/cell_world.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include <signal.h>

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
            .url = vt_arena_printf(vt_test_arena(), "%s/answer/%064d/3?country=FR",
                                   running->url, 0),
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

static const struct vt_case cases[] = {
    { "a refusal raises the total", a_refusal_raises_the_total },
    { "a death takes nothing back", a_death_takes_nothing_back },
    { "a lowered count is refused", a_lowered_count_is_refused },
    { "totals set back are not signed", totals_set_back_are_not_signed },
    { "one statement of a number", one_statement_of_a_number },
    { "another cell's totals", another_cells_totals },
    { "what the counter cannot do", what_the_counter_cannot_do },
};

VT_TEST_MAIN("cli.cell_count", cases)
