/* The look-up index: it finds what a walk through all entries finds, says so with proofs,
 * and whatever happens to it, it invents nothing. */
#include "http/http.h"
#include "ledger/lookup.h"
#include "ledger/terms.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"

#define ORIGIN "ledger.example/lookup"
#define HEX    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SHA1   "00112233445566778899aabbccddeeff00112233"

enum { SEED = 81, OTHER_SEED = 82, ENTRIES = 700, SMALL_RUN = 90, TINY_RUN = 20 };

/* ---- terms ------------------------------------------------------------------------------
 */

static const char *envelope_of(const char *payload, uint8_t seed)
{
    struct vt_key *key = vt_test_key(seed);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    uint8_t bytes[64];
    struct vt_dsse_signature signature = { vt_slice_from_cstr(id.text),
                                           vt_slice_of(bytes, sizeof bytes) };
    vt_slice type = VT_LIT("application/vnd.in-toto+json");
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_dsse_sign(key, type, vt_slice_from_cstr(payload), bytes, &err));
    VT_CHECK_OK(
        vt_dsse_write(type, vt_slice_from_cstr(payload), &signature, 1, &text, &err));
    vt_key_close(key);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static const char *keyid_of(uint8_t seed)
{
    struct vt_key *key = vt_test_key(seed);
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    vt_key_close(key);
    return vt_test_print("%s", id.text);
}

static const char *sha256_of(const char *text)
{
    vt_hash hash = vt_sha256_of(vt_slice_from_cstr(text));
    char hex[65];

    vt_hash_text(&hash, hex);
    return vt_test_print("%s", hex);
}

static void terms_of_an_entry(void)
{
    const char *statement = envelope_of(
        "{\"predicate\":{\"product\":\"lamp\",\"source\":\"" HEX
        "\",\"notes\":\"lamp oil\","
        "\"commits\":[\"" SHA1 "\",\"abc\"]},\"subject\":[{\"digest\":{\"sha256\":"
        "\"1" HEX "2\"},\"name\":\"lamp.bin\"}]}",
        SEED);
    const struct {
        const char *name, *entry, *term;
        bool is_there;
    } rows[] = {
        { "its own digest", "hello", sha256_of("hello"), true },
        { "another's digest", "hello", sha256_of("Hello"), false },
        { "the envelope's digest", statement, sha256_of(statement), true },
        { "who signed", statement, keyid_of(SEED), true },
        { "who did not", statement, keyid_of(OTHER_SEED), false },
        { "a digest in the predicate", statement, HEX, true },
        { "a part of it", statement, "00112233445566778899aabbccddeeff", false },
        { "SHA-1 in an array", statement, SHA1, true },
        { "a longer digest", statement, "1" HEX "2", true },
        { "the product", statement, "lamp", true },
        { "a subject's name", statement, "lamp.bin", true },
        { "any text", statement, "lamp oil", false },
        { "a short hex", statement, "abc", false },
        { "a commitment", "{\"class\":\"access\",\"commitment\":\"" HEX "\",\"v\":1}", HEX,
          true },
        { "capitals are no digest", "{\"a\":\"AA" SHA1 "\"}", "AA" SHA1, false },
        { "an odd digit more", "{\"a\":\"a" SHA1 "\"}", "a" SHA1, false },
        { "broken JSON", "{\"a\":\"" HEX "\"", HEX, false },
        { "nothing", "", sha256_of(""), true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_TERMS terms = vt_terms_of(vt_slice_from_cstr(rows[i].entry));
        uint64_t key = vt_term_key(vt_slice_from_cstr(rows[i].term));
        bool has_key = false;

        for (size_t k = 0; k < terms.count; k++)
            has_key = has_key || terms.keys[k] == key;
        VT_CHECK_SAYING(has_key == rows[i].is_there, "%s: key", rows[i].name);
        VT_CHECK_SAYING(vt_terms_have(vt_slice_from_cstr(rows[i].entry),
                                      vt_slice_from_cstr(rows[i].term)) == rows[i].is_there,
                        "%s: text", rows[i].name);
    }
}

/* ---- a log to be looked up in -----------------------------------------------------------
 */

/* Entry i: a statement about its number, of product i mod 7, signed by one of two keys. */
static const char *entry_of(uint64_t i)
{
    return envelope_of(
        vt_test_print("{\"predicate\":{\"product\":\"p%ju\",\"source\":\"%s\"}}",
                      (uintmax_t)(i % 7), sha256_of(vt_test_print("%ju", (uintmax_t)i))),
        i % 3 == 0 ? SEED : OTHER_SEED);
}

static void grow(struct vt_own_log *log, uint64_t size)
{
    struct vt_error err = { 0 };
    vt_ticket ticket = { 0 };

    for (uint64_t i = vt_ledger_size(log->ledger); i < size; i++)
        VT_CHECK_OK(
            vt_ledger_submit(log->ledger, vt_slice_from_cstr(entry_of(i)), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(log->ledger, ticket, NULL, &err));
    vt_own_log_publish(log);
}

static void make(struct vt_own_log *log, uint64_t size)
{
    vt_own_log_make(log, "log", ORIGIN, SEED);
    grow(log, size);
}

static struct vt_lookup_report build_in_runs(uint64_t size, uint64_t run_postings)
{
    const struct vt_lookup_building how = { .run_postings = run_postings };
    struct vt_lookup_report report;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_lookup_build(vt_test_path("log"), size, &how, &report, &err));
    return report;
}

static struct vt_lookup_report build(uint64_t size)
{
    return build_in_runs(size, SMALL_RUN);
}

static uint64_t missing(void)
{
    const struct vt_lookup_building how = { .run_postings = 0 };
    struct vt_lookup_report report;
    struct vt_error err = { 0 };
    uint64_t out;

    VT_CHECK_OK(vt_lookup_verify(vt_test_path("log"), &how, &out, &report, &err));
    return out;
}

struct found {
    uint64_t size; /* of the tree */
    const char *term;
    uint64_t indexes[ENTRIES];
    size_t count;
    uint64_t next;
};

/* What is handed out is true, whatever state the index is in. */
static bool take(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct found *f = context;

    (void)err;
    VT_CHECK(index < f->size && f->count < ENTRIES);
    VT_CHECK(vt_slice_is(entry, entry_of(index)));
    VT_CHECK(vt_terms_have(entry, vt_slice_from_cstr(f->term)));
    VT_CHECK(f->count == 0 || f->indexes[f->count - 1] < index);
    f->indexes[f->count++] = index;
    return true;
}

static bool ask(struct found *f, const char *term, uint64_t from, size_t max, uint64_t size,
                struct vt_error *err)
{
    struct vt_lookup_question q = { .term = vt_slice_from_cstr(term),
                                    .from = from,
                                    .max = max,
                                    .head = { .size = size },
                                    .each = take,
                                    .context = f };
    struct vt_lookup *lookup = NULL;
    struct vt_disk *disk;
    bool is_ok;

    *f = (struct found){ .size = size, .term = term };
    VT_CHECK(vt_disk_open(vt_test_path("log"), false, &disk, err));
    is_ok = vt_lookup_open(disk, &lookup, err) && vt_lookup_ask(lookup, &q, &f->next, err);
    vt_lookup_close(lookup);
    vt_disk_close(disk);
    return is_ok;
}

static void must_find(const char *term, uint64_t first, uint64_t step, uint64_t size)
{
    struct vt_error err = { 0 };
    struct found f;
    size_t wanted = 0;

    VT_CHECK_OK(ask(&f, term, 0, ENTRIES, size, &err));
    for (uint64_t i = first; i < size; i += step, wanted++)
        VT_CHECK(wanted < f.count && f.indexes[wanted] == i);
    VT_CHECK_SAYING(f.count == wanted, "%s: %zu of %zu", term, f.count, wanted);
    VT_CHECK(f.next == UINT64_MAX);
}

static const char *number(uint64_t i)
{
    return sha256_of(vt_test_print("%ju", (uintmax_t)i));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void everything_is_found(void)
{
    struct vt_lookup_report report;
    struct vt_own_log log;

    make(&log, ENTRIES);
    report = build(ENTRIES);
    VT_CHECK(report.entries == ENTRIES && report.added == ENTRIES);
    VT_CHECK_SAYING(report.postings == 4 * ENTRIES, "%ju", (uintmax_t)report.postings);
    VT_CHECK_SAYING(report.runs >= 1 && report.runs < 12, "%zu runs", report.runs);
    for (uint64_t i = 0; i < ENTRIES; i += 13) {
        must_find(number(i), i, ENTRIES, ENTRIES);
        must_find(sha256_of(entry_of(i)), i, ENTRIES, ENTRIES);
    }
    must_find("p3", 3, 7, ENTRIES);
    must_find(keyid_of(SEED), 0, 3, ENTRIES);
    must_find("p7", ENTRIES, 1, ENTRIES); /* nothing */
    must_find(number(ENTRIES), ENTRIES, 1, ENTRIES);
    must_find("p3", 3, 7, 500); /* under an older checkpoint */
    VT_CHECK(missing() == 0);
    vt_own_log_close(&log);
}

/* Runs so small that 64 of them are merged while it is built, and what is left at the end.
 */
static void small_runs_become_few(void)
{
    struct vt_lookup_report report;
    struct vt_own_log log;

    make(&log, ENTRIES);
    report = build_in_runs(ENTRIES, TINY_RUN);
    VT_CHECK(report.postings == 4 * ENTRIES && 4 * ENTRIES / TINY_RUN > 2 * 64);
    VT_CHECK_SAYING(report.runs < 4, "%zu runs", report.runs);
    VT_CHECK(missing() == 0);
    must_find("p3", 3, 7, ENTRIES);
    must_find(keyid_of(OTHER_SEED), 1, ENTRIES, 2);
    must_find(number(ENTRIES - 1), ENTRIES - 1, ENTRIES, ENTRIES);
    vt_own_log_close(&log);
}

static void answers_come_in_pages(void)
{
    struct vt_error err = { 0 };
    struct vt_own_log log;
    struct found f;
    uint64_t from = 0;
    size_t total = 0;

    make(&log, ENTRIES);
    (void)build(ENTRIES);
    do {
        VT_CHECK_OK(ask(&f, "p3", from, 9, ENTRIES, &err));
        VT_CHECK(f.count == 9 || f.next == UINT64_MAX);
        for (size_t i = 0; i < f.count; i++, total++)
            VT_CHECK(f.indexes[i] == 3 + 7 * total);
        from = f.next;
    } while (from != UINT64_MAX);
    VT_CHECK(total == 100);
    vt_own_log_close(&log);
}

static void it_grows_with_the_log(void)
{
    static const uint64_t sizes[] = { 1, 2, 255, 256, 257, 300, 512, 513, ENTRIES };
    struct vt_own_log log;
    uint64_t before = 0;

    make(&log, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct vt_lookup_report report;

        grow(&log, sizes[i]);
        report = build(sizes[i]);
        VT_CHECK(report.entries == sizes[i] && report.added == sizes[i] - before);
        must_find("p0", 0, 7, sizes[i]);
        VT_CHECK(missing() == 0);
        before = sizes[i];
    }
    VT_CHECK(build(ENTRIES).added == 0);
    vt_own_log_close(&log);
}

static const char *sh(int exit_code_wanted, const char *command)
{
    return vt_test_run(
        exit_code_wanted,
        VT_ARGV("sh", "-c", "cd \"$0\" && eval \"$1\"", vt_test_dir(),
                vt_test_print("vitrine() { %s \"$@\"; }; %s", vt_test_vitrine(), command)));
}

/* Removed, half removed, or another tree's: it is made again. */
static void it_is_made_again(void)
{
    struct vt_error err = { 0 };
    struct vt_own_log log;
    struct found f;

    make(&log, ENTRIES);
    VT_CHECK_FAILS(VT_ABSENT, ask(&f, "p3", 0, 9, ENTRIES, &err));
    (void)build(ENTRIES);
    (void)sh(0, "rm -r log/lookup");
    VT_CHECK(build(ENTRIES).added == ENTRIES);
    (void)sh(0, "rm $(ls -d log/lookup/index/* | head -1)");
    VT_CHECK_FAILS(VT_MALFORMED, ask(&f, "p3", 0, 9, ENTRIES, &err));
    VT_CHECK(build(ENTRIES).added == ENTRIES);
    (void)sh(0, "echo x >log/lookup/state.json");
    VT_CHECK_FAILS(VT_MALFORMED, ask(&f, "p3", 0, 9, ENTRIES, &err));
    VT_CHECK(build(ENTRIES).added == ENTRIES);
    (void)sh(0, "sed -i 's/,\"last/,\"first\":9999&/' log/lookup/state.json");
    VT_CHECK_FAILS(VT_MALFORMED, ask(&f, "p3", 0, 9, ENTRIES, &err));
    VT_CHECK(build(ENTRIES).added == ENTRIES);
    must_find("p3", 3, 7, ENTRIES);
    vt_own_log_close(&log);
    (void)sh(0, "mv log first");
    vt_own_log_make(&log, "log", ORIGIN, SEED);
    vt_own_log_grow(&log, ENTRIES);
    vt_own_log_publish(&log);
    (void)sh(0, "cp -r first/lookup log/");
    VT_CHECK(build(ENTRIES).added == ENTRIES); /* of the other tree */
    VT_CHECK(missing() == 0);
    vt_own_log_close(&log);
}

/* An index that was made for another tree, and says it is of this one: candidates are read
 * and do not have the term. */
static void a_forged_index_invents_nothing(void)
{
    struct vt_error err = { 0 };
    struct vt_own_log log;
    struct found f;

    make(&log, ENTRIES);
    (void)build(ENTRIES);
    vt_own_log_close(&log);
    (void)sh(0, "mv log first");
    vt_own_log_make(&log, "log", ORIGIN, SEED);
    for (uint64_t i = 0; i < ENTRIES; i++) { /* the same entries, each at another index */
        vt_ticket ticket;

        VT_CHECK_OK(vt_ledger_submit(
            log.ledger, vt_slice_from_cstr(entry_of((i + 1) % ENTRIES)), &ticket, &err));
    }
    vt_own_log_publish(&log); /* what is in flight too */
    (void)sh(0, "cp -r first/lookup log/");
    VT_CHECK_OK(ask(&f, "p3", 0, ENTRIES, ENTRIES, &err));
    VT_CHECK(f.count == 0);
    VT_CHECK_OK(ask(&f, number(5), 0, ENTRIES, ENTRIES, &err));
    VT_CHECK(f.count == 0);
    VT_CHECK(missing() > ENTRIES);
    vt_own_log_close(&log);
}

/* A bit flipped anywhere in its files hides at most, and --verify sees what matters. */
static void rot_hides_at_most(void)
{
    struct vt_own_log log;
    size_t blind = 0, seen = 0;
    const char *file, *path;

    make(&log, 300);
    (void)build(300);
    file = sh(0, "ls -S log/lookup/index | head -1 | tr -d '\\n'");
    path = vt_test_path(vt_test_print("log/lookup/index/%s", file));
    for (size_t at = 0; at < vt_test_read(path).len; at += 37) {
        VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
        struct vt_error err = { 0 };
        struct found f;
        uint64_t gone = 0;
        bool is_ok;

        vt_buf_put(&bytes, vt_test_read(path));
        bytes.data[at] ^= 0x40;
        vt_test_write(path, vt_buf_slice(&bytes));
        for (uint64_t i = 0; i < 7; i++) {
            is_ok = ask(&f, vt_test_print("p%ju", (uintmax_t)i), 0, ENTRIES, 300,
                        &err); /* take() checks each */
            gone += !is_ok || f.count < 300 / 7;
        }
        if (gone != 0) {
            const struct vt_lookup_building how = { .run_postings = 0 };
            struct vt_lookup_report report;
            uint64_t count = 0;

            blind++;
            seen += !vt_lookup_verify(vt_test_path("log"), &how, &count, &report, &err) ||
                    count != 0;
        }
        bytes.data[at] ^= 0x40;
        vt_test_write(path, vt_buf_slice(&bytes));
    }
    VT_CHECK_SAYING(blind > 0 && seen == blind, "%zu of %zu", seen, blind);
    must_find("p3", 3, 7, 300);
    vt_own_log_close(&log);
}

/* Entries that rotted are not indexed and not passed over. */
static void rotten_entries_are_told(void)
{
    const struct vt_lookup_building how = { .run_postings = SMALL_RUN };
    struct vt_lookup_report report;
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    struct vt_own_log log;
    struct found f;

    make(&log, 300);
    (void)build(300);
    vt_buf_put(&bytes, vt_test_read(vt_test_path("log/tile/entries/000")));
    bytes.data[bytes.len - 30] ^= 1; /* in entry 255 */
    vt_test_write(vt_test_path("log/tile/entries/000"), vt_buf_slice(&bytes));
    VT_CHECK_FAILS(VT_REJECTED, ask(&f, "p3", 0, ENTRIES, 300, &err));
    must_find("p4", 4, 7, 200);
    (void)sh(0, "rm -r log/lookup");
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_lookup_build(vt_test_path("log"), 300, &how, &report, &err));
    vt_own_log_close(&log);
}

/* ---- the commands -----------------------------------------------------------------------
 */

static void as_commands(void)
{
    struct vt_own_log log;
    const char *said;

    make(&log, 300);
    vt_own_log_close(&log);
    (void)sh(3, "vitrine ledger find p3 --dir log"); /* no index yet */
    said = sh(0, "vitrine ledger index --dir log");
    VT_CHECK_SAYING(strstr(said, "300 entries are indexed, 300 of them new") != NULL, "%s",
                    said);
    said = sh(0, vt_test_print("mkdir proofs; vitrine ledger find %s --dir log "
                               "--proof-dir proofs",
                               number(77)));
    VT_CHECK_SAYING(strstr(said, "1 entry, each proven among the first 300 of 300") != NULL,
                    "%s", said);
    (void)sh(0, vt_test_print("echo 'log %s\nquorum none' >policy; vitrine ledger check "
                              "proofs/77.entry --proof proofs/77.tlog-proof --policy "
                              "policy --origin " ORIGIN,
                              log.vkey));
    (void)sh(0, vt_test_print("vitrine ledger find $(echo %s | tr a-f A-F) --dir log",
                              number(77)));
    said = sh(0, "vitrine ledger find p3 --dir log --json --max 2");
    VT_CHECK_SAYING(strstr(said, "\"index\":3,") != NULL &&
                        strstr(said, "\"next\":17") != NULL,
                    "%s", said);
    said = sh(1, "vitrine ledger find nothing --dir log");
    VT_CHECK_SAYING(strstr(said, "nothing among the first 300 of 300 entries") != NULL,
                    "%s", said);
    VT_CHECK(strstr(sh(0, "vitrine ledger index --dir log --verify"), "complete") != NULL);
    (void)sh(2, "vitrine ledger find '' --dir log");
    (void)sh(2, "vitrine ledger find p3 --dir log --max 10001");
    (void)sh(3, "vitrine ledger find p3 --dir none");
    /* In a copy of it, whose owner must say whose log it is. */
    (void)sh(0, vt_test_print("vitrine ledger mirror --dir copy --from log --vkey '%s'",
                              log.vkey));
    (void)sh(2, "vitrine ledger index --dir copy");
    (void)sh(0, "vitrine ledger index --dir copy --policy policy");
    VT_CHECK(strstr(sh(0, "vitrine ledger find p3 --dir copy --policy policy"),
                    "43 entries, each proven") != NULL);
}

/* Entries that were deleted by the written policy: named, never invented, no trouble. */
static void a_pruned_log(void)
{
    struct vt_own_log log;
    const char *said;

    make(&log, 600);
    vt_own_log_close(&log);
    (void)sh(0, "vitrine ledger index --dir log && vitrine ledger prune --dir log --below "
                "300 --retention 'a year' --delete-entries");
    said = sh(1, vt_test_print("vitrine ledger find %s --dir log", number(77)));
    VT_CHECK_SAYING(strstr(said, "nothing among the first 600 of 600") != NULL &&
                        strstr(said, "pruned: 1 entry that the index names") != NULL,
                    "%s", said);
    said = sh(0, "vitrine ledger find p3 --dir log --json | tail -n 1");
    VT_CHECK_SAYING(strstr(said, "\"count\":49,\"first\":0,\"indexed\":600,\"ok\":true,"
                                 "\"pruned\":37,") != NULL,
                    "%s", said);
    said = sh(0, "vitrine ledger index --dir log --verify");
    VT_CHECK_SAYING(strstr(said, "complete for entries 256 to 599") != NULL, "%s", said);
    said = sh(1, "vitrine ledger show --dir log --index 3");
    VT_CHECK_SAYING(strstr(said, "entry 3 is pruned") != NULL &&
                        strstr(said, "from 256 on") != NULL,
                    "%s", said);
    (void)sh(0, "vitrine ledger show --dir log --index 256");
    /* Begun again it knows what is there, and goes on from it. */
    said = sh(0, "rm -r log/lookup; vitrine ledger index --dir log");
    VT_CHECK_SAYING(strstr(said, "344 entries are indexed, 344 of them new") != NULL &&
                        strstr(said, "entries before 256 are pruned") != NULL,
                    "%s", said);
    said = sh(0, "vitrine ledger index --dir log");
    VT_CHECK_SAYING(strstr(said, "344 entries are indexed, 0 of them new") != NULL, "%s",
                    said);
    said = sh(0, "vitrine ledger index --dir log --verify");
    VT_CHECK_SAYING(strstr(said, "complete for entries 256 to 599") != NULL, "%s", said);
    said = sh(0, "vitrine ledger find p3 --dir log");
    VT_CHECK_SAYING(strstr(said, "49 entries, each proven") != NULL &&
                        strstr(said, "entries before 256 are pruned, and not all") != NULL,
                    "%s", said);
    /* What was indexed last is pruned too. */
    vt_own_log_open(&log);
    vt_own_log_grow(&log, 900);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    said = sh(0, "vitrine ledger prune --dir log --below 768 --retention 'a year' "
                 "--delete-entries && vitrine ledger index --dir log --verify");
    VT_CHECK_SAYING(strstr(said, "all 600 entries that are indexed are pruned") != NULL,
                    "%s", said);
    /* Missing without a policy is another matter. */
    (void)sh(0, "rm log/retention.json");
    (void)sh(1, "vitrine ledger find p3 --dir log");
    (void)sh(1, "rm -r log/lookup; vitrine ledger index --dir log");
    said = sh(1, "vitrine ledger show --dir log --index 3");
    VT_CHECK_SAYING(strstr(said, "pruned") == NULL, "%s", said);
}

/* ---- served -----------------------------------------------------------------------------
 */

static int get(const char *url, const char *path, const char **text_out)
{
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_error err = { 0 };
    struct vt_http_call call = { .url = vt_test_print("%s%s", url, path),
                                 .answer_bytes_max = VT_MIB(1) };
    int status;

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    status = call.status;
    *text_out = vt_arena_cstr(vt_test_arena(), vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return status;
}

static void over_http(void)
{
    struct vt_running server;
    const char *text;

    (void)sh(0, "vitrine key new --out k && vitrine ledger init --dir log --origin " ORIGIN
                " --key k");
    for (uint64_t i = 0; i < 40; i++)
        vt_test_write(vt_test_path(vt_test_print("e%02ju", (uintmax_t)i)),
                      vt_slice_from_cstr(entry_of(i)));
    (void)sh(0, "vitrine ledger add --dir log e0* e1* e2*");
    server = vt_test_start(
        "serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", vt_test_path("log")));
    VT_CHECK_SAYING(get(server.url, "/lookup/p3", &text) == 404, "%s", text);
    (void)sh(0, "vitrine ledger index --dir log"); /* while it is served */
    VT_CHECK_SAYING(get(server.url, "/lookup/p3", &text) == 200, "%s", text);
    VT_CHECK_SAYING(strstr(text, "{\"index\":3,\"proof\":\"c2sp.org/tlog-proof@v1\\n") !=
                            NULL &&
                        strstr(text, "\"index\":24,") != NULL &&
                        strstr(text, "\"indexed\":30,\"size\":30}") != NULL,
                    "%s", text);
    VT_CHECK(get(server.url, "/lookup/p3?from=20", &text) == 200 &&
             strstr(text, "\"index\":17,") == NULL &&
             strstr(text, "\"index\":24,") != NULL);
    VT_CHECK(get(server.url, vt_test_print("/lookup/%s", keyid_of(OTHER_SEED)), &text) ==
                 200 &&
             strstr(text, "\"next\":25,") != NULL); /* more than 16 */
    VT_CHECK(get(server.url, "/lookup/p9", &text) == 200 &&
             strstr(text, "{\"answers\":[],\"indexed\":30,") == text);
    VT_CHECK(get(server.url, "/lookup/", &text) == 400);
    VT_CHECK(get(server.url, "/lookup/p3?from=x", &text) == 400);
    (void)sh(0, "rm -r log/lookup");
    VT_CHECK(get(server.url, "/lookup/p3", &text) == 404);
    (void)sh(0, "vitrine ledger index --dir log");
    VT_CHECK(get(server.url, "/lookup/p3", &text) == 200);
    vt_test_stop(&server, 0);
}

/* Two names whose hashes begin with the same 40 bits, and 4,100 entries with the wrong
 * one: they are passed over, with bounded work for each question.  What an entry says of
 * itself is shown as text. */
static void names_that_were_sought_out(void)
{
    enum { WRONG = 4100 };
    struct vt_own_log log;
    struct vt_error err = { 0 };
    vt_ticket ticket = { 0 };
    const char *said;
    struct found f;

    VT_CHECK(vt_term_key(VT_LIT("vitrine-188333")) ==
             vt_term_key(VT_LIT("vitrine-1482294")));
    vt_own_log_make(&log, "log", ORIGIN, SEED);
    for (int i = 0; i <= WRONG; i++) {
        const char *text = vt_test_print("{\"n\":%d,\"name\":\"vitrine-1482294\"}", i);

        if (i == WRONG)
            text = envelope_of("{\"name\":\"vitrine-188333\",\"predicateType\":"
                               "\"a\\u001b[31m\\u009bb\\n\\u202eentry 9: c\"}",
                               SEED);
        VT_CHECK_OK(vt_ledger_submit(log.ledger, vt_slice_from_cstr(text), &ticket, &err));
        if (i % 1000 == 0 || i == WRONG)
            VT_CHECK_OK(vt_ledger_wait(log.ledger, ticket, NULL, &err));
    }
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "index", "--dir", log.dir));
    said = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "find", "--dir", log.dir, "vitrine-188333"));
    VT_CHECK_SAYING(strstr(said, "entry 4100: a?[31m?b??entry 9: c\n1 entry, each") != NULL,
                    "%s", said);
    /* Those that are pruned are no less work. */
    (void)sh(0, "vitrine ledger prune --dir log --below 4096 --retention x "
                "--delete-entries");
    VT_CHECK_OK(ask(&f, "vitrine-1482294", 0, 9, WRONG + 1, &err));
    VT_CHECK_SAYING(f.count == 0 && f.next == 4096, "%ju", (uintmax_t)f.next);
    said = sh(0, "vitrine ledger find vitrine-1482294 --dir log");
    VT_CHECK_SAYING(strstr(said, "4 entries, each") != NULL &&
                        strstr(said, "pruned: 4096 entries") != NULL,
                    "%s", said);
}

static const struct vt_case cases[] = {
    { "terms of an entry", terms_of_an_entry },
    { "everything is found", everything_is_found },
    { "small runs become few", small_runs_become_few },
    { "answers come in pages", answers_come_in_pages },
    { "it grows with the log", it_grows_with_the_log },
    { "it is made again", it_is_made_again },
    { "a forged index invents nothing", a_forged_index_invents_nothing },
    { "rot hides at most", rot_hides_at_most },
    { "rotten entries are told", rotten_entries_are_told },
    { "as commands", as_commands },
    { "a pruned log", a_pruned_log },
    { "over HTTP", over_http },
    { "names that were sought out", names_that_were_sought_out },
};

VT_TEST_MAIN("ledger.lookup", cases)
