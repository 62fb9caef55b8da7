/* Tables by SQLite: write-ahead log, every commit synced, one connection, prepared
 * statements kept under the address of their text. */
#include "store/records.h"
#include "store/records_vfs.h"

enum { STATEMENTS_MAX = 96, VALUES_MAX = 24 };

struct statement {
    const char *sql; /* a literal */
    sqlite3_stmt *prepared;
};

struct vt_records {
    struct vt_records_vfs vfs;
    const char *path; /* of the disk, for messages */
    char *name;       /* owned */
    sqlite3 *db;
    struct statement statements[STATEMENTS_MAX];
    size_t statement_count;
};

/* ---- failing ----------------------------------------------------------------------------
 */

/* What the disk said is nearer to the cause than what SQLite made of it. */
static bool fail(struct vt_records *r, int code, struct vt_error *err)
{
    const char *why = r->vfs.trouble.code != VT_OK ? r->vfs.trouble.message
                      : r->db != NULL              ? sqlite3_errmsg(r->db)
                                                   : sqlite3_errstr(code);
    enum vt_code ours = VT_IO;

    if ((code & 0xff) == SQLITE_CONSTRAINT)
        ours = VT_REJECTED;
    else if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        ours = VT_MALFORMED;
    return vt_fail(err, ours, "%s/%s: %s", r->path, r->name, why);
}

/* ---- statements -------------------------------------------------------------------------
 */

static bool prepare(struct vt_records *r, const char *sql, sqlite3_stmt **out,
                    struct vt_error *err)
{
    struct statement *slot = &r->statements[r->statement_count];
    int code;

    for (size_t i = 0; i < r->statement_count; i++)
        if (r->statements[i].sql == sql) {
            *out = r->statements[i].prepared;
            return true;
        }
    VT_ASSERT(r->statement_count < STATEMENTS_MAX);
    code = sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->prepared,
                              NULL);
    if (code != SQLITE_OK)
        return fail(r, code, err);
    slot->sql = sql;
    r->statement_count++;
    *out = slot->prepared;
    return true;
}

/* Bytes are not copied: they live until the statement is reset, in this call. */
static bool bind(struct vt_records *r, sqlite3_stmt *statement, const vt_value *values,
                 size_t count, struct vt_error *err)
{
    VT_ASSERT(count <= VALUES_MAX && sqlite3_bind_parameter_count(statement) == (int)count);
    for (size_t i = 0; i < count; i++) {
        const vt_value *v = &values[i];
        char name[8];
        int at, code;

        /* To SQLite these are names, numbered as they come. */
        (void)snprintf(name, sizeof name, "$%zu", i + 1);
        at = sqlite3_bind_parameter_index(statement, name);
        VT_ASSERT(at != 0);
        if (!v->is_bytes)
            code = sqlite3_bind_int64(statement, at, v->number);
        else if (v->bytes.len == 0)
            code = sqlite3_bind_zeroblob(statement, at, 0);
        else
            code = sqlite3_bind_blob64(statement, at, v->bytes.data, v->bytes.len,
                                       SQLITE_STATIC);
        if (code != SQLITE_OK)
            return fail(r, code, err);
    }
    return true;
}

bool vt_records_change(struct vt_records *records, const char *sql, const vt_value *values,
                       size_t count, uint64_t *changed_out, struct vt_error *err)
{
    sqlite3_stmt *statement;
    int code;

    if (!prepare(records, sql, &statement, err) ||
        !bind(records, statement, values, count, err))
        return false;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    if (code != SQLITE_DONE)
        (void)fail(records, code, err);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    if (code != SQLITE_DONE)
        return false;
    if (changed_out != NULL)
        *changed_out = (uint64_t)sqlite3_changes64(records->db); /* never negative */
    return true;
}

/* The statement itself is the row that it stands at. */
bool vt_records_ask(struct vt_records *records, const char *sql, const vt_value *values,
                    size_t count,
                    bool (*each)(void *context, const struct vt_record_row *row,
                                 struct vt_error *err),
                    void *context, struct vt_error *err)
{
    sqlite3_stmt *statement;
    bool is_ok = true;
    int code;

    if (!prepare(records, sql, &statement, err) ||
        !bind(records, statement, values, count, err))
        return false;
    while (is_ok && (code = sqlite3_step(statement)) == SQLITE_ROW)
        is_ok = each(context, (const struct vt_record_row *)statement, err);
    if (is_ok && code != SQLITE_DONE)
        is_ok = fail(records, code, err);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return is_ok;
}

static sqlite3_stmt *statement_of(const struct vt_record_row *row)
{
    union {
        const struct vt_record_row *row;
        sqlite3_stmt *statement;
    } both = { .row = row }; /* SQLite's readers take no const */

    return both.statement;
}

int64_t vt_record_number(const struct vt_record_row *row, unsigned column)
{
    return sqlite3_column_int64(statement_of(row), (int)column);
}

vt_slice vt_record_bytes(const struct vt_record_row *row, unsigned column)
{
    const void *data = sqlite3_column_blob(statement_of(row), (int)column);
    int len = sqlite3_column_bytes(statement_of(row), (int)column);

    return vt_slice_of(data, (size_t)len); /* never negative */
}

bool vt_record_fixed(const struct vt_record_row *row, unsigned column, void *out,
                     size_t len, struct vt_error *err)
{
    vt_slice bytes = vt_record_bytes(row, column);

    if (bytes.len != len)
        return vt_fail(err, VT_MALFORMED, "records: column %u has %zu bytes, not %zu",
                       column + 1, bytes.len, len);
    memcpy(out, bytes.data, len);
    return true;
}

static bool take_number(void *context, const struct vt_record_row *row,
                        struct vt_error *err)
{
    (void)err;
    if (sqlite3_column_type(statement_of(row), 0) != SQLITE_NULL)
        *(int64_t *)context = vt_record_number(row, 0);
    return true;
}

bool vt_records_ask_number(struct vt_records *records, const char *sql,
                           const vt_value *values, size_t count, int64_t fallback,
                           int64_t *out, struct vt_error *err)
{
    int64_t number = fallback;

    if (!vt_records_ask(records, sql, values, count, take_number, &number, err))
        return false;
    *out = number;
    return true;
}

/* ---- transactions -----------------------------------------------------------------------
 */

bool vt_records_begin(struct vt_records *records, struct vt_error *err)
{
    return vt_records_change(records, "BEGIN IMMEDIATE", NULL, 0, NULL, err);
}

bool vt_records_commit(struct vt_records *records, struct vt_error *err)
{
    return vt_records_change(records, "COMMIT", NULL, 0, NULL, err);
}

void vt_records_undo(struct vt_records *records)
{
    struct vt_error ignored = { 0 };

    if (!sqlite3_get_autocommit(records->db))
        (void)!vt_records_change(records, "ROLLBACK", NULL, 0, NULL, &ignored);
}

/* ---- opening ----------------------------------------------------------------------------
 */

static bool run(struct vt_records *r, const char *sql, struct vt_error *err)
{
    int code = sqlite3_exec(r->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || fail(r, code, err);
}

/* Exclusive before anything else, so that the log's index lies in our memory; FULL: each
 * commit waits for its sync.  A cell of a page that claims to lie elsewhere is damage. */
static bool configure(struct vt_records *r, struct vt_error *err)
{
    static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA foreign_keys = ON;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA trusted_schema = OFF;"
                                   "PRAGMA secure_delete = ON;";

    (void)sqlite3_extended_result_codes(r->db, 1);
    (void)sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(r->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(r->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return run(r, settings, err);
}

static bool has_log(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    (void)err;
    *(bool *)context = vt_slice_is(vt_record_bytes(row, 0), "wal");
    return true;
}

/* A setting that SQLite could not make it passes over without a word. */
static bool is_durable(struct vt_records *r, struct vt_error *err)
{
    bool is_logged = false;
    int64_t synchronous;

    if (!vt_records_ask(r, "PRAGMA journal_mode", NULL, 0, has_log, &is_logged, err) ||
        !vt_records_ask_number(r, "PRAGMA synchronous", NULL, 0, 0, &synchronous, err))
        return false;
    return (is_logged && synchronous == 2) ||
           vt_fail(err, VT_IO, "%s/%s: SQLite keeps no write-ahead log with full syncs",
                   r->path, r->name);
}

static bool make_step(struct vt_records *r, const char *step, size_t version,
                      struct vt_error *err)
{
    char set[64];

    (void)snprintf(set, sizeof set, "PRAGMA user_version = %zu", version);
    return run(r, "BEGIN IMMEDIATE", err) && run(r, step, err) && run(r, set, err) &&
           run(r, "COMMIT", err);
}

static bool bring_up(struct vt_records *r, const char *const steps[], struct vt_error *err)
{
    size_t latest = 0;
    int64_t version;

    while (steps[latest] != NULL)
        latest++;
    if (!vt_records_ask_number(r, "PRAGMA user_version", NULL, 0, 0, &version, err))
        return false;
    if (version < 0 || (uint64_t)version > latest)
        return vt_fail(err, VT_REJECTED,
                       "%s/%s: is of version %jd, and this program knows %zu; take the one "
                       "that wrote it",
                       r->path, r->name, (intmax_t)version, latest);
    for (size_t i = (size_t)version; i < latest; i++) /* bounded above */
        if (!make_step(r, steps[i], i + 1, err))
            return false;
    return true;
}

bool vt_records_open(struct vt_disk *disk, const char *name, const char *const steps[],
                     struct vt_records **out, struct vt_error *err)
{
    struct vt_records *r = vt_alloc(sizeof *r);
    int code;

    r->path = vt_disk_path(disk);
    r->name = vt_strdup_slice(vt_slice_from_cstr(name));
    if (!vt_records_vfs_open(&r->vfs, disk, err)) {
        free(r->name);
        free(r);
        return false;
    }
    code = sqlite3_open_v2(
        name, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE,
        r->vfs.name);
    if ((code != SQLITE_OK && !fail(r, code, err)) || !configure(r, err) ||
        !is_durable(r, err) || !bring_up(r, steps, err)) {
        vt_records_close(r);
        return false;
    }
    *out = r;
    return true;
}

void vt_records_close(struct vt_records *records)
{
    if (records == NULL)
        return;
    for (size_t i = 0; i < records->statement_count; i++)
        (void)sqlite3_finalize(records->statements[i].prepared);
    (void)sqlite3_close(records->db); /* what is open is undone; the log is worked in */
    vt_records_vfs_close(&records->vfs);
    free(records->name);
    free(records);
}

/* ---- looking ----------------------------------------------------------------------------
 */

static bool judge(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    const struct vt_records *r = context;
    vt_slice line = vt_record_bytes(row, 0);

    return vt_slice_is(line, "ok") ||
           vt_fail(err, VT_MALFORMED, "%s/%s: %.*s", r->path, r->name, VT_SLICE_ARGS(line));
}

bool vt_records_verify(struct vt_records *records, struct vt_error *err)
{
    return vt_records_ask(records, "PRAGMA integrity_check", NULL, 0, judge, records, err);
}
