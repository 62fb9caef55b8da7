/* Tables broken at each disk operation that SQLite does: what was committed stays, what was
 * not is not half there, and going on works. */
#include "store/records.h"
#include "tests/stage.h"

enum { ROWS = 3 };

static const char *const STEPS[] = {
    "CREATE TABLE halves (number INTEGER, half INTEGER, text BLOB NOT NULL,"
    " PRIMARY KEY (number, half)) STRICT",
    NULL,
};

static bool put_half(struct vt_records *records, int64_t number, int64_t half,
                     struct vt_error *err)
{
    static const uint8_t text[1500] = { 1 };

    return vt_records_change(records,
                             "INSERT INTO halves (number, half, text) VALUES ($1, $2, $3)",
                             VT_VALUES(VT_VALUE_NUMBER(number), VT_VALUE_NUMBER(half),
                                       VT_VALUE_BYTES(vt_slice_of(text, sizeof text))),
                             3, NULL, err);
}

/* Two halves in one transaction. */
static bool put_both(struct vt_records *records, int64_t number, struct vt_error *err)
{
    if (!vt_records_begin(records, err) || !put_half(records, number, 0, err) ||
        !put_half(records, number, 1, err) || !vt_records_commit(records, err))
        return false;
    vt_stage_say("number %jd", (intmax_t)number);
    return true;
}

static bool count(struct vt_records *records, int64_t *out, struct vt_error *err)
{
    return vt_records_ask_number(records, "SELECT count(*) FROM halves", NULL, 0, 0, out,
                                 err);
}

static bool put_until(struct vt_records *records, int64_t last, struct vt_error *err)
{
    int64_t there;

    if (!count(records, &there, err))
        return false;
    if (there % 2 != 0)
        return vt_fail(err, VT_REJECTED, "half a transaction is there");
    for (int64_t number = there / 2 + 1; number <= last; number++)
        if (!put_both(records, number, err))
            return false;
    return true;
}

/* Into the tables after every few pages, and the log begun anew, while the work goes on. */
static bool work_in_often(struct vt_records *records, struct vt_error *err)
{
    return vt_records_change(records, "PRAGMA wal_autocheckpoint = 3", NULL, 0, NULL, err);
}

static bool run(const char *dir, int64_t last, struct vt_error *err)
{
    struct vt_records *records = NULL;
    struct vt_disk *disk;
    bool ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    ok = vt_disk_lock(disk, err) && vt_disk_sweep(disk, "", err) &&
         vt_records_open(disk, "records.db", STEPS, &records, err) &&
         work_in_often(records, err) && put_until(records, last, err);
    vt_records_close(records);
    vt_disk_close(disk);
    return ok;
}

static bool act(const char *dir, struct vt_error *err)
{
    return run(dir, ROWS, err);
}

static bool restart(const char *dir, struct vt_error *err)
{
    return run(dir, ROWS + 1, err);
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_records *records;
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(vt_records_open(disk, "records.db", STEPS, &records, &err));
    VT_CHECK_OK(vt_records_verify(records, &err));
    for (int64_t number = 1; number <= ROWS + 1; number++) {
        int64_t halves;

        VT_CHECK_OK(
            vt_records_ask_number(records, "SELECT count(*) FROM halves WHERE number = $1",
                                  VT_VALUES(VT_VALUE_NUMBER(number)), 1, 0, &halves, &err));
        VT_CHECK(halves == 0 || halves == 2);
        VT_CHECK_SAYING(halves == 2 || !vt_stage_was_said(
                                           vt_test_print("number %jd", (intmax_t)number)),
                        "number %jd was committed, and is lost", (intmax_t)number);
    }
    vt_records_close(records);
    vt_disk_close(disk);
}

static const struct vt_stage_play play = {
    .name = "tables",
    .act = act,
    .restart = restart,
    .check = check,
    .twice_every = 12,
};

static void they_hold(void)
{
    vt_stage_must_hold(&play);
}

static void they_need_their_syncs(void)
{
    static const char *const spare[] = {
        /* The folder is synced again for the log, before anything is committed. */
        "journal: settle folder of records.db",
        /* Only while an empty file becomes one with a log: its beginning is one sector. */
        "journal: settle folder of records.db-journal",
        "journal: sync of records.db-journal",
        "remove: sync folder of records.db-journal",
        /* What is cut off was not in use. */
        "journal: sync size of records.db",
        /* A log that comes back was worked in: it says again what the tables say. */
        "remove: sync folder of records.db-wal",
        /* Each does again what the other did. */
        "journal: settle of records.db",
        "lock: settle of disk",
        NULL,
    };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "what was committed stays", they_hold },
    { "each sync is needed", they_need_their_syncs },
};

VT_TEST_MAIN("store.crash_records", cases)
