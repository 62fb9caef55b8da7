/* What a data cell costs: building an epoch's head from verdicts, the local filter,
 * look-ups in this process, and a client's check of one answer.  One core; tables lie in
 * memory. */
#include "bench/bench.h"
#include "cell/answer.h"
#include "cell/filter.h"
#include "cell/verdict_index.h"
#include <sys/resource.h>

enum { CHECKS = 200000, CHECKED = 64, ASKED = 1 << 24, GROUP = 1 << 16, BITS_CHECKED = 20 };

/* Processor time: what is measured waits for nothing, and others may use the machine. */
static double core_seconds(void)
{
    struct timespec now;

    VT_ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- verdicts, made up ------------------------------------------------------------------
 */

/* splitmix64: quick, and the same in every run. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* One row in each of `count` equal parts of all hashes, so that they come out sorted; the
 * first half of each ten is clean, four malicious, one suspicious. */
static struct vt_verdicts make_table(uint64_t count)
{
    uint8_t *rows = vt_alloc_array(count, VT_VERDICT_BYTES);
    uint64_t state = count, part = UINT64_MAX / count;

    for (uint64_t i = 0; i < count; i++) {
        uint8_t *row = rows + i * VT_VERDICT_BYTES;
        unsigned kind = (unsigned)(next_random(&state) % 10); /* below 10 */

        put_u64(row, i * part + next_random(&state) % part);
        for (unsigned k = 8; k < 32; k += 8)
            put_u64(row + k, next_random(&state));
        row[32] = kind < 5 ? VT_STATE_CLEAN
                           : (uint8_t)(kind < 9 ? VT_STATE_MALICIOUS : VT_STATE_SUSPICIOUS);
        if (kind >= 5)
            row[36] = (uint8_t)kind;
    }
    return (struct vt_verdicts){ .rows = rows, .count = count };
}

static void free_table(struct vt_verdicts *table)
{
    free((void *)(uintptr_t)table->rows);
}

static const char *power_of(uint64_t count)
{
    return count == 1000000 ? "10^6" : count == 10000000 ? "10^7" : "10^8";
}

/* ---- the head ---------------------------------------------------------------------------
 */

static void measure_build(struct vt_arena *arena, const struct vt_verdicts *table)
{
    struct vt_error err = { 0 };
    struct vt_cell_tree tree;
    unsigned bits = vt_bucket_bits_for(table->count);
    double start = core_seconds(), took;

    VT_ASSERT(vt_cell_tree_build(table, bits, &tree, NULL, &err));
    took = core_seconds() - start;
    vt_bench_print(&(struct vt_figure){
        .name = vt_arena_printf(arena, "cell.head.build.%s", power_of(table->count)),
        .unit = "s",
        .value = took,
        .goal = 4.0 * (double)table->count / 1e8,
        .conditions = vt_arena_printf(
            arena,
            "%s verdicts, half of them clean; every row checked, every bucket hashed; 2^%u "
            "buckets, the smallest with %ju verdicts, an answer of %zu bytes; processor "
            "time of one core; %s",
            power_of(table->count), bits, (uintmax_t)tree.smallest, vt_answer_bytes(&tree),
            vt_bench_machine(arena, ".")),
    });
}

/* ---- the filter -------------------------------------------------------------------------
 */

static void print_filter(struct vt_arena *arena, uint64_t count, const char *what,
                         const char *unit, double value, double goal, bool is_more_better)
{
    vt_bench_print(&(struct vt_figure){
        .name = vt_arena_printf(arena, "cell.filter.%s", what),
        .unit = unit,
        .value = value,
        .goal = goal,
        .is_more_better = is_more_better,
        .conditions = vt_arena_printf(arena,
                                      "8-bit three-wise binary fuse filter of %ju keys, "
                                      "random questions; processor time of one core; %s",
                                      (uintmax_t)count, vt_bench_machine(arena, ".")),
    });
}

static void measure_filter(struct vt_arena *arena, const struct vt_verdicts *table)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_FILTER_BYTES_MAX);
    struct vt_filter filter;
    uint64_t count, state = 1, passed = 0;
    uint64_t *keys = vt_filter_keys_of(table, &count);
    double start = core_seconds(), took;

    VT_ASSERT(vt_filter_write(keys, count, 8, &bytes, &err));
    took = core_seconds() - start;
    VT_ASSERT(vt_filter_parse(vt_buf_slice(&bytes), &filter, &err));
    free(keys);
    print_filter(arena, count, "build", "keys/s", (double)count / took, 3e6, true);
    print_filter(arena, count, "size", "bits/key", (double)bytes.len * 8 / (double)count,
                 9.2, false);
    start = core_seconds();
    for (unsigned i = 0; i < ASKED; i++)
        passed += vt_filter_has(&filter, next_random(&state));
    took = core_seconds() - start;
    print_filter(arena, count, "questions", "1/s", ASKED / took, 1e7, true);
    print_filter(arena, count, "passed", "of all", (double)passed / ASKED, 1.05 / 256,
                 false);
}

/* ---- look-ups in process ----------------------------------------------------------------
 */

/* Half of the questions are about known files. */
static void make_questions(const struct vt_verdicts *table, vt_hash *out)
{
    uint64_t state = 7;

    for (unsigned i = 0; i < ASKED; i++) {
        const uint8_t *row =
            table->rows + next_random(&state) % table->count * VT_VERDICT_BYTES;

        memcpy(out[i].bytes, row, VT_SHA256_BYTES);
        if (i % 2 == 0)
            put_u64(out[i].bytes, next_random(&state));
    }
}

static void measure_lookup(struct vt_arena *arena, const struct vt_verdicts *table)
{
    vt_hash *questions = vt_alloc_array(ASKED, sizeof *questions);
    struct vt_looked_up *answers = vt_alloc_array(GROUP, sizeof *answers);
    struct vt_verdict_index *index = vt_verdict_index_new(table);
    uint64_t known = 0;
    double start, took;

    make_questions(table, questions);
    start = core_seconds();
    for (unsigned at = 0; at < ASKED; at += GROUP) {
        vt_verdict_index_ask(index, questions + at, GROUP, answers);
        for (unsigned i = 0; i < GROUP; i++)
            known += answers[i].state != VT_STATE_UNKNOWN;
    }
    took = core_seconds() - start;
    VT_ASSERT(known == ASKED / 2);
    vt_bench_print(&(struct vt_figure){
        .name = vt_arena_printf(arena, "cell.lookup.process.%s", power_of(table->count)),
        .unit = "look-ups/s/core",
        .value = ASKED / took,
        .goal = 20e6,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            arena,
            "batches of %d random hashes, half of them known, against %s verdicts in "
            "memory, whole hashes compared; no proof; processor time; %s",
            GROUP, power_of(table->count), vt_bench_machine(arena, ".")),
    });
    vt_verdict_index_free(index);
    free(answers);
    free(questions);
}

/* ---- a client's check -------------------------------------------------------------------
 */

struct asked {
    struct vt_buf answer;
    vt_hash hash;
    struct vt_cell_tree tree;
};

/* A bucket as of 10^8 verdicts, with siblings drawn, and the root that they lead to. */
static void make_answer(struct asked *out, uint64_t seed)
{
    enum { ROWS = 95 };
    struct vt_error err = { 0 };
    VT_AUTO_BUF bucket = vt_buf_init(VT_BUCKET_BYTES_MAX);
    struct vt_verdicts table = make_table(ROWS);
    uint32_t index = (uint32_t)(next_random(&seed) >> (64 - BITS_CHECKED)); /* 20 bits */
    uint8_t *rows = vt_alloc_array(ROWS, VT_VERDICT_BYTES);
    vt_hash proof[BITS_CHECKED], at;

    memcpy(rows, table.rows, ROWS * VT_VERDICT_BYTES);
    for (unsigned i = 0; i < ROWS; i++) { /* push the bits of the bucket in front */
        uint8_t *row = rows + i * VT_VERDICT_BYTES;

        memmove(row + 3, row, 29);
        row[0] = (uint8_t)(index >> 12);
        row[1] = (uint8_t)(index >> 4);
        row[2] = (uint8_t)(index << 4);
    }
    out->answer = vt_buf_init(VT_MIB(1));
    VT_ASSERT(vt_bucket_write(rows, ROWS, BITS_CHECKED, index, &bucket, &err));
    memcpy(out->hash.bytes, rows + seed % ROWS * VT_VERDICT_BYTES, VT_SHA256_BYTES);
    at = vt_sha256_leaf(vt_buf_slice(&bucket));
    for (unsigned h = 0; h < BITS_CHECKED; h++) {
        proof[h] = vt_sha256_of(VT_BYTES(seed));
        at = index >> h & 1 ? vt_sha256_node(&proof[h], &at)
                            : vt_sha256_node(&at, &proof[h]);
        (void)next_random(&seed);
    }
    out->tree = (struct vt_cell_tree){ .root = at,
                                       .bits = BITS_CHECKED,
                                       .count = 100000000,
                                       .smallest = 46,
                                       .bucket_bytes = 3584 };
    VT_ASSERT(
        vt_answer_write(&out->tree, vt_buf_slice(&bucket), proof, &out->answer, &err));
    free_table(&table);
    free(rows);
}

static void measure_check(struct vt_arena *arena)
{
    struct asked *asked = vt_alloc_array(CHECKED, sizeof *asked);
    struct vt_error err = { 0 };
    unsigned good = 0;
    double start, took;

    for (unsigned i = 0; i < CHECKED; i++)
        make_answer(&asked[i], i + 1);
    start = core_seconds();
    for (unsigned i = 0; i < CHECKS; i++) {
        struct asked *one = &asked[i % CHECKED];
        struct vt_cell_verdict verdict;

        good += vt_answer_check(&one->tree, vt_buf_slice(&one->answer), &one->hash,
                                &verdict, &err) &&
                verdict.state != VT_STATE_UNKNOWN;
    }
    took = core_seconds() - start;
    VT_ASSERT(good == CHECKS);
    vt_bench_print(&(struct vt_figure){
        .name = "cell.answer.check",
        .unit = "s",
        .value = took / CHECKS,
        .goal = 5e-6,
        .conditions = vt_arena_printf(
            arena,
            "one answer of %zu bytes as of 10^8 verdicts: 95 rows, half of them clean, and "
            "20 hashes; form, bucket, way to the root, look-up; the head is checked; "
            "processor time; %s",
            vt_answer_bytes(&asked[0].tree), vt_bench_machine(arena, ".")),
    });
    for (unsigned i = 0; i < CHECKED; i++)
        vt_buf_clear(&asked[i].answer);
    free(asked);
}

/* ---- all --------------------------------------------------------------------------------
 */

/* 10^8 verdicts take 3.7 GB; where there is less to spare they are left out. */
static bool has_room_for(uint64_t count)
{
    uint64_t free_bytes =
        (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

    return free_bytes > count * VT_VERDICT_BYTES + VT_MIB(1024);
}

static void measure_memory(struct vt_arena *arena, uint64_t count)
{
    struct rusage usage;

    VT_ASSERT(getrusage(RUSAGE_SELF, &usage) == 0);
    vt_bench_print(&(struct vt_figure){
        .name = vt_arena_printf(arena, "cell.memory.%s", power_of(count)),
        .unit = "bytes",
        .value = (double)usage.ru_maxrss * 1024,
        .goal = (double)count * 44 + 300e6,
        .conditions = "most resident memory of this program, all of the table included",
    });
}

int main(void)
{
    static const uint64_t counts[] = { 1000000, 10000000, 100000000 };
    VT_AUTO_ARENA arena = vt_arena_new();

    measure_check(arena);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct vt_verdicts table;

        if (!has_room_for(counts[i]))
            break;
        table = make_table(counts[i]);
        measure_build(arena, &table);
        if (i == 1)
            measure_filter(arena, &table);
        if (i == 2)
            measure_memory(arena, counts[i]);
        measure_lookup(arena, &table);
        free_table(&table);
    }
    return 0;
}
