/* A cell as people use it: verdicts from a list, epochs in a ledger with four real
 * witnesses, and what a client makes of them. */
#include "tests/published_cell.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *lookup(int exit_code, const char *from, const char *file,
                          const char *extra, const char *value)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "lookup", file, "--from", from,
                               "--cell", "zurich", "--trust", path("trust.json"), "--home",
                               path("home"), extra, value));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void epochs_are_published_and_asked(void)
{
    struct vt_published p;
    const char *public, *url, *output;

    vt_published_lay_out(&p, false);
    output = vt_published_epoch(0, "table", "--bits", "2");
    MUST_SAY(output, "epoch 0: 400 verdicts in 2^2 buckets");
    MUST_SAY(output, "written: 4 buckets, 1 nodes");
    public = path("cell/public");
    url = p.url;
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "client", "consent", "ask", "on", "--home", path("home")));
    /* The filter suffices for what was never found; it is told what left. */
    output = lookup(0, url, vt_published_hash(1), "--jurisdiction", "CH");
    MUST_SAY(output, "not-found\nnothing about these files left this machine");
    output = lookup(1, url, vt_published_hash(3), "--jurisdiction", "CH");
    MUST_SAY(output, ": malicious (");
    MUST_SAY(
        output,
        "sent: the first 2 bits of 1 hash, in 1 question; with each of them at least 9");
    output = lookup(0, url, vt_published_hash(1), "--ask-all", NULL);
    MUST_SAY(output, ": clean\nsent: the first 2 bits");
    output = lookup(0, url, vt_published_hash(VT_PUBLISHED_FILES + 1), "--ask-all", NULL);
    MUST_SAY(output, ": unknown\nsent:");
    output = lookup(1, public, vt_published_hash(0), "--json", NULL);
    MUST_SAY(output, "\"state\":\"malicious\"");
    MUST_SAY(output, "\"remote\":false");
    /* A file is hashed first. */
    vt_test_write(path("a-file"), VT_BYTES((unsigned){ 6 }));
    MUST_SAY(lookup(1, url, path("a-file"), "--json", NULL), "\"state\":\"malicious\"");

    vt_published_list("more", VT_PUBLISHED_FILES, VT_PUBLISHED_FILES + 1);
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--list",
                                    path("more"), "--out", path("table2"))),
             "401 verdicts");
    output = vt_published_epoch(0, "table2", "--bits", "2");
    MUST_SAY(output, "epoch 1: 401 verdicts");
    MUST_SAY(output, "written: 1 buckets, 1 nodes");
    MUST_SAY(lookup(0, url, vt_published_hash(VT_PUBLISHED_FILES), "--ask-all", NULL),
             ": clean");
}

static void a_cell_that_shows_otherwise_is_refused(void)
{
    struct vt_published p;
    const char *public, *old, *output;
    vt_slice newer;

    vt_published_lay_out(&p, false);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    public = path("cell/public");
    old = path("cell/public/head.json");
    vt_test_write(path("old-head"), vt_test_read(old));
    (void)vt_published_epoch(0, "table", "--bits", "2");
    newer = vt_test_read(old);
    (void)lookup(0, public, vt_published_hash(1), "--jurisdiction", "CH");
    /* An older head; another cell's; where the data does not belong; no quorum in view. */
    MUST_SAY(lookup(1, public, vt_published_hash(3), "--head", path("old-head")),
             "the head is refused (older): epoch 0 is older than epoch 1");
    MUST_SAY(lookup(1, public, vt_published_hash(3), "--jurisdiction", "DE"),
             "cell zurich is refused (jurisdiction)");
    MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "client", "lookup", vt_published_hash(3),
                                    "--from", public, "--cell", "geneva", "--trust",
                                    path("trust.json"))),
             "cell geneva is refused: the trust root names no ledger of heads");
    output = lookup(0, public, vt_published_hash(1), "--head", old); /* the twin */
    MUST_SAY(output, "not-found");
    vt_test_write(old, vt_slice_sub(newer, 0, newer.len - 1));
    MUST_SAY(lookup(1, public, vt_published_hash(3), "--jurisdiction", "CH"),
             "(malformed)");
    vt_test_write(old, newer);
    MUST_SAY(lookup(1, public, vt_published_hash(3), "--max-age", "10s"), "(expired)");
}

static void a_head_that_nobody_would_take_is_not_shown(void)
{
    struct vt_published p;
    const char *shown;

    vt_published_lay_out(&p, false);
    shown = path("cell/public/head.json");
    MUST_SAY(
        vt_published_epoch(1, "table", "--recipient", vt_world_digest("somebody else")),
        "no client would take this head (uncertified)");
    VT_CHECK(!vt_path_exists(shown));
    vt_published_write_key("cell.key", VT_P_STRANGER);
    MUST_SAY(vt_published_epoch(1, "table", "--bits", "2"), "signature by nobody");
    vt_published_write_key("cell.key", VT_P_CELL);
    MUST_SAY(vt_published_epoch_in(1, "table", "DE", "--bits", "2"),
             "no client would take this head (jurisdiction)");
    VT_CHECK(!vt_path_exists(shown));
    MUST_SAY(vt_published_epoch(2, "table", "--valid", "48h"), "--valid: up to 24h");
    MUST_SAY(vt_published_epoch(2, "table", "--filter-width", "9"),
             "--filter-width: 8 or 16");
    MUST_SAY(vt_published_epoch(3, "no-such-table", "--bits", "2"), "no-such-table");
    MUST_SAY(vt_published_epoch(1, "list", "--bits", "2"), "no verdict table");
    MUST_SAY(vt_published_epoch(0, "table", "--bits", "2"),
             "epoch 2: 400 verdicts"); /* the twin */
}

static void lists_are_strict(void)
{
    static const struct {
        const char *line, *words;
    } wrong[] = {
        { "abc clean\n", "line 1: is not SHA256 STATE [WHAT]" },
        { "%s good\n", "line 1" },
        { "%s clean Because\n", "line 1" },
        { "%s  clean\n", "line 1" },
        { "%s clean", "its last line has no end" },
        { "%s clean\n%s malicious X\n", "stands in it twice" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));

        for (const char *at = wrong[i].line; *at != '\0'; at++)
            if (at[0] == '%' && at[1] == 's')
                vt_buf_put_text(&text, vt_published_hash(1)), at++;
            else
                vt_buf_put_u8(&text, (uint8_t)*at);
        vt_test_write(path("list"), vt_buf_slice(&text));
        MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "cell", "verdicts", "--list",
                                        path("list"), "--out", path("table"))),
                 wrong[i].words);
        VT_CHECK(!vt_path_exists(path("table")));
    }
    vt_published_list("list", 0, 9);
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", "--list", path("list"),
                                 "--out", path("table")));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--find",
                                    vt_published_hash(3))),
             "malicious");
    (void)vt_test_run(1, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--find",
                                 vt_published_hash(99)));
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--find", "xyz"));
    vt_test_write(path("back"),
                  vt_slice_from_cstr(vt_test_print("%s unknown\n", vt_published_hash(3))));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--list",
                                    path("back"), "--out", path("table"))),
             "8 verdicts: 6 clean, 0 suspicious, 2 malicious");
}

static const struct vt_case cases[] = {
    { "epochs are published and asked", epochs_are_published_and_asked },
    { "a cell that shows otherwise is refused", a_cell_that_shows_otherwise_is_refused },
    { "a head that nobody would take is not shown",
      a_head_that_nobody_would_take_is_not_shown },
    { "lists are strict", lists_are_strict },
};

VT_TEST_MAIN("cli.cell", cases)
