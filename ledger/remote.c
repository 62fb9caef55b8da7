/* A log that lies elsewhere: in a folder, or behind a web server. */
#include "ledger/remote.h"
#include "http/http.h"
#include "ledger/beside.h"
#include "ledger/retention.h"
#include "ledger/tlog_proof.h"
#include "store/disk.h"
#include <time.h>

enum { TRIES = 3, AGAIN_MS = 100 };

/* A file that was asked for before it is needed. */
struct ahead {
    bool is_taken;
    char path[VT_TILE_PATH_BYTES];
    char *url; /* owned */
    struct vt_http_call call;
};

struct vt_remote {
    const char *where; /* borrowed */
    const struct vt_policy *policy;
    vt_slice origin;
    struct vt_disk *disk;          /* of a folder; NULL until it is needed */
    struct vt_http_client *client; /* of a URL; NULL until it is needed */
    int64_t share_ms, spent_ms;    /* waiting; 0: there is no bound */
    int64_t began_ms;              /* of the wait that goes on */
    bool has_failed;               /* the last file was not to be had */
    bool is_size_known;
    uint64_t size; /* of its checkpoint; only to guess the names of partial tiles */
    struct ahead ahead[VT_REMOTE_AHEAD];
};

struct vt_remote *vt_remote_new(const char *where, const struct vt_policy *policy,
                                vt_slice origin)
{
    struct vt_remote *remote = vt_alloc(sizeof *remote);

    remote->where = where;
    remote->policy = policy;
    remote->origin = origin;
    return remote;
}

void vt_remote_set_share(struct vt_remote *remote, int64_t share_ms)
{
    remote->share_ms = share_ms;
}

static void ahead_clear(struct ahead *ahead)
{
    vt_http_call_clear(&ahead->call);
    free(ahead->url);
    memset(ahead, 0, sizeof *ahead);
}

void vt_remote_close(struct vt_remote *remote)
{
    if (remote == NULL)
        return;
    for (size_t i = 0; i < VT_REMOTE_AHEAD; i++) {
        if (remote->ahead[i].is_taken)
            vt_http_client_cancel(remote->client, &remote->ahead[i].call);
        ahead_clear(&remote->ahead[i]);
    }
    vt_disk_close(remote->disk);
    vt_http_client_free(remote->client);
    free(remote);
}

void vt_remote_close_pointer(struct vt_remote **remote)
{
    vt_remote_close(*remote);
}

/* ---- over HTTP --------------------------------------------------------------------------
 */

static char *url_of(const struct vt_remote *remote, const char *path)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_strdup_slice(vt_slice_from_cstr(
        vt_http_url(arena, remote->where, vt_arena_printf(arena, "/%s", path))));
}

/* Of a call that is done. */
static bool take_answer(const struct vt_http_call *call, const char *path,
                        struct vt_buf *out, struct vt_error *err)
{
    if (call->status == 0) {
        *err = call->failure;
        return false;
    }
    if (call->status == VT_HTTP_NOT_FOUND)
        return vt_fail(err, VT_ABSENT, "%s: the server has none", call->url);
    if (call->status != VT_HTTP_OK)
        return vt_fail(err, VT_IO, "%s: the server answered %d", call->url, call->status);
    vt_buf_put(out, vt_buf_slice(&call->answer));
    return vt_buf_check(out, path, err);
}

static bool has_client(struct vt_remote *remote, struct vt_error *err)
{
    return remote->client != NULL || vt_http_client_new(&remote->client, err);
}

/* Of its share, in milliseconds. */
static bool has_time(const struct vt_remote *remote, int64_t *left_out,
                     struct vt_error *err)
{
    *left_out = 1000;
    if (remote->share_ms == 0)
        return true;
    *left_out =
        remote->share_ms - remote->spent_ms - (vt_monotonic_ms() - remote->began_ms);
    return *left_out > 0 ||
           vt_fail(err, VT_LIMIT, "%s: did not give all that was asked for in %jd s",
                   remote->where, (intmax_t)(remote->share_ms / 1000));
}

/* Until this call is done; others that are done meanwhile keep their answers. */
static bool finish(struct vt_remote *remote, struct vt_http_call *call,
                   struct vt_error *err)
{
    struct vt_http_call *done;
    int64_t left_ms;

    while (call->inside != NULL)
        if (!has_time(remote, &left_ms, err) ||
            !vt_http_client_wait(remote->client, left_ms < 1000 ? left_ms : 1000, &done,
                                 err))
            return false;
    return true;
}

static bool fetch_now(struct vt_remote *remote, const char *path, struct vt_buf *out,
                      struct vt_error *err)
{
    VT_AUTO_FREE char *url = url_of(remote, path);
    struct vt_http_call call = { .url = url, .answer_bytes_max = out->bytes_max };
    bool is_ok = vt_http_client_start(remote->client, &call, err) &&
                 finish(remote, &call, err) && take_answer(&call, path, out, err);

    vt_http_client_cancel(remote->client, &call);
    vt_http_call_clear(&call);
    return is_ok;
}

static struct ahead *find_ahead(struct vt_remote *remote, const char *path)
{
    for (size_t i = 0; i < VT_REMOTE_AHEAD; i++)
        if (remote->ahead[i].is_taken && strcmp(remote->ahead[i].path, path) == 0)
            return &remote->ahead[i];
    return NULL;
}

static bool finish_ahead(struct vt_remote *remote, struct ahead *ahead, struct vt_buf *out,
                         struct vt_error *err)
{
    bool is_ok = finish(remote, &ahead->call, err) &&
                 take_answer(&ahead->call, ahead->path, out, err);

    vt_http_client_cancel(remote->client, &ahead->call);
    ahead_clear(ahead);
    return is_ok;
}

/* A server that is busy, or a connection that broke, gets another chance. */
static bool try_fetch(struct vt_remote *remote, const char *path, struct vt_buf *out,
                      struct vt_error *err)
{
    struct timespec rest = { .tv_nsec = AGAIN_MS * 1000000L };
    struct ahead *ahead;
    bool is_ok;

    if (!has_client(remote, err))
        return false;
    ahead = find_ahead(remote, path);
    is_ok = ahead != NULL ? finish_ahead(remote, ahead, out, err)
                          : fetch_now(remote, path, out, err);
    for (int i = 0; i < TRIES && !is_ok && err->code == VT_IO; i++) {
        (void)nanosleep(&rest, NULL);
        rest.tv_nsec *= 3;
        vt_buf_truncate(out, 0);
        is_ok = fetch_now(remote, path, out, err);
    }
    return is_ok;
}

static bool fetch(struct vt_remote *remote, const char *path, struct vt_buf *out,
                  struct vt_error *err)
{
    bool is_ok;

    remote->began_ms = vt_monotonic_ms();
    is_ok = try_fetch(remote, path, out, err);
    remote->spent_ms += vt_monotonic_ms() - remote->began_ms;
    return is_ok;
}

bool vt_remote_find(struct vt_remote *remote, struct vt_error *err)
{
    return vt_http_is_url(remote->where) || remote->disk != NULL ||
           vt_disk_open(remote->where, false, &remote->disk, err);
}

static bool try_read(struct vt_remote *remote, const char *path, struct vt_buf *out,
                     struct vt_error *err)
{
    struct vt_error ignored = { 0 };
    char pruned[2 * VT_TILE_PATH_BYTES + VT_BESIDE_PATH_BYTES];

    vt_buf_truncate(out, 0);
    if (vt_http_is_url(remote->where))
        return fetch(remote, path, out, err);
    if (!vt_remote_find(remote, err))
        return false;
    if (vt_disk_read(remote->disk, path, out, err))
        return true;
    (void)snprintf(pruned, sizeof pruned, VT_PRUNED_FOLDER "/%s", path);
    return err->code == VT_ABSENT && (vt_disk_read(remote->disk, pruned, out, &ignored) ||
                                      (ignored.code != VT_ABSENT &&
                                       vt_fail(err, ignored.code, "%s", ignored.message)));
}

static bool read_file(struct vt_remote *remote, const char *path, struct vt_buf *out,
                      struct vt_error *err)
{
    remote->has_failed = !try_read(remote, path, out, err);
    return !remote->has_failed;
}

bool vt_remote_has_failed(const struct vt_remote *remote)
{
    return remote->has_failed;
}

void vt_remote_expect(struct vt_remote *remote, const struct vt_tile_name *name)
{
    struct vt_error ignored = { 0 };
    char path[VT_TILE_PATH_BYTES];
    struct ahead *free_one = NULL;

    vt_tile_path(name, path);
    if (!vt_http_is_url(remote->where) || !has_client(remote, &ignored) ||
        find_ahead(remote, path) != NULL)
        return;
    for (size_t i = 0; i < VT_REMOTE_AHEAD && free_one == NULL; i++)
        if (!remote->ahead[i].is_taken)
            free_one = &remote->ahead[i];
    if (free_one == NULL)
        return;
    memcpy(free_one->path, path, sizeof path);
    free_one->url = url_of(remote, path);
    free_one->call = (struct vt_http_call){ .url = free_one->url,
                                            .answer_bytes_max = VT_BUNDLE_BYTES_MAX };
    free_one->is_taken = vt_http_client_start(remote->client, &free_one->call, &ignored);
    if (!free_one->is_taken)
        ahead_clear(free_one);
}

bool vt_remote_is_expected(struct vt_remote *remote, const struct vt_tile_name *name)
{
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path);
    return find_ahead(remote, path) != NULL;
}

/* ---- what is asked for ----------------------------------------------------------------
 */

bool vt_remote_checkpoint(struct vt_remote *remote, struct vt_buf *out,
                          struct vt_head *head_out, int64_t *time_out, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;

    remote->is_size_known = true; /* asked once is enough */
    if (!read_file(remote, "checkpoint", out, err))
        return false;
    if (!vt_tlog_checkpoint_verify(vt_buf_slice(out), remote->policy, remote->origin,
                                   &verdict, err))
        return vt_within(err, "%s", remote->where);
    remote->size = verdict.size;
    *head_out = (struct vt_head){ verdict.size, verdict.root };
    if (time_out != NULL)
        *time_out = verdict.time_unix_s;
    return true;
}

/* How wide this tile is in the tree that the copy shows; 0: it does not say. */
static unsigned own_width(struct vt_remote *remote, const struct vt_tile_name *name)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error ignored = { 0 };
    struct vt_head head;

    if (!remote->is_size_known &&
        !vt_remote_checkpoint(remote, &note, &head, NULL, &ignored))
        return 0;
    return vt_tile_width(name->level, name->index, remote->size);
}

bool vt_remote_read(struct vt_remote *remote, const struct vt_tile_name *name,
                    struct vt_buf *out, unsigned *width_out, struct vt_error *err)
{
    struct vt_tile_name version = *name;
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(&version, path);
    *width_out = version.width;
    if (read_file(remote, path, out, err))
        return true;
    if (err->code != VT_ABSENT || name->width == VT_TILE_WIDTH)
        return false;
    version.width = own_width(remote, name);
    if (version.width <= name->width)
        return false;
    *width_out = version.width;
    vt_tile_path(&version, path);
    return read_file(remote, path, out, err);
}

bool vt_remote_beside(struct vt_remote *remote, const vt_hash *digest, struct vt_buf *out,
                      struct vt_error *err)
{
    char path[VT_BESIDE_PATH_BYTES];

    vt_beside_path(digest, path);
    return read_file(remote, path, out, err);
}

bool vt_remote_retention(struct vt_remote *remote, struct vt_arena *arena,
                         struct vt_retention *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RETENTION_BYTES_MAX);

    if (!try_read(remote, VT_RETENTION_NAME, &bytes, err)) {
        *out = (struct vt_retention){ 0 };
        return err->code == VT_ABSENT;
    }
    return vt_retention_parse(vt_buf_slice(&bytes), arena, out, err) ||
           vt_within(err, "%s", remote->where);
}

static bool read_hashes(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                        struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TILE_BYTES);
    char path[VT_TILE_PATH_BYTES];
    unsigned width;

    if (!vt_remote_read(context, tile, &bytes, &width, err))
        return false;
    if (bytes.len != width * sizeof *hashes_out) {
        vt_tile_path(tile, path);
        return vt_fail(err, VT_REJECTED, "%s: %zu bytes are not %u hashes", path, bytes.len,
                       width);
    }
    memcpy(hashes_out, bytes.data, tile->width * sizeof *hashes_out);
    return true;
}

struct vt_tile_source vt_remote_source(struct vt_remote *remote)
{
    return (struct vt_tile_source){ read_hashes, remote };
}
