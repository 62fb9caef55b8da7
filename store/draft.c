/* Drafts: a new file is written under a name of ours beside its place, synced, and then
 * renamed into it.  Whole files are drafts of one piece. */
#include "store/inside.h"

#include "store/draft.h"

struct vt_disk_draft {
    struct vt_disk *disk;
    struct vt_spot spot; /* where the draft lies */
    char leaf[sizeof VT_DISK_OWN_PREFIX + 20];
    char *subject; /* what it is to become, as far as known; owned */
    int fd;
    uint64_t size;
    uint64_t written_back; /* so many bytes the kernel was told to begin with */
};

/* A large file is written back while it grows: its sync at the end then waits for the last
 * piece only, not for all of it. */
enum { WRITE_BACK_BYTES = 1 << 20 };

static struct vt_step step_of(const struct vt_disk_draft *draft, const char *site)
{
    return (struct vt_step){ draft->disk->gate, site, draft->subject };
}

static void draft_free(struct vt_disk_draft *draft)
{
    vt_fd_close(&draft->fd);
    vt_spot_close(&draft->spot);
    free(draft->subject);
    free(draft);
}

/* Take away what was written; errno and err stay what they were. */
static void withdraw(struct vt_disk_draft *draft)
{
    int kept = errno;

    if (!draft->disk->is_spoiled)
        (void)vt_change_unlink(step_of(draft, "file: withdraw"), &draft->spot);
    draft_free(draft);
    errno = kept;
}

/* Make a file with a fresh name of ours; draft->fd is it. */
static bool create_file(struct vt_disk_draft *draft, mode_t mode, struct vt_error *err)
{
    const struct vt_env env = vt_env_real();
    uint64_t dice;

    for (unsigned tries = 0; tries < 8; tries++) {
        vt_env_random(&env, (uint8_t *)&dice, sizeof dice);
        (void)snprintf(draft->leaf, sizeof draft->leaf, VT_DISK_OWN_PREFIX "%016" PRIx64,
                       dice);
        draft->fd = vt_change_create(step_of(draft, "file: make"), &draft->spot, mode);
        if (draft->fd >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    return vt_disk_fail_change(draft->disk, draft->subject, "make it", err);
}

bool vt_draft_begin(struct vt_disk *disk, const char *name, mode_t mode, bool is_durable,
                    struct vt_disk_draft **draft_out, struct vt_error *err)
{
    struct vt_disk_draft *draft;
    struct vt_spot spot;

    if (!vt_spot_make(disk, name, is_durable, &spot, err))
        return false;
    draft = vt_alloc(sizeof *draft);
    draft->disk = disk;
    draft->spot = spot;
    draft->spot.leaf = draft->leaf;
    draft->subject = vt_strdup_slice(vt_slice_from_cstr(name));
    draft->fd = -1;
    if (!create_file(draft, mode, err)) {
        withdraw(draft);
        return false;
    }
    *draft_out = draft;
    return true;
}

bool vt_draft_write(struct vt_disk_draft *draft, vt_slice bytes, struct vt_error *err)
{
    if (bytes.len != 0 &&
        vt_change_write(step_of(draft, "file: write"), draft->fd, draft->size, bytes) != 0)
        return vt_disk_fail_change(draft->disk, draft->subject, "write it", err);
    draft->size += bytes.len;
    if (draft->size - draft->written_back >= WRITE_BACK_BYTES) {
        (void)sync_file_range(draft->fd, (off_t)draft->written_back,
                              (off_t)(draft->size - draft->written_back),
                              SYNC_FILE_RANGE_WRITE); /* a hint */
        draft->written_back = draft->size;
    }
    return true;
}

/* Rename it to its place. */
static bool place(struct vt_disk_draft *draft, const struct vt_spot *to, const char *name,
                  bool may_replace, struct vt_error *err)
{
    if (vt_change_rename(step_of(draft, "file: name"), &draft->spot, to, may_replace) == 0)
        return true;
    if (errno == EEXIST && !may_replace)
        return vt_fail(err, VT_REJECTED, "%s/%s: exists already", draft->disk->path, name);
    return vt_disk_fail_change(draft->disk, name, "put it in place", err);
}

bool vt_draft_finish_lazily(struct vt_disk_draft *draft, const char *name, int *fd_out,
                            struct vt_error *err)
{
    struct vt_spot to = draft->spot;

    to.leaf = vt_name_leaf(name);
    if (!place(draft, &to, name, true, err)) {
        withdraw(draft);
        return false;
    }
    *fd_out = vt_take_fd(&draft->fd);
    draft_free(draft);
    return true;
}

static bool sync_and_place(struct vt_disk_draft *draft, const struct vt_spot *to,
                           const char *name, bool may_replace, struct vt_error *err)
{
    struct vt_disk *disk = draft->disk;

    if (vt_change_sync(step_of(draft, "file: sync"), draft->fd) != 0)
        return vt_disk_spoil(disk, name, "sync it", err);
    if (!place(draft, to, name, may_replace, err))
        return false;
    if (vt_change_sync_folder(step_of(draft, "file: sync folder"), to->fd, to->folder) != 0)
        return vt_disk_spoil(disk, name, "sync its folder", err);
    return true;
}

/* ---- public ---------------------------------------------------------------------------
 */

bool vt_disk_draft_begin(struct vt_disk *disk, const char *folder, mode_t mode,
                         struct vt_disk_draft **draft_out, struct vt_error *err)
{
    char name[VT_DISK_NAME_BYTES_MAX];

    (void)snprintf(name, sizeof name, "%.*s%sdraft", VT_DISK_NAME_BYTES_MAX - 8, folder,
                   folder[0] != '\0' ? "/" : "");
    return vt_draft_begin(disk, name, mode, true, draft_out, err);
}

bool vt_disk_draft_add(struct vt_disk_draft *draft, vt_slice bytes, struct vt_error *err)
{
    return vt_disk_is_usable(draft->disk, err) && vt_draft_write(draft, bytes, err);
}

void vt_disk_draft_discard(struct vt_disk_draft *draft)
{
    if (draft != NULL)
        withdraw(draft);
}

bool vt_disk_draft_finish(struct vt_disk_draft *draft, const char *name, bool may_replace,
                          struct vt_error *err)
{
    VT_AUTO_SPOT to = { .fd = -1 };

    free(draft->subject);
    draft->subject = vt_strdup_slice(vt_slice_from_cstr(name));
    if (!vt_spot_make(draft->disk, name, true, &to, err) ||
        !sync_and_place(draft, &to, name, may_replace, err)) {
        withdraw(draft);
        return false;
    }
    draft_free(draft);
    return true;
}

static bool write_whole(struct vt_disk *disk, const char *name, vt_slice bytes, mode_t mode,
                        bool may_replace, struct vt_error *err)
{
    struct vt_disk_draft *draft;

    if (!vt_draft_begin(disk, name, mode, true, &draft, err))
        return false;
    if (!vt_draft_write(draft, bytes, err)) {
        withdraw(draft);
        return false;
    }
    return vt_disk_draft_finish(draft, name, may_replace, err);
}

bool vt_disk_write(struct vt_disk *disk, const char *name, vt_slice bytes, mode_t mode,
                   struct vt_error *err)
{
    return write_whole(disk, name, bytes, mode, true, err);
}

bool vt_disk_create(struct vt_disk *disk, const char *name, vt_slice bytes, mode_t mode,
                    struct vt_error *err)
{
    if (vt_disk_has(disk, name)) /* spare the work; the rename decides */
        return vt_fail(err, VT_REJECTED, "%s/%s: exists already", disk->path, name);
    return write_whole(disk, name, bytes, mode, false, err);
}
