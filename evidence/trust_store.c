/* One file a version; the largest number is the newest. */
#include "evidence/trust_store.h"
#include "store/disk.h"

/* "12.json" as 12; 0 for any other name. */
static uint64_t version_of(const char *name)
{
    vt_slice text = vt_slice_from_cstr(name);
    uint64_t version;

    if (!vt_slice_ends_with(text, VT_LIT(".json")) ||
        !vt_decimal_parse(vt_slice_sub(text, 0, text.len - 5), &version))
        return 0;
    return version;
}

static bool note_version(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    uint64_t *newest = context, version = version_of(name);

    (void)err;
    if (!is_folder && version > *newest)
        *newest = version;
    return true;
}

static bool newest_version(struct vt_disk *disk, uint64_t *out, struct vt_error *err)
{
    *out = 0;
    return vt_disk_list(disk, "", note_version, out, err);
}

static bool read_version(struct vt_disk *disk, uint64_t version, struct vt_buf *bytes,
                         struct vt_trust **trust_out, struct vt_error *err)
{
    char name[32];

    (void)snprintf(name, sizeof name, "%ju.json", (uintmax_t)version);
    return vt_disk_read(disk, name, bytes, err) &&
           (vt_trust_parse(vt_buf_slice(bytes), trust_out, err) ||
            vt_within(err, "%s/%s", vt_disk_path(disk), name));
}

/* Write the version's file, or make sure that what is there is durable. */
static bool keep_version(struct vt_disk *disk, uint64_t version, vt_slice bytes,
                         struct vt_error *err)
{
    char name[32];

    (void)snprintf(name, sizeof name, "%ju.json", (uintmax_t)version);
    if (vt_disk_has(disk, name))
        return vt_disk_keep(disk, name, err);
    return vt_disk_create(disk, name, bytes, 0644, err);
}

static bool pin(struct vt_disk *disk, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_TRUST there = NULL;
    VT_AUTO_BUF old = vt_buf_init(VT_TRUST_BYTES_MAX);
    uint64_t newest;

    if (!vt_trust_parse(bytes, &trust, err) || !newest_version(disk, &newest, err))
        return false;
    if (newest == 0)
        return keep_version(disk, trust->version, bytes, err);
    if (!read_version(disk, newest, &old, &there, err))
        return false;
    if (newest != trust->version || !vt_slice_equal(vt_buf_slice(&old), bytes))
        return vt_fail(err, VT_REJECTED,
                       "%s: version %ju is pinned here already; take later versions with "
                       "`vitrine trust rotate --next`",
                       vt_disk_path(disk), (uintmax_t)newest);
    return keep_version(disk, newest, bytes, err);
}

static bool take(struct vt_disk *disk, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_TRUST current = NULL;
    VT_AUTO_TRUST next = NULL;
    VT_AUTO_BUF old = vt_buf_init(VT_TRUST_BYTES_MAX);
    uint64_t newest;

    if (!newest_version(disk, &newest, err))
        return false;
    if (newest == 0)
        return vt_fail(err, VT_ABSENT,
                       "%s: no trust root is pinned; `vitrine trust pin` takes the first",
                       vt_disk_path(disk));
    if (!read_version(disk, newest, &old, &current, err))
        return false;
    if (vt_slice_equal(vt_buf_slice(&old), bytes))
        return keep_version(disk, newest, bytes, err);
    return vt_trust_parse(bytes, &next, err) && vt_trust_verify_next(current, next, err) &&
           keep_version(disk, next->version, bytes, err);
}

/* Alone in the folder, which is made with is_new. */
static bool change(const char *folder, bool is_new, vt_slice bytes,
                   bool (*how)(struct vt_disk *disk, vt_slice bytes, struct vt_error *err),
                   struct vt_error *err)
{
    struct vt_disk *disk;
    bool ok;

    if (!vt_disk_open(folder, is_new, &disk, err))
        return false;
    ok = vt_disk_lock(disk, err) && vt_disk_sweep(disk, "", err) && how(disk, bytes, err);
    vt_disk_close(disk);
    return ok;
}

bool vt_trust_store_pin(const char *folder, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;
    bool was_there = vt_path_exists(folder);

    if (!vt_trust_parse(bytes, &trust, err)) /* no folder for what is no trust root */
        return false;
    if (change(folder, true, bytes, pin, err))
        return true;
    if (!was_there)
        vt_disk_abandon(folder);
    return false;
}

bool vt_trust_store_take(const char *folder, vt_slice bytes, struct vt_error *err)
{
    return change(folder, false, bytes, take, err);
}

bool vt_trust_store_read(const char *folder, struct vt_trust **trust_out,
                         struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    struct vt_disk *disk;
    uint64_t newest;
    bool ok;

    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    ok = newest_version(disk, &newest, err) &&
         (newest != 0 ||
          vt_fail(err, VT_ABSENT, "%s: no trust root is pinned here", folder)) &&
         read_version(disk, newest, &bytes, trust_out, err);
    vt_disk_close(disk);
    return ok;
}
