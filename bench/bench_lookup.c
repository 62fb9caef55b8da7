/* The look-up index: how fast it is built, what it takes, how fast it answers, and how that
 * grows.  The argument: the largest log, in entries; 10^7 if not given. */
#include "bench/bench.h"
#include "crypto/key.h"
#include "crypto/verify_note.h"
#include "ledger/ledger.h"
#include "ledger/lookup.h"
#include "ledger/prove.h"
#include "ledger/shelf.h"
#include "ledger/terms.h"
#include "ledger/use.h"
#include "wire/hex.h"
#include <sys/resource.h>

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

/* Seconds, of the clock and of a processor. */
struct took {
    double seconds, cpu_seconds;
};

static struct took now(void)
{
    return (struct took){ vt_bench_seconds(), vt_bench_cpu_seconds(RUSAGE_SELF) };
}

static struct took since(struct took start)
{
    struct took end = now();

    return (struct took){ end.seconds - start.seconds,
                          end.cpu_seconds - start.cpu_seconds };
}

struct asking {
    struct vt_prover *prover; /* NULL: no proofs */
    struct vt_head head;
    size_t found;
};

static bool take_answer(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct asking *a = context;
    struct vt_proof path;
    vt_hash leaf;

    a->found++;
    if (a->prover == NULL)
        return true;
    leaf = vt_sha256_leaf(entry);
    if (!vt_prover_inclusion(a->prover, index, &path, err))
        return false;
    return vt_tree_verify_inclusion(&leaf, index, a->head.size, path.hashes, path.count,
                                    &a->head.root) ||
           vt_fail(err, VT_REJECTED, "entry %ju is not proven", (uintmax_t)index);
}

static void ask_all(struct asking *a, struct vt_lookup *lookup)
{
    struct vt_error err = { 0 };
    uint64_t next;

    for (uint64_t i = 0; i < LOOKUPS; i++) {
        vt_hash hash = digest_of(i * UINT64_C(2654435761) % a->head.size);
        char hex[65];
        struct vt_lookup_question q = {
            .max = 10, .head = a->head, .each = take_answer, .context = a
        };

        vt_hash_text(&hash, hex);
        q.term = vt_slice_from_cstr(hex);
        must(vt_lookup_ask(lookup, &q, &next, &err), &err);
    }
    if (a->found >= LOOKUPS)
        return;
    (void)vt_fail(&err, VT_REJECTED, "%zu of %d were found", a->found, LOOKUPS);
    must(false, &err);
}

/* Random digests, each in one entry, which is read and checked, and proven too. */
static struct took lookups(struct bench *b, uint64_t size, bool is_proven)
{
    struct asking a = { .head = { .size = size } };
    struct vt_tile_source source;
    struct vt_lookup *lookup = NULL;
    struct vt_disk *disk;
    struct vt_error err = { 0 };
    struct took start;

    must(vt_disk_open(b->folder, false, &disk, &err) && vt_lookup_open(disk, &lookup, &err),
         &err);
    source = vt_shelf_source(disk);
    must(vt_prove_root(&source, size, &a.head.root, &err), &err);
    a.prover = is_proven ? vt_prover_new(&source, size) : NULL;
    start = now();
    ask_all(&a, lookup);
    start = since(start);
    vt_prover_free(a.prover);
    vt_lookup_close(lookup);
    vt_disk_close(disk);
    return start;
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

static void print(const struct bench *b, struct vt_figure figure, uint64_t size,
                  const struct vt_lookup_report *report, double cpu_us)
{
    figure.name = vt_arena_printf(b->arena, "lookup.%s.%s.%ju", b->kind, figure.name,
                                  (uintmax_t)size);
    figure.conditions = vt_arena_printf(
        b->arena, "%ju entries, %ju terms, %zu runs; one process, page cache warm%s; %s",
        (uintmax_t)size, (uintmax_t)report->postings, report->runs,
        cpu_us == 0 ? ""
                    : vt_arena_printf(b->arena, ", %.1f us of a processor each", cpu_us),
        b->machine);
    vt_bench_print(&figure);
}

static void measure(struct bench *b, uint64_t size)
{
    static const char *const names[] = { "ask", "ask.proven" };
    const struct vt_lookup_building how = { .run_postings = 0 };
    struct vt_lookup_report report;
    struct vt_error err = { 0 };
    struct took took;

    grow(b, size);
    took = now();
    must(vt_lookup_build(b->folder, size, &how, &report, &err), &err);
    took = since(took);
    print(b,
          (struct vt_figure){ "build", "entries/s", (double)report.added / took.seconds,
                              .goal = 50000, .is_more_better = true },
          size, &report, took.cpu_seconds * 1e6 / (double)report.added);
    print(b,
          (struct vt_figure){ "bytes", "bytes an entry", index_bytes(b) / (double)size,
                              .goal = 12.0 * (double)report.postings / (double)size },
          size, &report, 0);
    for (size_t i = 0; i < 2; i++) {
        took = lookups(b, size, i == 1);
        print(b,
              (struct vt_figure){ names[i], "answers/s", LOOKUPS / took.seconds,
                                  .goal = 5000, .is_more_better = true },
              size, &report, took.cpu_seconds * 1e6 / LOOKUPS);
    }
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
