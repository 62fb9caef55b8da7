/* Another copy of the log: a folder, or what a web server serves.  It is asked only where
 * something is wrong, and whoever asks checks the answer. */
#include "http/client.h"
#include "ledger/ledger.h"
#include "ledger/scrub_inside.h"

enum { ANSWER_OK = 200 };

struct vt_scrub_copy {
    const char *where; /* borrowed */
    const struct vt_policy *policy;
    vt_slice origin;
    struct vt_disk *disk;          /* of a folder; NULL until it is needed */
    struct vt_http_client *client; /* of a URL; NULL until it is needed */
    bool is_size_known;
    uint64_t size; /* of its checkpoint; only to guess the names of partial tiles */
};

struct vt_scrub_copy *vt_scrub_copy_new(const char *where, const struct vt_policy *policy,
                                        vt_slice origin)
{
    struct vt_scrub_copy *copy = vt_alloc(sizeof *copy);

    copy->where = where;
    copy->policy = policy;
    copy->origin = origin;
    return copy;
}

void vt_scrub_copy_close(struct vt_scrub_copy *copy)
{
    if (copy == NULL)
        return;
    vt_disk_close(copy->disk);
    vt_http_client_free(copy->client);
    free(copy);
}

/* ---- one file -------------------------------------------------------------------------
 */

static bool fetch(struct vt_scrub_copy *copy, const char *path, struct vt_buf *out,
                  struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    size_t len = strlen(copy->where);
    struct vt_http_call call = { .answer_bytes_max = out->bytes_max };
    bool is_ok;

    while (len > 0 && copy->where[len - 1] == '/')
        len--;
    call.url = vt_arena_printf(arena, "%.*s/%s", (int)len, copy->where, path);
    if (copy->client == NULL && !vt_http_client_new(&copy->client, err))
        return false;
    is_ok = vt_http_client_run(copy->client, &call, err);
    if (is_ok && call.status != ANSWER_OK)
        is_ok =
            vt_fail(err, VT_ABSENT, "%s: the server answered %d", call.url, call.status);
    if (is_ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return is_ok && vt_buf_check(out, path, err);
}

static bool is_url(const char *where)
{
    return strncmp(where, "http://", 7) == 0 || strncmp(where, "https://", 8) == 0;
}

static bool read_file(struct vt_scrub_copy *copy, const char *path, struct vt_buf *out,
                      struct vt_error *err)
{
    char pruned[2 * VT_TILE_PATH_BYTES];

    vt_buf_truncate(out, 0);
    if (is_url(copy->where))
        return fetch(copy, path, out, err);
    if (copy->disk == NULL && !vt_disk_open(copy->where, false, &copy->disk, err))
        return false;
    if (vt_disk_read(copy->disk, path, out, err))
        return true;
    (void)snprintf(pruned, sizeof pruned, VT_PRUNED_FOLDER "/%s", path);
    return err->code == VT_ABSENT && vt_disk_read(copy->disk, pruned, out, err);
}

/* ---- what is asked for ----------------------------------------------------------------
 */

bool vt_scrub_copy_checkpoint(struct vt_scrub_copy *copy, struct vt_buf *out,
                              struct vt_head *head_out, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;

    copy->is_size_known = true; /* asked once is enough */
    if (!read_file(copy, "checkpoint", out, err) ||
        !vt_tlog_checkpoint_verify(vt_buf_slice(out), copy->policy, copy->origin, &verdict,
                                   err))
        return vt_within(err, "%s", copy->where);
    copy->size = verdict.size;
    *head_out = (struct vt_head){ verdict.size, verdict.root };
    return true;
}

/* How wide this tile is in the tree that the copy shows; 0: it does not say. */
static unsigned own_width(struct vt_scrub_copy *copy, const struct vt_tile_name *name)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error ignored = { 0 };
    struct vt_head head;

    if (!copy->is_size_known && !vt_scrub_copy_checkpoint(copy, &note, &head, &ignored))
        return 0;
    return vt_tile_width(name->level, name->index, copy->size);
}

bool vt_scrub_copy_read(struct vt_scrub_copy *copy, const struct vt_tile_name *name,
                        struct vt_buf *out, unsigned *width_out, struct vt_error *err)
{
    struct vt_tile_name version = *name;
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(&version, path);
    *width_out = version.width;
    if (read_file(copy, path, out, err))
        return true;
    if (err->code != VT_ABSENT || name->width == VT_TILE_WIDTH)
        return false;
    version.width = own_width(copy, name);
    if (version.width <= name->width)
        return false;
    *width_out = version.width;
    vt_tile_path(&version, path);
    return read_file(copy, path, out, err);
}
