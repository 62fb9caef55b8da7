/* The look-up index: how fast it is built, what it takes, how fast it answers, and how that
 * grows.  The argument: the largest log, in entries; 10^7 if not given. */
#include "bench/bench.h"
#include "crypto/key.h"
#include "crypto/verify_note.h"
#include "ledger/ledger.h"
#include "ledger/lookup.h"
#include "ledger/terms.h"
#include "ledger/use.h"
#include "wire/hex.h"

#define ORIGIN "bench.example/lookup"

enum { BATCH = 20000, LOOKUPS = 20000 };

static void must(bool ok, const struct vt_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_lookup: %s\n", err->message);
    exit(VT_EXIT_TROUBLE);
}

static vt_hash digest_of(uint64_t number)
{
    return vt_sha256_of(VT_BYTES(number));
}

/* An access entry: a commitment and nothing else; two terms. */
static void put_commitment(struct vt_buf *out, uint64_t number)
{
    vt_hash hash = digest_of(number);

    vt_private_entry_write(out, &hash);
}

/* A statement with a product, a source and a subject; five terms.  Its signature is none,
 * which the index does not ask. */
static void put_statement(struct vt_buf *out, uint64_t number)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(4));
    static const char keyid[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    uint8_t signature[64] = { 0 };
    struct vt_dsse_signature row = { vt_slice_from_cstr(keyid),
                                     vt_slice_of(signature, sizeof signature) };
    struct vt_error err = { 0 };
    char source[65], subject[65];
    vt_hash hash = digest_of(number);

    vt_hash_text(&hash, source);
    hash = digest_of(~number);
    vt_hash_text(&hash, subject);
    vt_buf_printf(
        &payload,
        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"product\":"
        "\"lamp\",\"source\":\"%s\"},\"predicateType\":\"urn:vitrine:review:v1\","
        "\"subject\":[{\"digest\":{\"sha256\":\"%s\"},\"name\":\"lamp.bin\"}]}",
        source, subject);
    must(vt_dsse_write(VT_LIT("application/vnd.in-toto+json"), vt_buf_slice(&payload), &row,
                       1, out, &err),
         &err);
}

/* ---- a log ------------------------------------------------------------------------------
 */

struct bench {
    struct vt_arena *arena;
    const char *folder, *machine;
    struct vt_env env;
    struct vt_key *key;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
    void (*put)(struct vt_buf *out, uint64_t number);
    const char *kind;
};

static void open_log(struct bench *b)
{
    static const uint8_t seed[32] = { 1 };
    struct vt_ledger_options options = { .env = &b->env };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };
    struct vt_vkey vkey;

    b->env = vt_env_real();
    must(vt_key_from_seed(seed, &b->key, &err), &err);
    vkey = vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(b->key));
    vt_vkey_write(&text, &vkey);
    must(vt_ledger_init(b->folder,
                        &(struct vt_ledger_config){ .origin = VT_LIT(ORIGIN),
                                                    .vkey = vt_buf_slice(&text),
                                                    .key = VT_LIT("unused") },
                        &options, &err) &&
             vt_signer_start_here(b->folder, VT_LIT(ORIGIN), b->key, &b->signer, &err),
         &err);
    options.signer = b->signer;
    must(vt_ledger_open(b->folder, &options, &b->ledger, &err), &err);
}

static void grow(struct bench *b, uint64_t size)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    vt_ticket ticket = { 0 };

    for (uint64_t i = vt_ledger_size(b->ledger); i < size; i++) {
        vt_buf_truncate(&entry, 0);
        b->put(&entry, i);
        must(vt_ledger_submit(b->ledger, vt_buf_slice(&entry), &ticket, &err), &err);
        if (i % BATCH == BATCH - 1)
            must(vt_ledger_wait(b->ledger, ticket, NULL, &err), &err);
    }
    must(vt_ledger_publish(b->ledger, NULL, &err), &err);
}

/* ---- measured ---------------------------------------------------------------------------
 */

static bool count(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    size_t *found = context;

    (void)index;
    (void)entry;
    (void)err;
    ++*found;
    return true;
}

/* Random digests, each in one entry, which is read and checked. */
static double lookups(struct bench *b, uint64_t size)
{
    struct vt_lookup *lookup;
    struct vt_disk *disk;
    struct vt_error err = { 0 };
    double start;
    size_t found = 0;
    uint64_t next;

    must(vt_disk_open(b->folder, false, &disk, &err) && vt_lookup_open(disk, &lookup, &err),
         &err);
    start = vt_bench_seconds();
    for (uint64_t i = 0; i < LOOKUPS; i++) {
        vt_hash hash = digest_of(i * UINT64_C(2654435761) % size);
        char hex[65];
        struct vt_lookup_question q = {
            .max = 10, .head = { .size = size }, .each = count, .context = &found
        };

        vt_hash_text(&hash, hex);
        q.term = vt_slice_from_cstr(hex);
        must(vt_lookup_ask(lookup, &q, &next, &err), &err);
    }
    start = vt_bench_seconds() - start;
    if (found < LOOKUPS) {
        (void)vt_fail(&err, VT_REJECTED, "%zu of %d were found", found, LOOKUPS);
        must(false, &err);
    }
    vt_lookup_close(lookup);
    vt_disk_close(disk);
    return LOOKUPS / start;
}

static double index_bytes(const struct bench *b)
{
    const char *argv[] = { "du", "-sb", vt_arena_printf(b->arena, "%s/lookup", b->folder),
                           NULL };
    VT_AUTO_BUF said = vt_buf_init(VT_KIB(1));
    struct vt_child_options options = { .output = &said };
    struct vt_error err = { 0 };
    struct vt_child_end end;

    must(vt_child_run(argv, &options, &end, &err), &err);
    return strtod(vt_buf_cstr(&said), NULL);
}

static void print(const struct bench *b, const char *what, const char *unit, double value,
                  double goal, bool is_more_better, uint64_t size,
                  const struct vt_lookup_report *report)
{
    vt_bench_print(&(struct vt_figure){
        .name =
            vt_arena_printf(b->arena, "lookup.%s.%s.%ju", b->kind, what, (uintmax_t)size),
        .unit = unit,
        .value = value,
        .goal = goal,
        .is_more_better = is_more_better,
        .conditions = vt_arena_printf(
            b->arena, "%ju entries, %ju terms, %zu runs; one process, page cache warm; %s",
            (uintmax_t)size, (uintmax_t)report->postings, report->runs, b->machine) });
}

static void measure(struct bench *b, uint64_t size)
{
    const struct vt_lookup_building how = { .run_postings = 0 };
    struct vt_lookup_report report;
    struct vt_error err = { 0 };
    double start;

    grow(b, size);
    start = vt_bench_seconds();
    must(vt_lookup_build(b->folder, size, &how, &report, &err), &err);
    print(b, "build", "entries/s", (double)report.added / (vt_bench_seconds() - start),
          50000, true, size, &report);
    print(b, "bytes", "bytes an entry", index_bytes(b) / (double)size,
          12.0 * (double)report.postings / (double)size, false, size, &report);
    print(b, "ask", "answers/s", lookups(b, size), 5000, true, size, &report);
}

static void run(const char *kind, void (*put)(struct vt_buf *out, uint64_t number),
                uint64_t from, uint64_t to)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct bench b = { .arena = arena, .put = put, .kind = kind };

    b.folder = vt_bench_folder(arena, "lookup");
    b.machine = vt_bench_machine(arena, b.folder);
    open_log(&b);
    for (uint64_t size = from; size <= to; size *= 10)
        measure(&b, size);
    vt_ledger_close(b.ledger);
    vt_signer_stop(b.signer);
    vt_key_close(b.key);
    vt_bench_folder_remove(b.folder);
}

int main(int argc, char **argv)
{
    uint64_t max = 10000000;

    if (argc > 1 && !vt_decimal_parse(vt_slice_from_cstr(argv[1]), &max))
        return VT_EXIT_USAGE;
    run("statement", put_statement, 100000, 100000);
    run("commitment", put_commitment, 100000, max);
    return 0;
}
