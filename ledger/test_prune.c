/* Pruning: what may be missing is missing, all that must stay derivable is. */
#include "http/client.h"
#include "ledger/fsck.h"
#include "ledger/prune.h"
#include "ledger/reader.h"
#include "ledger/retention.h"
#include "ledger/scrub.h"
#include "ledger/shelf.h"
#include "tests/own_log.h"
#include "tests/running.h"

#define ORIGIN "ledger.example/prune"

static struct vt_env real_env;

static void make(struct vt_own_log *log, uint64_t size)
{
    real_env = vt_env_real();
    vt_own_log_make(log, "log", ORIGIN, 12);
    vt_own_log_grow(log, size);
    vt_own_log_publish(log);
    vt_own_log_close(log);
}

static void prune(uint64_t below, bool deletes, struct vt_prune_report *report)
{
    struct vt_prune_options options = { .below = below,
                                        .policy = VT_LIT("two years"),
                                        .deletes_entries = deletes };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_prune(vt_test_path("log"), &options, report, &err));
    VT_CHECK(report->minimum == below);
}

static void fail_on_finding(void *context, const char *file, const char *what)
{
    (void)context;
    vt_test_fail(__FILE__, __LINE__, "%s: %s", file, what);
}

static void fail_on_scrub(void *context, const struct vt_scrub_finding *finding)
{
    fail_on_finding(context, finding->file, finding->what);
}

/* fsck and the scrubber pass it. */
static void check_log(struct vt_own_log *log, uint64_t minimum)
{
    struct vt_fsck_options fsck = { .policy = &log->policy,
                                    .origin = vt_slice_from_cstr(log->origin),
                                    .found = fail_on_finding };
    struct vt_scrub_options scrub = { .env = &real_env,
                                      .policy = &log->policy,
                                      .origin = vt_slice_from_cstr(log->origin),
                                      .found = fail_on_scrub };
    struct vt_scrub_report scrubbed;
    struct vt_fsck_report report;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_fsck(log->dir, &fsck, &report, &err));
    VT_CHECK(report.minimum == minimum && report.findings == 0);
    VT_CHECK_OK(vt_ledger_scrub(log->dir, &scrub, &scrubbed, &err));
    VT_CHECK(scrubbed.is_complete && scrubbed.findings == 0);
}

/* ---- what a stranger can still prove --------------------------------------------------
 */

/* A client that holds the newest checkpoint takes each tile as wide as it is there. */
struct client {
    struct vt_disk *disk;
    uint64_t size;
};

static bool read_widest(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                        struct vt_error *err)
{
    struct client *client = context;
    struct vt_tile_name widest = { tile->level, tile->index,
                                   vt_tile_width(tile->level, tile->index, client->size) };
    vt_hash hashes[VT_TILE_WIDTH];

    if (!vt_shelf_read_tile(client->disk, &widest, hashes, err))
        return false;
    memcpy(hashes_out, hashes, tile->width * sizeof *hashes);
    return true;
}

/* Entry `index` in the tree of `size`, and that tree in the whole one. */
static void prove_both(const struct vt_tile_source *source, uint64_t index, uint64_t size,
                       uint64_t whole)
{
    vt_hash leaf = vt_sha256_leaf(vt_slice_from_cstr(vt_own_log_entry(index)));
    struct vt_error err = { 0 };
    struct vt_proof proof;
    vt_hash root, whole_root;

    VT_CHECK_OK(vt_prove_root(source, size, &root, &err));
    VT_CHECK_OK(vt_prove_root(source, whole, &whole_root, &err));
    VT_CHECK_OK(vt_prove_inclusion(source, index, size, &proof, &err));
    VT_CHECK(
        vt_tree_verify_inclusion(&leaf, index, size, proof.hashes, proof.count, &root));
    VT_CHECK_OK(vt_prove_consistency(source, size, whole, &proof, &err));
    VT_CHECK(vt_tree_verify_consistency(size, &root, whole, &whole_root, proof.hashes,
                                        proof.count));
}

/* Only what is served: a copy without pruned/. */
static void check_derivable(uint64_t minimum, uint64_t size)
{
    struct vt_error err = { 0 };
    struct client client = { NULL, size };
    struct vt_tile_source source = { read_widest, &client };

    (void)vt_test_run(0, VT_ARGV("cp", "-r", vt_test_path("log"), vt_test_path("served")));
    (void)vt_test_run(0, VT_ARGV("rm", "-rf", vt_test_path("served/pruned")));
    VT_CHECK_OK(vt_disk_open(vt_test_path("served"), false, &client.disk, &err));
    for (uint64_t at = minimum; at < size; at += at < minimum + 600 ? 1 : 251) {
        prove_both(&source, at, size, size);
        prove_both(&source, at, at + 1, size);
        prove_both(&source, minimum, at + 1, size);
    }
    vt_disk_close(client.disk);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("served")));
}

static bool is_served(int level, uint64_t index)
{
    struct vt_tile_name name = { level, index, VT_TILE_WIDTH };
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(&name, path);
    return vt_path_exists(vt_test_path(vt_test_print("log/%s", path)));
}

static void proofs_stay_derivable(void)
{
    static const uint64_t minima[] = { 255, 256, 1000, 65535, 65536, 65537, 66000, 66304 };
    struct vt_own_log log;
    struct vt_prune_report report;

    make(&log, 67000);
    for (size_t i = 0; i < sizeof minima / sizeof minima[0]; i++) {
        uint64_t full = minima[i] / VT_TILE_WIDTH;

        prune(minima[i], false, &report);
        VT_CHECK(full == 0 || (!is_served(0, full - 1) && !is_served(-1, full - 1)));
        VT_CHECK(is_served(0, full) && is_served(VT_TILE_ENTRIES, full));
        VT_CHECK(is_served(1, 0) == (minima[i] < 65536));
        check_derivable(minima[i], 67000);
    }
    check_log(&log, 66304);
}

/* ---- who comes later -------------------------------------------------------------------
 */

static const char *sh(int exit_code, const char *command)
{
    return vt_test_run(
        exit_code,
        VT_ARGV("sh", "-c", "cd \"$0\" && eval \"$1\"", vt_test_dir(),
                vt_test_print("vitrine() { %s \"$@\"; }; %s", vt_test_vitrine(), command)));
}

/* A copy, begun when the log was pruned already: every byte from there on is checked, and
 * what is missing is said. */
static void a_copy_begins_where_the_log_does(void)
{
    static const uint64_t minima[] = { 255, 256, 1000, 65536, 66000, 66304, 67000 };
    struct vt_own_log log, copy;
    struct vt_prune_report report;
    const char *said;

    make(&log, 67000);
    copy = log;
    copy.dir = vt_test_path("copy");
    for (size_t i = 0; i < sizeof minima / sizeof minima[0]; i++) {
        prune(minima[i], false, &report);
        /* What is served has no folder of that name. */
        (void)sh(0, "rm -rf copy served; cp -r log served; rm -r served/pruned || true");
        said = sh(0, vt_test_print("vitrine ledger mirror --dir copy --from served "
                                   "--vkey '%s' --json",
                                   log.vkey));
        VT_CHECK_SAYING(
            strstr(said, vt_test_print("\"first\":%ju,",
                                       (uintmax_t)(minima[i] - minima[i] % 256))) != NULL,
            "%s", said);
        check_log(&copy, minima[i] < 256 ? 0 : minima[i]);
    }
    /* It follows on, answers, and is looked through by whoever comes later still. */
    vt_own_log_open(&log);
    vt_own_log_grow(&log, 67900);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    vt_test_write(vt_test_path("policy"), vt_slice_from_cstr(vt_test_print(
                                              "log %s served\nquorum none\n", log.vkey)));
    said = sh(0, "rm -r served; cp -r log served; rm -r served/pruned; vitrine ledger "
                 "mirror --dir copy --from served --policy policy");
    VT_CHECK_SAYING(strstr(said, "67900 entries, 900 of them new") != NULL &&
                        strstr(said, "pruned") == NULL,
                    "%s", said);
    check_log(&copy, 67000);
    (void)sh(0, "vitrine ledger index --dir copy --policy policy && vitrine ledger index "
                "--dir copy --policy policy --verify");
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "pruned: " ORIGIN ": entries before 66816") != NULL &&
                        strstr(said, "1 of 1 logs are well, 1084 new") != NULL,
                    "%s", said);
    said = sh(1, "vitrine monitor run --dir m --policy policy --watch '67001 67001'");
    VT_CHECK_SAYING(strstr(said, "entry 67001") != NULL, "%s", said);
    /* Behind what a copy holds nothing may be missing, whatever the log writes. */
    (void)sh(0, "rm -r copy served; cp -r log served; rm -r served/pruned; vitrine ledger "
                "mirror --dir copy --from served --policy policy");
    vt_own_log_open(&log);
    vt_own_log_grow(&log, 69000);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    prune(68900, true, &report);
    said = sh(1, "rm -r served; cp -r log served; rm -r served/pruned; vitrine ledger "
                 "mirror --dir copy --from served --policy policy");
    VT_CHECK_SAYING(strstr(said, "entries 67900 to 68863 were pruned before") != NULL, "%s",
                    said);
}

/* ---- the log goes on ------------------------------------------------------------------
 */

static void a_pruned_log_goes_on(bool deletes)
{
    struct vt_own_log log;
    struct vt_prune_report report;
    struct vt_error err = { 0 };
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    vt_ticket ticket;

    make(&log, 3000);
    prune(2000, deletes, &report);
    VT_CHECK(report.moved == (deletes ? 7u : 14u) && report.deleted == (deletes ? 7u : 0u));
    check_log(&log, 2000);
    vt_own_log_open(&log);
    /* An old entry still has its index, though it is not served. */
    VT_CHECK_OK(vt_ledger_submit(log.ledger, vt_slice_from_cstr(vt_own_log_entry(5)),
                                 &ticket, &err));
    VT_CHECK(ticket.index == 5 && ticket.is_known);
    VT_CHECK(vt_ledger_read(log.ledger, 5, &entry, &err) == !deletes);
    vt_own_log_grow(&log, 5000);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    check_log(&log, 2000);
    prune(2000, deletes, &report); /* nothing left to do */
    VT_CHECK(report.moved == 0 && report.deleted == 0);
    prune(4999, true, &report);
    check_log(&log, 4999);
}

static void with_bytes_kept(void)
{
    a_pruned_log_goes_on(false);
}

static void with_bytes_deleted(void)
{
    a_pruned_log_goes_on(true);
}

/* Missing by policy is one thing, missing without it another. */
static unsigned found_count;

static void count_finding(void *context, const char *file, const char *what)
{
    (void)context;
    (void)file;
    (void)what;
    found_count++;
}

static void missing_without_policy(void)
{
    struct vt_own_log log;
    struct vt_prune_report pruned;
    struct vt_fsck_report report;
    struct vt_error err = { 0 };
    struct vt_fsck_options options = { .policy = &log.policy,
                                       .origin = VT_LIT(ORIGIN),
                                       .found = count_finding };

    make(&log, 3000);
    prune(1000, true, &pruned);
    check_log(&log, 1000);
    VT_CHECK(unlink(vt_test_path("log/tile/entries/003")) == 0); /* holds entry 1000 */
    VT_CHECK_OK(vt_ledger_fsck(log.dir, &options, &report, &err));
    VT_CHECK(found_count > 0);
    prune(1024, true, &pruned); /* now it may be missing */
    found_count = 0;
    VT_CHECK_OK(vt_ledger_fsck(log.dir, &options, &report, &err));
    VT_CHECK(found_count == 0);
    VT_CHECK(unlink(vt_test_path("log/retention.json")) == 0);
    VT_CHECK_OK(vt_ledger_fsck(log.dir, &options, &report, &err));
    /* The first tile, its bundle, and that the tree ends there. */
    VT_CHECK(found_count == 3);
}

static void wrong_wishes(void)
{
    struct vt_own_log log;
    const char *dir = vt_test_path("log"), *text;

    make(&log, 600);
    text = vt_test_run(
        2, VT_ARGV("vitrine", "ledger", "prune", "--dir", dir, "--below", "256"));
    VT_CHECK_SAYING(strstr(text, "written policy") != NULL, "%s", text);
    VT_CHECK(is_served(0, 0));
    (void)vt_test_run(1, VT_ARGV("vitrine", "ledger", "prune", "--dir", dir, "--below",
                                 "601", "--retention", "a year"));
    VT_CHECK(is_served(0, 0));
    text = vt_test_run(0, VT_ARGV("vitrine", "ledger", "prune", "--dir", dir, "--below",
                                  "300", "--retention", "a year"));
    VT_CHECK_SAYING(strstr(text, "entries from 256 on are served; 2 tiles") != NULL &&
                        strstr(text, "entries 256 to 299 stay") != NULL,
                    "%s", text);
    text = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "prune", "--dir", dir, "--below", "300", "--json"));
    VT_CHECK_SAYING(strstr(text, "\"minimum_index\":300") != NULL &&
                        strstr(text, "\"served_from\":256") != NULL,
                    "%s", text);
    (void)vt_test_run(
        1, VT_ARGV("vitrine", "ledger", "prune", "--dir", dir, "--below", "299"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "ledger", "prune", "--dir", dir));
    text = vt_test_run(0, VT_ARGV("vitrine", "ledger", "fsck", dir, "--vkey", log.vkey));
    VT_CHECK_SAYING(strstr(text, "entries below 256 are pruned") != NULL &&
                        strstr(text, "entries 256 to 299 may go") != NULL,
                    "%s", text);
    text = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", dir, "--vkey", log.vkey, "--json"));
    VT_CHECK_SAYING(strstr(text, "\"minimum_index\":300") != NULL &&
                        strstr(text, "\"served_from\":256") != NULL,
                    "%s", text);
}

/* A request for that path; its status. */
static int get(struct vt_http_client *client, const struct vt_running *server,
               const char *name)
{
    struct vt_http_call call = { .url = vt_test_print("%s/%s", server->url, name),
                                 .answer_bytes_max = VT_MIB(20) };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    vt_http_call_clear(&call);
    return call.status;
}

/* While the ledger is served: from one moment to the next it is not found. */
static void denied_in_serving(void)
{
    static const char *const pruned[] = { "tile/entries/000", "tile/0/000",
                                          "tile/entries/001" };
    static const char *const kept[] = { "tile/entries/002.p/88", "tile/0/002.p/88",
                                        "tile/1/000.p/2", "checkpoint" };
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_error err = { 0 };
    struct vt_running server;
    struct vt_own_log log;
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    make(&log, 600);
    VT_CHECK_OK(vt_key_write_pem(log.key, VT_LIT(""), &pem, &err));
    vt_test_write(vt_test_path("key"), vt_buf_slice(&pem));
    VT_CHECK(chmod(vt_test_path("key"), 0600) == 0 && chdir(vt_test_dir()) == 0);
    server =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", log.dir));
    VT_CHECK_OK(vt_http_client_new(&client, &err));
    for (size_t i = 0; i < 3; i++)
        VT_CHECK(get(client, &server, pruned[i]) == 200);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "prune", "--dir", log.dir, "--below",
                                 "520", "--retention", "a year"));
    for (size_t i = 0; i < 3; i++)
        VT_CHECK_SAYING(get(client, &server, pruned[i]) == 404, "%s", pruned[i]);
    for (size_t i = 0; i < 4; i++)
        VT_CHECK_SAYING(get(client, &server, kept[i]) == 200, "%s", kept[i]);
    vt_test_stop(&server, 0);
}

static const struct vt_case cases[] = {
    { "proofs stay derivable", proofs_stay_derivable },
    { "a copy begins where the log does", a_copy_begins_where_the_log_does },
    { "with bytes kept", with_bytes_kept },
    { "with bytes deleted", with_bytes_deleted },
    { "missing without policy", missing_without_policy },
    { "denied in serving", denied_in_serving },
    { "wrong wishes", wrong_wishes },
};

VT_TEST_MAIN("ledger.prune", cases)
