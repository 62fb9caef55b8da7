/* The agent's file: what was appended comes back; each changed bit and each cut in the
 * middle is noticed, and a cut at the end is a record that nobody was told of. */
#include "custody/agent_record.h"
#include "tests/harness.h"

enum { RECORDS = 5 };

static struct vt_agent_record record_of(uint64_t number)
{
    static vt_hash objects[2];
    struct vt_agent_record record = { .deed = VT_AGENT_RELEASED,
                                      .number = number,
                                      .index = 10 * number,
                                      .time_unix_s = (int64_t)(1795000000 + number),
                                      .size = 100 + number,
                                      .envelope = VT_LIT("{\"an\":\"envelope\"}"),
                                      .objects = objects,
                                      .object_count = 2,
                                      .grant = VT_LIT("a grant, sealed") };

    memset(objects, 1, sizeof objects);
    memset(record.salt, (int)number, sizeof record.salt);
    record.root = vt_sha256_of(VT_BYTES(number));
    return record;
}

struct told {
    size_t count;
    uint64_t at[RECORDS];
};

static bool take(void *context, const struct vt_agent_record *record, uint64_t at,
                 struct vt_error *err)
{
    struct told *told = context;
    struct vt_agent_record wanted = record_of(record->number);

    (void)err;
    VT_CHECK(record->number == told->count + 1 && told->count < RECORDS);
    VT_CHECK(memcmp(record->salt, wanted.salt, sizeof wanted.salt) == 0);
    VT_CHECK(vt_slice_equal(record->envelope, wanted.envelope));
    VT_CHECK(vt_slice_equal(record->grant, wanted.grant));
    VT_CHECK(record->object_count == 2 && record->index == wanted.index);
    told->at[told->count++] = at;
    return true;
}

static void fill(const char *folder)
{
    struct told told = { .count = 0 };
    struct vt_agent_store *store;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_store_init(folder, &err));
    VT_CHECK_OK(
        vt_agent_store_open(folder, (vt_agent_reader){ take, &told }, &store, &err));
    for (uint64_t i = 1; i <= RECORDS; i++) {
        struct vt_agent_record record = record_of(i);
        uint64_t at;

        VT_CHECK_OK(vt_agent_store_append(store, &record, &at, &err));
    }
    VT_CHECK(vt_agent_store_totals(store)->keys == 2 * RECORDS);
    vt_agent_store_close(store);
}

/* The file without the room behind its frames. */
static vt_slice frames_of(const char *path)
{
    vt_slice bytes = vt_test_read(path);

    while (bytes.len != 0 && bytes.data[bytes.len - 1] == 0)
        bytes.len--;
    bytes.len +=
        (VT_AGENT_FRAME_ALIGN - bytes.len % VT_AGENT_FRAME_ALIGN) % VT_AGENT_FRAME_ALIGN;
    return bytes;
}

static bool read_back(const char *path, size_t *count_out, struct vt_error *err)
{
    struct told told = { .count = 0 };
    struct vt_agent_totals totals;
    bool is_ok =
        vt_agent_openings_read(path, (vt_agent_reader){ take, &told }, &totals, err);

    *count_out = told.count;
    VT_CHECK(!is_ok || totals.number == told.count);
    return is_ok;
}

static void records_come_back(void)
{
    const char *folder = vt_test_path("holder"), *path = vt_test_path("holder/openings");
    struct told told = { .count = 0 };
    struct vt_agent_store *store;
    struct vt_error err = { 0 };
    size_t count;

    fill(folder);
    VT_CHECK_OK(read_back(path, &count, &err));
    VT_CHECK(count == RECORDS);
    VT_CHECK_FAILS(VT_REJECTED, vt_agent_store_init(folder, &err));
    VT_CHECK_OK(
        vt_agent_store_open(folder, (vt_agent_reader){ take, &told }, &store, &err));
    for (size_t i = 0; i < RECORDS; i++) {
        struct vt_agent_record back;

        VT_CHECK_OK(vt_agent_store_read(store, told.at[i], vt_test_arena(), &back, &err));
        VT_CHECK(back.number == i + 1);
    }
    vt_agent_store_close(store);
}

/* A reviewer is told that a copy was cut; before the cut all is there. */
static void a_cut_copy_is_noticed(void)
{
    const char *path = vt_test_path("holder/openings"), *cut = vt_test_path("cut");
    vt_slice whole;

    fill(vt_test_path("holder"));
    whole = frames_of(path);
    for (size_t len = 0; len <= whole.len; len += 7) {
        struct vt_error err = { 0 };
        size_t count;

        vt_test_write(cut, vt_slice_sub(whole, 0, len));
        if (len % (whole.len / RECORDS) == 0)
            VT_CHECK_OK(read_back(cut, &count, &err));
        else
            VT_CHECK_FAILS(VT_REJECTED, read_back(cut, &count, &err));
        VT_CHECK(count == len * RECORDS / whole.len);
    }
}

static void a_changed_bit_is_noticed(void)
{
    const char *path = vt_test_path("holder/openings"), *bad = vt_test_path("bad");
    vt_slice whole;
    uint8_t *copy;
    size_t last;

    fill(vt_test_path("holder"));
    whole = frames_of(path);
    last = whole.len / RECORDS * (RECORDS - 1);
    copy = vt_arena_alloc(vt_test_arena(), whole.len);
    for (size_t i = 0; i < last; i++) {
        struct vt_error err = { 0 };
        size_t count;

        memcpy(copy, whole.data, whole.len);
        copy[i] ^= (uint8_t)(1 << (i % 8));
        vt_test_write(bad, vt_slice_of(copy, whole.len));
        if (read_back(bad, &count, &err)) /* a zero behind a frame */
            VT_CHECK_SAYING(count == RECORDS, "byte %zu: %zu records", i, count);
        else
            VT_CHECK_SAYING(err.code == VT_REJECTED, "byte %zu: %s", i, err.message);
    }
}

/* Every frame knows its place: what is behind a gap is none, and no cut leaves so much. */
static void a_record_left_out_is_noticed(void)
{
    const char *path = vt_test_path("holder/openings"), *bad = vt_test_path("bad");
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };
    vt_slice whole;
    size_t one, count;

    fill(vt_test_path("holder"));
    whole = frames_of(path);
    one = whole.len / RECORDS;
    vt_buf_put(&bytes, vt_slice_sub(whole, 0, one));
    vt_buf_put(&bytes, vt_slice_sub(whole, 2 * one, whole.len - 2 * one));
    vt_test_write(bad, vt_buf_slice(&bytes));
    VT_CHECK_FAILS(VT_REJECTED, read_back(bad, &count, &err));
    VT_CHECK(count == 1);
}

/* The agent itself goes on before the cut: nobody was told of what is behind it. */
static void a_cut_end_is_forgotten(void)
{
    const char *path = vt_test_path("holder/openings");
    struct told told = { .count = 0 };
    struct vt_agent_store *store;
    struct vt_error err = { 0 };
    vt_slice whole;
    size_t count;

    fill(vt_test_path("holder"));
    whole = frames_of(path);
    vt_test_write(path, vt_slice_sub(whole, 0, whole.len - 70));
    VT_CHECK_OK(vt_agent_store_open(vt_test_path("holder"),
                                    (vt_agent_reader){ take, &told }, &store, &err));
    VT_CHECK(told.count == RECORDS - 1);
    vt_agent_store_close(store);
    VT_CHECK_OK(read_back(path, &count, &err));
    VT_CHECK(count == RECORDS - 1);
}

static const struct vt_case cases[] = {
    { "records come back", records_come_back },
    { "a cut copy is noticed", a_cut_copy_is_noticed },
    { "a cut end is forgotten", a_cut_end_is_forgotten },
    { "a changed bit is noticed", a_changed_bit_is_noticed },
    { "a record left out is noticed", a_record_left_out_is_noticed },
};

VT_TEST_MAIN("agent_store", cases)
