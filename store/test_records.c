/* Tables through their door: what they keep, what they refuse, and how they grow. */
#include "store/records.h"
#include "tests/harness.h"

static const char *const STEPS[] = {
    "CREATE TABLE things (id BLOB PRIMARY KEY CHECK (length(id) = 2), size INTEGER NOT "
    "NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX by_size ON things (size)",
    NULL,
};

static struct vt_disk *folder(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(vt_test_path("tables"), true, &disk, &err));
    VT_CHECK_OK(vt_disk_lock(disk, &err));
    return disk;
}

static struct vt_records *opened(struct vt_disk *disk)
{
    struct vt_error err = { 0 };
    struct vt_records *records;

    VT_CHECK_OK(vt_records_open(disk, "records.db", STEPS, &records, &err));
    return records;
}

static bool put(struct vt_records *records, const char *id, int64_t size,
                struct vt_error *err)
{
    return vt_records_change(
        records, "INSERT INTO things (id, size) VALUES ($1, $2)",
        VT_VALUES(VT_VALUE_BYTES(vt_slice_from_cstr(id)), VT_VALUE_NUMBER(size)), 2, NULL,
        err);
}

static int64_t count(struct vt_records *records)
{
    struct vt_error err = { 0 };
    int64_t out;

    VT_CHECK_OK(vt_records_ask_number(records, "SELECT count(*) FROM things", NULL, 0, -1,
                                      &out, &err));
    return out;
}

static bool gather(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    (void)err;
    vt_buf_put(context, vt_record_bytes(row, 0));
    vt_buf_printf(context, "=%jd ", (intmax_t)vt_record_number(row, 1));
    return true;
}

static void rows_come_back(void)
{
    struct vt_disk *disk = folder();
    struct vt_records *records = opened(disk);
    VT_AUTO_BUF seen = vt_buf_init(1000);
    struct vt_error err = { 0 };
    int64_t none;

    VT_CHECK_OK(put(records, "bb", 20, &err));
    VT_CHECK_OK(put(records, "aa", -3, &err));
    VT_CHECK_OK(vt_records_verify(records, &err));
    vt_records_close(records);
    records = opened(disk);
    VT_CHECK_OK(vt_records_ask(records,
                               "SELECT id, size FROM things WHERE size < $1 ORDER BY id",
                               VT_VALUES(VT_VALUE_NUMBER(21)), 1, gather, &seen, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&seen), "aa=-3 bb=20 "));
    VT_CHECK_OK(vt_records_ask_number(records, "SELECT size FROM things WHERE id = $1",
                                      VT_VALUES(VT_VALUE_BYTES(VT_LIT("zz"))), 1, 42, &none,
                                      &err));
    VT_CHECK(none == 42);
    vt_records_close(records);
    vt_disk_close(disk);
}

static void a_rule_of_the_table_is_a_no(void)
{
    struct vt_disk *disk = folder();
    struct vt_records *records = opened(disk);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_records_begin(records, &err));
    VT_CHECK_OK(put(records, "aa", 1, &err));
    VT_CHECK_FAILS(VT_REJECTED, put(records, "aa", 2, &err));
    VT_CHECK_FAILS(VT_REJECTED, put(records, "aaa", 2, &err));
    VT_CHECK_OK(put(records, "bb", 2, &err)); /* the transaction goes on */
    VT_CHECK_OK(vt_records_commit(records, &err));
    VT_CHECK(count(records) == 2);
    vt_records_close(records);
    vt_disk_close(disk);
}

static void what_is_undone_was_never_there(void)
{
    struct vt_disk *disk = folder();
    struct vt_records *records = opened(disk);
    struct vt_error err = { 0 };
    uint64_t changed;

    VT_CHECK_OK(put(records, "aa", 1, &err));
    VT_CHECK_OK(vt_records_begin(records, &err));
    VT_CHECK_OK(put(records, "bb", 1, &err));
    VT_CHECK_OK(vt_records_change(records, "UPDATE things SET size = $1",
                                  VT_VALUES(VT_VALUE_NUMBER(7)), 1, &changed, &err));
    VT_CHECK(changed == 2);
    vt_records_undo(records);
    vt_records_undo(records);
    VT_CHECK(count(records) == 1);
    VT_CHECK_OK(vt_records_begin(records, &err));
    VT_CHECK_OK(put(records, "cc", 1, &err));
    vt_records_close(records); /* undoes */
    records = opened(disk);
    VT_CHECK(count(records) == 1);
    vt_records_close(records);
    vt_disk_close(disk);
}

static void tables_grow(void)
{
    const char *const first[] = { STEPS[0], NULL };
    struct vt_disk *disk = folder();
    struct vt_records *records;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_records_open(disk, "records.db", first, &records, &err));
    VT_CHECK_OK(put(records, "aa", 1, &err));
    vt_records_close(records);
    records = opened(disk);
    VT_CHECK(count(records) == 1);
    vt_records_close(records);
    VT_CHECK_FAILS(VT_REJECTED, vt_records_open(disk, "records.db", first, &records, &err));
    vt_disk_close(disk);
}

static void what_is_no_table(void)
{
    struct vt_disk *disk = folder();
    struct vt_records *records;
    struct vt_error err = { 0 };
    char text[5000];

    memset(text, 'x', sizeof text);
    VT_CHECK_OK(
        vt_disk_write(disk, "records.db", vt_slice_of(text, sizeof text), 0600, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_records_open(disk, "records.db", STEPS, &records, &err));
    vt_disk_close(disk);
}

/* A byte turned in the tables is found by whoever looks. */
static void rot_is_found(void)
{
    struct vt_disk *disk = folder();
    struct vt_records *records = opened(disk);
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(4));
    struct vt_error err = { 0 };
    char id[3] = "aa";

    for (unsigned i = 0; i < 600; i++) {
        id[0] = (char)('a' + i / 26);
        id[1] = (char)('a' + i % 26);
        VT_CHECK_OK(put(records, id, i, &err));
    }
    vt_records_close(records);
    VT_CHECK_OK(vt_disk_read(disk, "records.db", &bytes, &err));
    memset(bytes.data + bytes.len / 2, 0xff, 600);
    VT_CHECK_OK(vt_disk_write(disk, "records.db", vt_buf_slice(&bytes), 0600, &err));
    if (vt_records_open(disk, "records.db", STEPS, &records, &err)) {
        VT_CHECK_FAILS(VT_MALFORMED, vt_records_verify(records, &err));
        vt_records_close(records);
    } else {
        VT_CHECK(err.code == VT_MALFORMED);
    }
    vt_disk_close(disk);
}

static const struct vt_case cases[] = {
    { "rows come back", rows_come_back },
    { "a rule of the table is a no", a_rule_of_the_table_is_a_no },
    { "what is undone was never there", what_is_undone_was_never_there },
    { "tables grow", tables_grow },
    { "what is no table", what_is_no_table },
    { "rot is found", rot_is_found },
};

VT_TEST_MAIN("records", cases)
