/* `vitrine client share` against `vitrine cell serve`: said first, sent then, gone on with,
 * and what is refused on either side, over HTTP. */
#include "cell/share_receipt.h"
#include "tests/running.h"
#include "tests/sharing_world.h"

#include <signal.h>

struct stand {
    struct vt_sharing_world world;
    struct vt_running running;
    const char *country, *file;
};

/* schema: NULL: no reports are counted. */
static void start_counting(struct stand *s, const char *schema)
{
    s->running = vt_test_start(
        "serve.err",
        VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_dir(), "--cell", "zurich",
                "--drain", "0s", "--policy", s->world.policy, "--proof",
                s->world.policy_proof, "--trust", s->world.trust, "--samples",
                s->world.samples, "--key", s->world.key, "--passphrase-file",
                vt_test_path("phrase"), schema != NULL ? "--schema" : NULL, schema));
}

static struct stand stand(void)
{
    struct stand s = { .world = vt_sharing_world_make(), .country = "CH" };

    s.file = vt_test_path("wanted.exe");
    vt_test_write(s.file, VT_LIT(VT_SHARING_WANTED));
    vt_test_write(vt_test_path("phrase"), VT_LIT("open sesame\n"));
    start_counting(&s, NULL);
    return s;
}

static const char *consent(const char *to)
{
    return vt_test_run(0, VT_ARGV("vitrine", "client", "consent", "submit", to, "--home",
                                  vt_test_path("home")));
}

/* extra, value: one option more; NULL: none. */
static const char *share(const struct stand *s, int wanted, const char *extra,
                         const char *value)
{
    return vt_test_run(wanted,
                       VT_ARGV("vitrine", "client", "share", s->file, "--home",
                               vt_test_path("home"), "--trust", s->world.trust, "--policy",
                               s->world.policy, "--proof", s->world.policy_proof,
                               "--country", s->country, "--from", s->running.url, "--to",
                               s->running.url, extra, value));
}

#define MUST_SAY(said, words)                                                              \
    VT_CHECK_SAYING(strstr(said, words) != NULL, "wanted '%s' in: %s", words, said)

static bool has_outbox(void)
{
    return vt_path_exists(vt_test_path("home/sent.log"));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void said_first_sent_then(void)
{
    struct stand s = stand();
    const char *said, *object;
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    VT_AUTO_TRUST trust = NULL;
    struct vt_error err = { 0 };

    MUST_SAY(share(&s, 1, "--yes", NULL), "nobody has allowed this machine to submit");
    (void)consent("on");
    MUST_SAY(share(&s, 0, "--only-show", NULL), "would be sent to cell zurich in CH");
    MUST_SAY(share(&s, 1, NULL, NULL), "nobody said yes");
    VT_CHECK(!has_outbox());
    said = share(&s, 0, "--yes", NULL);
    MUST_SAY(said, "shared as ");
    object = vt_test_print("%.64s", strstr(said, "shared as ") + 10);
    VT_CHECK(vt_path_exists(vt_test_path(vt_test_print("home/bonds/%s", object))));
    MUST_SAY(vt_test_run(3, VT_ARGV("vitrine", "client", "accesses", object, "--home",
                                    vt_test_path("home"), "--trust", s.world.trust,
                                    "--agent", "http://127.0.0.1:1")),
             object);
    VT_CHECK_OK(vt_trust_parse(s.world.trust_bytes, &trust, &err));
    VT_CHECK_OK(vt_share_receipt_parse(
        vt_test_read(vt_test_path(vt_test_print("home/receipts/%s", object))), trust,
        &receipt, &err));
    MUST_SAY(vt_test_run(
                 0, VT_ARGV("vitrine", "client", "sent", "--home", vt_test_path("home"))),
             "the file wanted.exe, asked for by its hash");
    MUST_SAY(
        vt_test_run(0, VT_ARGV("vitrine", "client", "receipt",
                               vt_test_path(vt_test_print("home/receipts/%s", object)),
                               "--home", vt_test_path("home"), "--trust", s.world.trust)),
        "whole since");
    vt_test_stop(&s.running, 0);
}

static void refused_before_it_leaves(void)
{
    struct stand s = stand();

    (void)consent("on");
    s.file = vt_test_path("diary");
    vt_test_write(s.file, VT_LIT("dear diary"));
    MUST_SAY(share(&s, 1, "--yes", NULL), "nothing on the collection list");
    s.file = vt_test_path("wanted.exe");
    s.country = "FR";
    MUST_SAY(share(&s, 1, "--yes", NULL), "frankfurt");
    VT_CHECK(!has_outbox());
    vt_test_stop(&s.running, 0);
}

/* The cell is gone: the parcel waits; it is back: the same object, one line. */
static void gone_on_with(void)
{
    struct stand s = stand();
    const char *said;

    (void)consent("on");
    MUST_SAY(vt_test_run(3, VT_ARGV("vitrine", "client", "share", s.file, "--home",
                                    vt_test_path("home"), "--trust", s.world.trust,
                                    "--policy", s.world.policy, "--proof",
                                    s.world.policy_proof, "--country", "CH", "--from",
                                    s.running.url, "--to", "http://127.0.0.1:1", "--yes")),
             "what was begun goes on with the same command");
    said = share(&s, 0, "--yes", NULL);
    MUST_SAY(said, "shared as ");
    said = vt_test_run(
        0, VT_ARGV("vitrine", "client", "sent", "--home", vt_test_path("home"), "--json"));
    VT_CHECK(strstr(strstr(said, "wanted.exe") + 1, "wanted.exe") == NULL);
    vt_test_stop(&s.running, 0);
}

static void withdrawn_and_never_again(void)
{
    struct stand s = stand();

    (void)consent("on");
    (void)share(&s, 0, "--yes", NULL);
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "withdraw", "--home",
                                 vt_test_path("home"), "--cell", "zurich", "--out",
                                 vt_test_path("request")));
    MUST_SAY(share(&s, 1, "--yes", NULL), "nobody has allowed");
    (void)vt_test_run(
        0, VT_ARGV("curl", "-s", "-f", "-X", "POST", "-H",
                   "Content-Type: application/vnd.vitrine.withdrawal+json", "--data-binary",
                   vt_test_print("@%s", vt_test_path("request")), "-o",
                   vt_test_path("answer"), vt_test_print("%s/withdrawal", s.running.url)));
    MUST_SAY(
        vt_test_run(0, VT_ARGV("vitrine", "client", "receipt", vt_test_path("answer"),
                               "--home", vt_test_path("home"), "--trust", s.world.trust)),
        "erased 1 records");
    vt_test_stop(&s.running, 0);
}

/* ---- reports ----------------------------------------------------------------------------
 */

static const char *report(const struct stand *s, int wanted, const char *country)
{
    return vt_test_run(wanted, VT_ARGV("vitrine", "client", "report", "--home",
                                       vt_test_path("home"), "--schema", s->world.schema,
                                       "--answer", "system=linux", "--cell", "zurich",
                                       "--country", country, "--policy", s->world.policy,
                                       "--proof", s->world.policy_proof, "--trust",
                                       s->world.trust, "--to", s->running.url));
}

static void a_report_is_sent_once(void)
{
    struct stand s = stand();

    vt_test_stop(&s.running, 0);
    start_counting(&s, s.world.schema);
    MUST_SAY(report(&s, 1, "CH"), "nobody has allowed this machine to submit");
    (void)consent("on");
    MUST_SAY(report(&s, 1, "FR"), "frankfurt");
    MUST_SAY(report(&s, 0, "CH"), "recorded, sent and counted");
    (void)report(&s, 1, "CH"); /* one a period */
    vt_test_stop(&s.running, 0);
}

/* The cell counts nothing: it is told, and what was spent stays spent. */
static void a_report_that_is_refused(void)
{
    struct stand s = stand();
    const char *said;

    (void)consent("on");
    said = report(&s, 3, "CH");
    MUST_SAY(said, "this period's report is spent, and not sent again");
    (void)report(&s, 1, "CH");
    vt_test_stop(&s.running, 0);
}

/* ---- what a running cell has counted ----------------------------------------------------
 */

static void count_some(const struct stand *s, uint64_t period, size_t count)
{
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    const struct vt_env env = vt_env_real();
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    struct vt_statistic_report one = { .period = period };
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_statistic_schema_parse(vt_test_read(s->world.schema), &schema, &err));
    VT_CHECK_OK(vt_samples_open(s->world.samples, "zurich", &bounds,
                                vt_world_key(VT_P_CELL), &env, &samples, &err));
    for (size_t i = 0; i < count; i++) {
        one.bits[0][0] = i % 2 == 0;
        VT_CHECK_OK(vt_samples_add_report(samples, &schema.digest, &schema, &one, &err));
    }
    vt_samples_close(samples);
}

static const char *aggregate(const struct stand *s, int wanted, uint64_t period)
{
    const char *number = vt_test_print("%ju", (uintmax_t)period);

    return vt_test_run(wanted,
                       VT_ARGV("vitrine", "cell", "statistics", "aggregate", "--schema",
                               s->world.schema, "--trust", s->world.trust, "--cell",
                               "zurich", "--period", number, "--samples", s->world.samples,
                               "--out", vt_test_path("aggregate"), "--key", s->world.key,
                               "--passphrase-file", vt_test_path("phrase")));
}

/* Of a period that is over, and of no other. */
static void what_a_running_cell_has_counted(void)
{
    struct stand s = stand();
    uint64_t today = (uint64_t)s.world.now / 86400;

    vt_test_stop(&s.running, 0);
    count_some(&s, today - 3, 40);
    MUST_SAY(aggregate(&s, 3, today - 3), "no keeper listens");
    start_counting(&s, s.world.schema);
    MUST_SAY(aggregate(&s, 1, today - 1), "are counted until");
    VT_CHECK(!vt_path_exists(vt_test_path("aggregate")));
    (void)aggregate(&s, 0, today - 3);
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "statistics", "show",
                                    vt_test_path("aggregate"), "--trust", s.world.trust,
                                    "--json")),
             "\"reports\":40");
    vt_test_stop(&s.running, 0);
}

static const struct vt_case cases[] = {
    { "said first, sent then", said_first_sent_then },
    { "refused before it leaves", refused_before_it_leaves },
    { "gone on with", gone_on_with },
    { "withdrawn, and never again", withdrawn_and_never_again },
    { "a report is sent once", a_report_is_sent_once },
    { "a report that is refused", a_report_that_is_refused },
    { "what a running cell has counted", what_a_running_cell_has_counted },
};

VT_TEST_MAIN("cli.client_share", cases)
