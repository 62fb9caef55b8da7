/* `vitrine client lookup` with all that belongs to it: settings, consent, the record, the
 * relay, the cache, one's own cell; files and lists. */
#include "cell/cache.h"
#include "cell/sent.h"
#include "tests/published_cell.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)
#define MUST_NOT_SAY(output, words)                                                        \
    VT_CHECK_SAYING(strstr(output, words) == NULL, "unwanted '%s': %s", words, output)

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *init(int exit_code, const char *country, const char *extra,
                        const char *value)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "init", "--home", path("home"),
                               "--trust", path("trust.json"), "--policy",
                               path("residency.json"), "--country", country, extra, value));
}

static const char *consent(const char *which, const char *to)
{
    return vt_test_run(
        0, VT_ARGV("vitrine", "client", "consent", which, to, "--home", path("home")));
}

static const char *lookup(int exit_code, const char *file, const char *extra,
                          const char *value)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "client", "lookup", file, "--home",
                                          path("home"), extra, value));
}

static const char *sent(void)
{
    return vt_test_run(0, VT_ARGV("vitrine", "client", "sent", "--home", path("home")));
}

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        found++;
    return found;
}

/* The first digit of the hash in hex: with 2 bits two digits are one bucket. */
static const char *prefix_of(unsigned i)
{
    static const char *const quarter[] = { "0", "1", "2", "3" };
    unsigned digit =
        (unsigned)strtoul(vt_test_print("%.1s", vt_published_hash(i)), NULL, 16);

    return quarter[digit / 4];
}

/* A file whose hash begins with another two bits. */
static unsigned elsewhere(unsigned i, unsigned from)
{
    unsigned j = from;

    while (strcmp(prefix_of(j), prefix_of(i)) == 0)
        j += 3;
    return j;
}

static void begin(struct vt_published *p, bool has_relay)
{
    vt_published_lay_out(p, has_relay);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    (void)init(0, "DE", NULL, NULL);
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void nothing_is_asked_without_consent(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, false);
    /* What the filter knows needs no leave. */
    MUST_SAY(lookup(0, vt_published_hash(1), NULL, NULL), "not-found\nnothing about these");
    MUST_SAY(lookup(1, vt_published_hash(3), NULL, NULL),
             "nobody has allowed this machine to ask");
    (void)consent("submit", "on"); /* the other switch does not help */
    MUST_SAY(lookup(1, vt_published_hash(3), NULL, NULL), "nobody has allowed");
    MUST_NOT_SAY(vt_published_asked(), "/bucket/");
    MUST_NOT_SAY(vt_published_asked(), "/node/");
    MUST_SAY(sent(), "nothing was sent");
    (void)consent("ask", "on");
    output = lookup(1, vt_published_hash(3), NULL, NULL);
    MUST_SAY(output, ": malicious (");
    MUST_SAY(output, "sent: the first 2 bits of 1 hash, in 1 question;");
    MUST_SAY(output, "directly, for the trust root names no relay");
    MUST_SAY(sent(), vt_test_print("lookup to zurich: the first 2 bits of 1 hash, with "
                                   "this machine's address: %s, 1 bytes",
                                   prefix_of(3)));
    (void)consent("ask", "off");
    MUST_SAY(lookup(1, vt_published_hash(elsewhere(3, 6)), NULL, NULL),
             "nobody has allowed");
    /* From a folder nothing leaves, so nobody is asked. */
    MUST_SAY(lookup(1, vt_published_hash(6), "--from", p.folder), "nothing left");
}

/* No record, no sending: where the line cannot be written, no prefix leaves. */
static void no_record_no_sending(void)
{
    struct vt_published p;

    begin(&p, false);
    (void)consent("ask", "on");
    vt_test_write(path("home/sent.log"), VT_LIT("{\"number\":1}\n{\"number\":2}\n"));
    MUST_SAY(lookup(1, vt_published_hash(3), NULL, NULL), "sent.log, line 1: was changed");
    MUST_NOT_SAY(vt_published_asked(), "/bucket/");
    VT_CHECK(unlink(path("home/sent.log")) == 0);
    VT_CHECK(mkdir(path("home/sent.log"), 0700) == 0);
    (void)lookup(3, vt_published_hash(3), NULL, NULL);
    MUST_NOT_SAY(vt_published_asked(), "/bucket/");
    VT_CHECK(rmdir(path("home/sent.log")) == 0);
    (void)lookup(1, vt_published_hash(3), NULL, NULL); /* the twin */
    MUST_SAY(vt_published_asked(), "direct /bucket/");
}

/* What was read is not asked for again, and what was kept is not believed. */
static void what_was_read_is_kept(void)
{
    struct vt_published p;
    const char *output, *before;

    begin(&p, false);
    (void)consent("ask", "on");
    (void)lookup(1, vt_published_hash(3), NULL, NULL);
    before = vt_published_asked();
    output = lookup(1, vt_published_hash(3), NULL, NULL);
    MUST_SAY(output, ": malicious (");
    MUST_SAY(output, "and what was read before of epoch 0 sufficed");
    VT_CHECK(count(vt_published_asked(), "/bucket/") == count(before, "/bucket/"));
    VT_CHECK(count(vt_published_asked(), "/node/") == count(before, "/node/"));
    VT_CHECK(count(sent(), "lookup to") == 1);
    /* It needs no leave either. */
    (void)consent("ask", "off");
    (void)lookup(1, vt_published_hash(3), NULL, NULL);
    (void)consent("ask", "on");
    /* A kept file that was spoiled is read again, and accuses nobody. */
    VT_CHECK(system(vt_test_print("for f in %s/*; do printf x >> $f; done",
                                  path("home/cache"))) == 0);
    (void)lookup(1, vt_published_hash(3), NULL, NULL);
    VT_CHECK(count(vt_published_asked(), "/bucket/") == count(before, "/bucket/") + 1);
    (void)lookup(1, vt_published_hash(3), NULL, NULL);
    VT_CHECK(count(vt_published_asked(), "/bucket/") == count(before, "/bucket/") + 1);
}

/* Twice the bound is put in; it never holds more, and what it holds is what was put. */
static void the_cache_is_bounded(void)
{
    struct vt_error err = { 0 };
    struct vt_cell_cache *cache, *second;
    VT_AUTO_BUF big = vt_buf_init(VT_MIB(2)), out = vt_buf_init(VT_MIB(2));
    unsigned kept = 0;

    VT_CHECK(vt_buf_extend(&big, VT_MIB(1)) != NULL);
    memset(big.data, 'x', big.len);
    VT_CHECK_OK(vt_cell_cache_open(path("kept"), &cache, &err));
    VT_CHECK_OK(vt_cell_cache_open(path("kept"), &second, &err)); /* it may only read */
    for (unsigned i = 0; i < 128; i++) {
        memcpy(big.data, &i, sizeof i);
        vt_cell_cache_put(cache, vt_published_hash(i), vt_buf_slice(&big));
        vt_cell_cache_put(second, vt_published_hash(1000 + i), vt_buf_slice(&big));
    }
    for (unsigned i = 0; i < 128; i++) {
        vt_buf_truncate(&out, 0);
        if (vt_cell_cache_get(second, vt_published_hash(i), &out)) {
            VT_CHECK(out.len == big.len && memcmp(out.data, &i, sizeof i) == 0);
            kept++;
        }
        VT_CHECK(!vt_cell_cache_get(second, vt_published_hash(1000 + i), &out));
    }
    VT_CHECK_SAYING(kept >= 32 && kept <= 64, "%u kept", kept);
    vt_cell_cache_close(cache);
    vt_cell_cache_close(second);
}

static void through_the_relay_by_default(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, true);
    (void)consent("ask", "on");
    output = lookup(1, vt_published_hash(3), NULL, NULL);
    MUST_SAY(output, "through the relay of Somebody (BR): it saw this machine's address");
    MUST_SAY(sent(), "through the relay: ");
    MUST_SAY(vt_published_asked(), "sealed /bucket/");
    MUST_SAY(vt_published_asked(), "sealed /node/");
    MUST_NOT_SAY(vt_published_asked(), "direct /bucket/");
    MUST_NOT_SAY(vt_published_asked(), "direct /node/");
    /* Once the key is here, the cell does not even see who fetches its head. */
    VT_CHECK(count(vt_published_asked(), "direct /head.json") == 1);
    (void)lookup(1, vt_published_hash(elsewhere(3, 6)), NULL, NULL);
    VT_CHECK(count(vt_published_asked(), "direct /head.json") == 1);
    VT_CHECK(count(vt_published_asked(), "sealed /head.json") == 1);
    VT_CHECK(count(vt_published_asked(), "direct /filter/") == 1);
    output = lookup(0, vt_published_hash(1), "--json", NULL);
    MUST_SAY(output, "\"relay\":true");
}

static void without_the_relay_only_when_told(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, true);
    (void)consent("ask", "on");
    (void)lookup(1, vt_published_hash(3), NULL, NULL);
    vt_test_stop(&p.relay, 0);
    output = lookup(3, vt_published_hash(elsewhere(3, 6)), NULL, NULL);
    MUST_SAY(output, "relay");
    MUST_NOT_SAY(vt_published_asked(), "direct /bucket/");
    output = lookup(1, vt_published_hash(elsewhere(3, 6)), "--direct", NULL);
    MUST_SAY(output, "directly, as --direct says: the cell saw this machine's address");
    MUST_SAY(sent(), "with this machine's address: ");
    MUST_SAY(vt_published_asked(), "direct /bucket/");
}

static void only_ones_own_cell(void)
{
    struct vt_published p;

    begin(&p, false);
    (void)consent("ask", "on");
    MUST_SAY(lookup(1, vt_published_hash(3), "--country", "JP"),
             "cell tokyo is refused: the trust root names no ledger of heads for it");
    MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "client", "lookup", vt_published_hash(3),
                                    "--home", path("home"), "--country", "JP", "--cell",
                                    "zurich")),
             "JP, lookup: belongs to cell tokyo in JP, not to zurich");
    MUST_SAY(lookup(1, vt_published_hash(3), "--cell", "tokyo"),
             "DE, lookup: belongs to cell zurich in CH, not to tokyo");
    MUST_NOT_SAY(vt_published_asked(), "/"); /* not even its head */
    MUST_SAY(lookup(3, vt_published_hash(3), "--country", "XX"), "no country");
    /* The policy says CH, and the trust root has the cell's key elsewhere. */
    p.in_it.key_jurisdiction = "RU";
    vt_test_write(path("trust.json"), vt_cell_world_trust(&p.world, &p.in_it));
    MUST_SAY(
        lookup(1, vt_published_hash(3), NULL, NULL),
        "cell zurich is refused (jurisdiction): the trust root has its key in RU; your "
        "data belongs to CH");
    MUST_NOT_SAY(vt_published_asked(), "/");
    p.in_it.key_jurisdiction = "CH"; /* the twin */
    vt_test_write(path("trust.json"), vt_cell_world_trust(&p.world, &p.in_it));
    (void)lookup(1, vt_published_hash(3), NULL, NULL);
}

static void many_at_once(void)
{
    struct vt_published p;
    VT_AUTO_BUF list = vt_buf_init(VT_KIB(64));
    const char *output;

    begin(&p, false);
    (void)consent("ask", "on");
    vt_test_write(path("a file"), VT_BYTES((unsigned){ 9 }));
    vt_buf_printf(&list, "%s\n", path("a file"));
    for (unsigned i = 0; i < 300; i++)
        vt_buf_printf(&list, "%s\n", vt_published_hash(i));
    vt_test_write(path("list"), vt_buf_slice(&list));
    output = vt_test_run(1, VT_ARGV("vitrine", "client", "lookup", "--list", path("list"),
                                    "--home", path("home"), "--ask-all"));
    VT_CHECK_SAYING(count(output, ": malicious (") == 101, "%s", output);
    VT_CHECK(count(output, ": clean") == 200);
    MUST_SAY(output, "sent: the first 2 bits of 301 hashes, in 4 questions");
    VT_CHECK(count(vt_published_asked(), "/bucket/") == 4);
    MUST_SAY(sent(), "the first 2 bits of 4 hashes, with this machine's address: 0 1 2 3");
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "client", "lookup", "--home", path("home"), "--ask-all"));
    vt_test_write(path("list"), VT_LIT("no-such-file\n"));
    MUST_SAY(vt_test_run(3, VT_ARGV("vitrine", "client", "lookup", "--list", path("list"),
                                    "--home", path("home"))),
             "no-such-file");
}

static void settings_are_tried_and_strict(void)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        { "trust = x\n", "line 1: stands before [client]" },
        { "[client]\ntrust x\n", "line 2: is not NAME = VALUE" },
        { "[client]\ntrsut = x\n", "line 2: there is no setting 'trsut'" },
        { "[client]\ncell = a\ncell = b\n", "line 3: cell: is set twice" },
        { "[client]\ncell =\n", "line 2: cell: is empty" },
        { "[other]\n", "line 1: the one section is [client]" },
    };
    struct vt_published p;
    const char *output, *kept;

    vt_published_lay_out(&p, true);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    MUST_SAY(init(1, "JP", NULL, NULL), "names no ledger of heads for cell tokyo");
    MUST_SAY(init(1, "JP", "--cell", "zurich"), "belongs to cell tokyo");
    MUST_SAY(init(2, "DE", "--max-age", "soon"), "--max-age");
    (void)vt_test_run(2, VT_ARGV("vitrine", "client", "init", "--home", path("home"),
                                 "--trust", path("trust.json")));
    VT_CHECK(!vt_path_exists(path("home")));
    output = init(0, "DE", "--max-age", "2h");
    MUST_SAY(output, "your cell is zurich; it is asked through the relay of Somebody");
    kept = vt_arena_cstr(vt_test_arena(), vt_test_read(path("home/client.ini")));
    MUST_SAY(kept, "\ncountry = DE\n");
    MUST_SAY(kept, "\nmax-age = 2h\n");
    MUST_SAY(lookup(0, vt_published_hash(1), NULL, NULL), "not-found");
    MUST_SAY(lookup(1, vt_published_hash(1), "--max-age", "1s"), "(expired)");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        vt_test_write(path("home/client.ini"), vt_slice_from_cstr(wrong[i].text));
        output = lookup(3, vt_published_hash(1), NULL, NULL);
        MUST_SAY(output, "client.ini: ");
        MUST_SAY(output, wrong[i].words);
    }
    vt_test_write(path("home/client.ini"), vt_slice_from_cstr(kept));
    MUST_SAY(lookup(0, vt_published_hash(1), NULL, NULL), "not-found");
}

static const struct vt_case cases[] = {
    { "nothing is asked without consent", nothing_is_asked_without_consent },
    { "no record, no sending", no_record_no_sending },
    { "what was read is kept", what_was_read_is_kept },
    { "the cache is bounded", the_cache_is_bounded },
    { "through the relay by default", through_the_relay_by_default },
    { "without the relay only when told", without_the_relay_only_when_told },
    { "only one's own cell", only_ones_own_cell },
    { "many at once", many_at_once },
    { "settings are tried, and strict", settings_are_tried_and_strict },
};

VT_TEST_MAIN("cli.client_lookup", cases)
