/* SQLite's virtual file system over a vt_disk, so that each write and sync of the tables
 * passes the gate under a name, like everybody's.
 *
 * Three files can come: the tables, their write-ahead log, and a rollback journal (only
 * while a new file becomes one with a write-ahead log).  There is no shared memory, since
 * one process has the file for itself, and no temporary file, since those stay in memory.
 */
#include "store/records_vfs.h"

enum { SECTOR_BYTES = 4096, NAME_BYTES_MAX = 512 };

struct file {
    sqlite3_file base; /* SQLite's, first */
    struct vt_records_vfs *vfs;
    struct vt_disk_file *file; /* owned */
};

/* What happened, for the message; SQLite gets the code. */
static int fail(struct vt_records_vfs *vfs, const struct vt_error *err, int code)
{
    if (vfs->trouble.code == VT_OK)
        vfs->trouble = *err;
    return code;
}

/* ---- one file ---------------------------------------------------------------------------
 */

static int file_close(sqlite3_file *base)
{
    struct file *f = (struct file *)base;

    vt_disk_file_close(f->file);
    f->file = NULL;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
    struct file *f = (struct file *)base;
    struct vt_error err = { 0 };
    size_t got;

    /* Neither is negative: SQLite asks for what can be. */
    if (!vt_disk_file_read_at(f->file, (uint64_t)at, out, (size_t)len, &got, &err))
        return fail(f->vfs, &err, SQLITE_IOERR_READ);
    if (got == (size_t)len)
        return SQLITE_OK;
    memset((uint8_t *)out + got, 0, (size_t)len - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 at)
{
    struct file *f = (struct file *)base;
    struct vt_error err = { 0 };

    return vt_disk_file_write_at(f->file, (uint64_t)at, vt_slice_of(bytes, (size_t)len),
                                 &err)
               ? SQLITE_OK
               : fail(f->vfs, &err, SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *f = (struct file *)base;
    struct vt_error err = { 0 };

    return vt_disk_file_truncate(f->file, (uint64_t)size, &err)
               ? SQLITE_OK
               : fail(f->vfs, &err, SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct file *f = (struct file *)base;
    struct vt_error err = { 0 };

    (void)flags;
    return vt_disk_file_sync(f->file, &err) ? SQLITE_OK
                                            : fail(f->vfs, &err, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct file *f = (struct file *)base;

    *out = (sqlite3_int64)vt_disk_file_size(f->file); /* fits: a file's size */
    return SQLITE_OK;
}

/* The folder's lock is held: nobody else is there. */
static int file_lock(sqlite3_file *base, int kind)
{
    (void)base;
    (void)kind;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *out)
{
    (void)base;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *argument)
{
    (void)base;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES;
}

/* Bytes beside a write that was cut short by a power loss stay what they were. */
static int file_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods METHODS = { .iVersion = 1,
                                            .xClose = file_close,
                                            .xRead = file_read,
                                            .xWrite = file_write,
                                            .xTruncate = file_truncate,
                                            .xSync = file_sync,
                                            .xFileSize = file_size,
                                            .xLock = file_lock,
                                            .xUnlock = file_lock,
                                            .xCheckReservedLock = file_is_reserved,
                                            .xFileControl = file_control,
                                            .xSectorSize = file_sector_size,
                                            .xDeviceCharacteristics =
                                                file_characteristics };

/* ---- the folder -------------------------------------------------------------------------
 */

static struct vt_records_vfs *of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                     int *flags_out)
{
    const int ours = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    struct file *f = (struct file *)base;
    struct vt_error err = { 0 };

    *f = (struct file){ .vfs = of(vfs) };
    if (name == NULL || (flags & ours) == 0 ||
        ((flags & SQLITE_OPEN_CREATE) == 0 && !vt_disk_has(f->vfs->disk, name)))
        return SQLITE_CANTOPEN;
    if (!vt_disk_file_open(f->vfs->disk, name, &f->file, &err))
        return fail(f->vfs, &err, SQLITE_CANTOPEN);
    if (flags_out != NULL)
        *flags_out = flags;
    f->base.pMethods = &METHODS;
    return SQLITE_OK;
}

static int remove_file(sqlite3_vfs *vfs, const char *name, int is_synced)
{
    struct vt_error err = { 0 };

    (void)is_synced; /* always */
    if (vt_disk_remove(of(vfs)->disk, name, &err))
        return SQLITE_OK;
    return err.code == VT_ABSENT ? SQLITE_IOERR_DELETE_NOENT
                                 : fail(of(vfs), &err, SQLITE_IOERR_DELETE);
}

static int has_file(sqlite3_vfs *vfs, const char *name, int what, int *out)
{
    (void)what;
    *out = vt_disk_has(of(vfs)->disk, name);
    return SQLITE_OK;
}

/* Names are those of the disk. */
static int full_name(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)len, "%s", name) < len ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int throw_dice(sqlite3_vfs *vfs, int len, char *out)
{
    struct vt_env env = vt_env_real();

    (void)vfs;
    vt_env_random(&env, (uint8_t *)out, (size_t)len);
    return len;
}

static int sleep_for(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us; /* there is nobody to wait for */
}

/* Julian days, as SQLite counts them. */
static int tell_time(sqlite3_vfs *vfs, double *out)
{
    struct vt_env env = vt_env_real();

    (void)vfs;
    *out = 2440587.5 + (double)vt_env_now_unix_ms(&env) / 86400000.0;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int len, char *out)
{
    (void)snprintf(out, (size_t)len, "%s", of(vfs)->trouble.message);
    return 0;
}

bool vt_records_vfs_open(struct vt_records_vfs *vfs, struct vt_disk *disk,
                         struct vt_error *err)
{
    *vfs = (struct vt_records_vfs){ .disk = disk };
    (void)snprintf(vfs->name, sizeof vfs->name, "vitrine-%p", (void *)vfs);
    vfs->vfs = (sqlite3_vfs){ .iVersion = 1,
                              .szOsFile = sizeof(struct file),
                              .mxPathname = NAME_BYTES_MAX,
                              .zName = vfs->name,
                              .pAppData = vfs,
                              .xOpen = open_file,
                              .xDelete = remove_file,
                              .xAccess = has_file,
                              .xFullPathname = full_name,
                              .xRandomness = throw_dice,
                              .xSleep = sleep_for,
                              .xCurrentTime = tell_time,
                              .xGetLastError = last_error };
    return sqlite3_vfs_register(&vfs->vfs, 0) == SQLITE_OK ||
           vt_fail(err, VT_IO, "%s: SQLite cannot be used", vt_disk_path(disk));
}

void vt_records_vfs_close(struct vt_records_vfs *vfs)
{
    (void)sqlite3_vfs_unregister(&vfs->vfs);
}
