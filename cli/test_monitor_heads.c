/* `vitrine monitor run --trust` over a cell's ledger of heads: what no client should take
 * is told of, whether it was ever shown or not. */
#include "tests/published_cell.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *monitor(int exit_code)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "monitor", "run", "--dir", path("watch"),
                               "--policy", path("monitor-policy"), "--trust",
                               path("trust.json"), "--use", VT_CELL_WORLD_ORIGIN "=head"));
}

/* The supervisor allows a rule; the proof is from the ledger, or made up with the keys of
 * ledger and witnesses, which the ledger itself does not know. */
static void allow(const struct vt_published *p, const char *rule, unsigned signers,
                  bool is_logged)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    struct vt_error err = { 0 };
    VT_AUTO_JSON predicate =
        json_pack("{s:s,s:[s],s:[],s:s,s:s}", "product", "lamp", "rules", rule, "hashes",
                  "purpose", "samples", "created", vt_world_time(p->now - 60));
    const char *name = vt_test_print("%s.json", rule);
    const struct vt_world_place place = {
        VT_WORLD_ORIGIN, VT_P_LOG, 3, 9, 15, p->now - 60
    };
    vt_slice envelope;

    VT_CHECK_OK(vt_statement_write_about_itself(VT_COLLECTION, predicate, &payload, &err));
    envelope = vt_world_sign(vt_buf_slice(&payload), signers);
    vt_test_write(path(name), envelope);
    if (is_logged)
        (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", path(name), "--dir",
                                     path("releases"), "--proof-dir", vt_test_dir()));
    else
        vt_test_write(path(vt_test_print("%s.tlog-proof", name)),
                      vt_world_prove_at(&place, envelope));
}

static void collect(int exit_code, const char *rule)
{
    const char *file = path(vt_test_print("%s.json", rule));

    (void)vt_test_run(
        exit_code, VT_ARGV("vitrine", "cell", "publish", "--dir", path("cell"),
                           "--verdicts", path("table"), "--rules", path("rules"), "--cell",
                           "zurich", "--jurisdiction", "CH", "--ledger", path("heads"),
                           "--trust", path("trust.json"), "--key", path("cell.key"),
                           "--collection", file, "--collection-delay", "0"));
}

/* A list that both signed goes into the ledger of releases, past every check. */
static void log_list(uint64_t version, const char *current)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    world.list_version = version;
    world.current_version = current;
    vt_world_make(&world, &made);
    vt_test_write(path("list.json"), made.withdrawals);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", path("list.json"), "--dir",
                                 path("releases")));
}

static void heads_are_judged(void)
{
    struct vt_published p;
    const char *output;

    vt_published_lay_out(&p, false);
    vt_published_release_ledger();
    vt_published_monitor_policy(&p);
    allow(&p, "first", VT_BIT(VT_P_SUPERVISOR), true);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    collect(0, "first");
    output = monitor(0);
    MUST_SAY(output, "2 of 2 logs are well, 3 new entries checked, 0 findings");
    /* A key that nobody certified: it stands in the ledger, and is shown to nobody. */
    (void)vt_published_epoch(1, "table", "--recipient", vt_world_digest("evil"));
    output = monitor(1);
    MUST_SAY(output, "head: " VT_CELL_WORLD_ORIGIN ": entry 2, a head of cell zurich "
                     "(uncertified): it selects a recipient that the trust root does not "
                     "certify");
    MUST_SAY(monitor(0), "0 findings"); /* told once */
    /* Leave that clients would believe: ledger and witnesses are the cell's friends.  The
     * ledger that everybody follows does not have it. */
    allow(&p, "second", VT_BIT(VT_P_SUPERVISOR), false);
    collect(0, "second");
    MUST_SAY(monitor(1), "entry 3, a head of cell zurich (collection): it asks for files "
                         "without an authorisation by the supervisor in the release "
                         "ledger");
    allow(&p, "third", VT_BIT(VT_P_SUPERVISOR), true); /* the twin */
    collect(0, "third");
    MUST_SAY(monitor(0), "0 findings");
    log_list(1, "1.4.0");
    MUST_SAY(monitor(0), "0 findings"); /* the twin */
    log_list(1, "1.4.1");
    MUST_SAY(monitor(1),
             "list: " VT_WORLD_ORIGIN ": entry 3: another list of withdrawals 1 "
             "stands on the ledger (entry 2): one number is one list");
    MUST_SAY(monitor(0), "0 findings"); /* told once */
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "monitor", "list", "--dir", path("watch"))),
             "entry 2, a head of cell zurich (uncertified)");
}

static void the_release_ledger_must_be_followed(void)
{
    struct vt_published p;
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));
    vt_reader r;
    vt_slice line;

    vt_published_lay_out(&p, false);
    vt_published_release_ledger();
    vt_published_monitor_policy(&p);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    r = (vt_reader){ vt_test_read(path("monitor-policy")) };
    while (vt_read_line(&r, &line))
        if (memmem(line.data, line.len, "/releases/", 10) == NULL)
            vt_buf_printf(&policy, "%.*s\n", VT_SLICE_ARGS(line));
    vt_test_write(path("monitor-policy"), vt_buf_slice(&policy));
    MUST_SAY(monitor(1), "the policy has no URL for " VT_WORLD_ORIGIN);
}

static const struct vt_case cases[] = {
    { "heads are judged", heads_are_judged },
    { "the release ledger must be followed", the_release_ledger_must_be_followed },
};

VT_TEST_MAIN("cli.monitor_heads", cases)
