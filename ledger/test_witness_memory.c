/* The witness's memory: what was committed is there, what was damaged is noticed. */
#include "ledger/witness_memory.h"
#include "tests/harness.h"

enum { RECORD = 256, SLOTS = 2048, HALF = SLOTS * RECORD };

static const char *folder(void)
{
    return vt_test_path("memory");
}

static const char *file(void)
{
    return vt_test_path("memory/cosigned");
}

/* The tree of that log and size; `fork` makes another one. */
static struct vt_witness_seen seen_of(unsigned log, uint64_t size, const char *fork)
{
    struct vt_witness_seen seen = { .size = size, .key_id = 7, .time_unix_s = 1000 };
    char text[100];

    seen.log = vt_sha256_of(VT_BYTES(log));
    (void)snprintf(text, sizeof text, "%u %ju %s", log, (uintmax_t)size, fork);
    seen.root = vt_sha256_of(vt_slice_from_cstr(text));
    memset(seen.log_signature, (int)(size & 0xff), sizeof seen.log_signature);
    memset(seen.cosignature, (int)(log & 0xff), sizeof seen.cosignature);
    return seen;
}

static struct vt_witness_memory *open_memory(void)
{
    struct vt_error err = { 0 };
    struct vt_witness_memory *memory = NULL;

    VT_CHECK_OK(vt_witness_memory_open(folder(), &memory, &err));
    return memory;
}

static struct vt_witness_memory *make_memory(void)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_witness_memory_init(folder(), &err));
    return open_memory();
}

static void put(struct vt_witness_memory *memory, unsigned log, uint64_t size)
{
    struct vt_error err = { 0 };
    struct vt_witness_seen seen = seen_of(log, size, "");

    VT_CHECK_OK(vt_witness_memory_put(memory, &seen, &err));
}

static void commit(struct vt_witness_memory *memory)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_witness_memory_commit(memory, &err));
}

static bool is_equal(const struct vt_witness_seen *a, const struct vt_witness_seen *b)
{
    VT_AUTO_BUF a_bytes = vt_buf_init(VT_WITNESS_SEEN_BYTES);
    VT_AUTO_BUF b_bytes = vt_buf_init(VT_WITNESS_SEEN_BYTES);

    vt_witness_seen_write(&a_bytes, a);
    vt_witness_seen_write(&b_bytes, b);
    return !a_bytes.is_full &&
           vt_slice_equal(vt_buf_slice(&a_bytes), vt_buf_slice(&b_bytes));
}

/* 0: nothing is known of the log. */
static uint64_t size_of(const struct vt_witness_memory *memory, unsigned log)
{
    struct vt_witness_seen wanted = seen_of(log, 0, "");
    const struct vt_witness_seen *got = vt_witness_memory_find(memory, &wanted.log);

    if (got == NULL)
        return 0;
    wanted = seen_of(log, got->size, "");
    VT_CHECK(is_equal(got, &wanted));
    return got->size;
}

static void what_is_committed_stays(void)
{
    struct vt_witness_memory *memory = make_memory();

    put(memory, 1, 5);
    put(memory, 2, 1);
    put(memory, 1, 9);
    commit(memory);
    put(memory, 2, 1); /* the same tree again */
    put(memory, 3, 0); /* an empty tree */
    commit(memory);
    commit(memory); /* nothing to do */
    vt_witness_memory_close(memory);
    for (int i = 0; i < 3; i++) { /* opening again and again changes nothing */
        memory = open_memory();
        VT_CHECK(vt_witness_memory_count(memory) == 3);
        VT_CHECK(size_of(memory, 1) == 9 && size_of(memory, 2) == 1);
        VT_CHECK(vt_witness_memory_at(memory, 2)->size == 0 &&
                 vt_witness_memory_at(memory, 3) == NULL);
        vt_witness_memory_close(memory);
    }
}

static void what_is_not_committed_is_not_there(void)
{
    struct vt_witness_memory *memory = make_memory();

    put(memory, 1, 5);
    commit(memory);
    put(memory, 1, 6);
    VT_CHECK(size_of(memory, 1) == 6);
    vt_witness_memory_close(memory);
    memory = open_memory();
    VT_CHECK(size_of(memory, 1) == 5);
    vt_witness_memory_close(memory);
}

/* Three times over the end of the file, in batches that do not divide it. */
static void a_full_file_is_renewed(void)
{
    struct vt_witness_memory *memory = make_memory();
    uint64_t size = 0;

    while (size < 3 * SLOTS) {
        for (unsigned log = 0; log < 700; log++)
            put(memory, log, size + 1);
        size++;
        commit(memory);
        if (size % 8 == 0)
            size += SLOTS / 4;
    }
    vt_witness_memory_close(memory);
    memory = open_memory();
    VT_CHECK(vt_witness_memory_count(memory) == 700 && size_of(memory, 699) != 0);
    VT_CHECK(size_of(memory, 0) == size_of(memory, 699));
    vt_witness_memory_close(memory);
}

static void logs_are_bounded(void)
{
    struct vt_error err = { 0 };
    struct vt_witness_memory *memory = make_memory();
    struct vt_witness_seen more = seen_of(5000, 1, "");

    for (unsigned log = 0; log < VT_WITNESS_MEMORY_LOGS_MAX; log++) {
        put(memory, log, 1);
        if (log % 100 == 0)
            commit(memory);
    }
    VT_CHECK_FAILS(VT_LIMIT, vt_witness_memory_put(memory, &more, &err));
    put(memory, 3, 2);
    commit(memory);
    vt_witness_memory_close(memory);
    memory = open_memory();
    VT_CHECK(size_of(memory, 3) == 2 && size_of(memory, 5000) == 0);
    vt_witness_memory_close(memory);
}

/* ---- damage -----------------------------------------------------------------------------
 */

/* Three batches: log 1 at 1; log 1 at 2 and log 2 at 1; log 1 at 3. */
static vt_slice good_file(void)
{
    struct vt_witness_memory *memory = make_memory();

    put(memory, 1, 1);
    commit(memory);
    put(memory, 1, 2);
    put(memory, 2, 1);
    commit(memory);
    put(memory, 1, 3);
    commit(memory);
    vt_witness_memory_close(memory);
    return vt_test_read(file());
}

enum { USED = 4 }; /* slots in it */

/* Is the file refused?  If it is taken, what does it say of log 1? */
static bool is_file_refused(uint64_t *size_out)
{
    struct vt_error err = { 0 };
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    if (!vt_witness_memory_read(folder(), &memory, &err)) {
        VT_CHECK_SAYING(err.code == VT_REJECTED, "%s", err.message);
        return true;
    }
    *size_out = size_of(memory, 1);
    return false;
}

static bool is_refused(vt_slice bytes, uint64_t *size_out)
{
    vt_test_write(file(), bytes);
    return is_file_refused(size_out);
}

static void flip(int fd, size_t at, uint8_t bit)
{
    uint8_t byte;

    VT_CHECK(pread(fd, &byte, 1, (off_t)at) == 1);
    byte ^= bit;
    VT_CHECK(pwrite(fd, &byte, 1, (off_t)at) == 1);
}

static void every_flipped_bit_changes_nothing(void)
{
    vt_slice good = good_file();
    VT_AUTO_FD fd = open(file(), O_RDWR | O_CLOEXEC);
    uint64_t size = 0;

    VT_CHECK(fd >= 0 && good.len == 2 * HALF);
    for (size_t half = 0; half < 2; half++)
        for (size_t at = 0; at < (USED + 1) * RECORD; at++) {
            uint8_t bit = (uint8_t)(1 << (at % 8));

            flip(fd, half * HALF + at, bit);
            VT_CHECK_SAYING(!is_file_refused(&size) && size == 3,
                            "byte %zu of half %zu: size %ju", at, half, (uintmax_t)size);
            flip(fd, half * HALF + at, bit);
        }
}

static void every_truncation_is_refused(void)
{
    vt_slice good = good_file();
    uint64_t size;

    for (size_t len = 0; len < good.len; len += len < 2000 ? 1 : 4099)
        VT_CHECK(is_refused(vt_slice_sub(good, 0, len), &size));
    VT_CHECK(is_refused(vt_slice_sub(good, 0, good.len - 1), &size));
    VT_CHECK(!is_refused(good, &size) && size == 3);
}

/* Slots that are wiped in both halves: a batch that nobody was told of may be missing,
 * something durable may not. */
static void a_lost_record_is_noticed(void)
{
    static const struct {
        const char *name;
        size_t first, count;
        bool is_refused;
        uint64_t size;
    } rows[] = {
        { "the first batch", 0, 1, true, 0 },
        { "the first of the second batch", 1, 1, true, 0 },
        { "the second of the second batch", 2, 1, true, 0 },
        { "the second batch", 1, 2, true, 0 },
        { "the last batch, as if it was cut off", 3, 1, false, 2 },
        { "all behind the first, in both halves: this cannot be told", 1, 3, false, 1 },
    };
    vt_slice good = good_file();
    uint8_t *bytes = vt_alloc(good.len);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t size = 0;

        memcpy(bytes, good.data, good.len);
        for (size_t half = 0; half < 2; half++)
            memset(bytes + half * HALF + rows[i].first * RECORD, 0, rows[i].count * RECORD);
        VT_CHECK_SAYING(is_refused(vt_slice_of(bytes, good.len), &size) ==
                                rows[i].is_refused &&
                            size == rows[i].size,
                        "%s: size %ju", rows[i].name, (uintmax_t)size);
    }
    free(bytes);
}

/* A batch cut off in the middle: its second record is there, its first is not.  What was
 * durable before stays, and what comes later is not confused by the rest of it. */
static void a_batch_cut_off_is_forgotten(void)
{
    struct vt_witness_memory *memory = make_memory();
    vt_slice torn;
    uint8_t *bytes;

    put(memory, 1, 1);
    commit(memory);
    put(memory, 1, 5);
    put(memory, 1, 6);
    put(memory, 2, 3);
    commit(memory);
    vt_witness_memory_close(memory);
    torn = vt_test_read(file());
    bytes = vt_alloc(torn.len);
    memcpy(bytes, torn.data, torn.len);
    memset(bytes + RECORD, 0, RECORD);
    memset(bytes + HALF + RECORD, 0, RECORD);
    vt_test_write(file(), vt_slice_of(bytes, torn.len));
    free(bytes);
    memory = open_memory();
    VT_CHECK(size_of(memory, 1) == 1 && size_of(memory, 2) == 0);
    put(memory, 1, 2);
    commit(memory);
    vt_witness_memory_close(memory);
    memory = open_memory();
    VT_CHECK(size_of(memory, 1) == 2 && size_of(memory, 2) == 0);
    vt_witness_memory_close(memory);
}

/* Records with good checks in places where no honest witness puts them. */
static void records_out_of_place_are_refused(void)
{
    vt_slice good = good_file();
    uint8_t *bytes = vt_alloc(good.len);
    uint64_t size = 0;

    /* Halves that contradict each other: both whole, both with good checks. */
    {
        struct vt_witness_memory *other;
        struct vt_error err = { 0 };
        struct vt_witness_seen fork = seen_of(1, 1, "fork");
        vt_slice forked;

        VT_CHECK(remove(file()) == 0);
        other = make_memory();
        VT_CHECK_OK(vt_witness_memory_put(other, &fork, &err));
        commit(other);
        vt_witness_memory_close(other);
        forked = vt_test_read(file());
        memcpy(bytes, good.data, good.len);
        memcpy(bytes, forked.data, RECORD);
        VT_CHECK(is_refused(vt_slice_of(bytes, good.len), &size));
        /* Both halves of slot 0 from another history: the next ones contradict it only if
         * they are of the same size or smaller; a larger tree may follow any. */
    }
    /* A record moved to another slot does not count as that slot's. */
    memcpy(bytes, good.data, good.len);
    memcpy(bytes + 1 * RECORD, bytes + 3 * RECORD, RECORD);
    VT_CHECK(!is_refused(vt_slice_of(bytes, good.len), &size) && size == 3);
    memcpy(bytes + HALF + 1 * RECORD, bytes + 3 * RECORD, RECORD);
    VT_CHECK(is_refused(vt_slice_of(bytes, good.len), &size));
    free(bytes);
}

static void one_at_a_time(void)
{
    struct vt_error err = { 0 };
    struct vt_witness_memory *first = make_memory(), *second = NULL;

    VT_CHECK_FAILS(VT_IO, vt_witness_memory_open(folder(), &second, &err));
    VT_CHECK_OK(vt_witness_memory_read(folder(), &second, &err)); /* looking is free */
    vt_witness_memory_close(second);
    put(first, 1, 1);
    commit(first);
    vt_witness_memory_close(first);
    VT_CHECK_FAILS(VT_REJECTED, vt_witness_memory_init(folder(), &err)); /* it remembers */
    VT_CHECK(remove(file()) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_witness_memory_open(folder(), &second, &err));
    VT_CHECK(strstr(err.message, "does not know what it cosigned") != NULL);
    VT_CHECK_FAILS(VT_REJECTED, vt_witness_memory_read(folder(), &second, &err));
}

static const struct vt_case cases[] = {
    { "what is committed stays", what_is_committed_stays },
    { "what is not committed is not there", what_is_not_committed_is_not_there },
    { "a full file is renewed", a_full_file_is_renewed },
    { "logs are bounded", logs_are_bounded },
    { "every flipped bit changes nothing", every_flipped_bit_changes_nothing },
    { "every truncation is refused", every_truncation_is_refused },
    { "a lost record is noticed", a_lost_record_is_noticed },
    { "a batch cut off is forgotten", a_batch_cut_off_is_forgotten },
    { "records out of place are refused", records_out_of_place_are_refused },
    { "one at a time", one_at_a_time },
};

VT_TEST_MAIN("witness_memory", cases)
