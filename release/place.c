/* Where somebody offers files. */
#include "release/place.h"
#include "http/http.h"
#include "store/disk.h"

enum { DEPTH_MAX = 8, FILE_MS_MAX = 600000 };

struct vt_place {
    const char *where; /* borrowed */
    bool is_url;
    struct vt_disk *disk;          /* NULL until it is needed */
    struct vt_http_client *client; /* the same */
};

struct vt_place *vt_place_new(const char *where)
{
    struct vt_place *place = vt_alloc(sizeof *place);

    place->where = where;
    place->is_url = vt_http_is_url(where);
    return place;
}

void vt_place_close(struct vt_place *place)
{
    if (place == NULL)
        return;
    vt_disk_close(place->disk);
    vt_http_client_free(place->client);
    free(place);
}

const char *vt_place_name(const struct vt_place *place)
{
    return place->where;
}

static bool open_disk(struct vt_place *place, struct vt_error *err)
{
    return place->disk != NULL || vt_disk_open(place->where, false, &place->disk, err);
}

/* ---- over HTTP --------------------------------------------------------------------------
 */

/* The path as it stands in a URL. */
static void put_escaped(struct vt_buf *url, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/";

    for (; *path != '\0'; path++)
        if (strchr(plain, *path) != NULL)
            vt_buf_put_u8(url, (uint8_t)*path);
        else
            vt_buf_printf(url, "%%%02X", (unsigned)(uint8_t)*path);
}

static bool ask(struct vt_place *place, const char *path, struct vt_http_call *call,
                struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF url = vt_buf_init(VT_KIB(8));

    vt_buf_put(&url, vt_slice_from_cstr(vt_http_url(arena, place->where, "/")));
    put_escaped(&url, path);
    if (!vt_buf_check(&url, "the URL", err) ||
        (place->client == NULL && !vt_http_client_new(&place->client, err)))
        return false;
    call->url = vt_buf_cstr(&url);
    if (!vt_http_client_run(place->client, call, err))
        return false;
    if (call->status == VT_HTTP_NOT_FOUND)
        return vt_fail(err, VT_ABSENT, "%s: the server has none", call->url);
    return call->status == VT_HTTP_OK ||
           vt_fail(err, VT_IO, "%s: the server answered %d", call->url, call->status);
}

/* ---- what is asked for ------------------------------------------------------------------
 */

static bool look_in_folder(struct vt_place *place, const char *path,
                           struct vt_place_about *out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct stat about;
    uint64_t size;

    if (!open_disk(place, err) || !vt_disk_open_fd(place->disk, path, &fd, &size, err))
        return false;
    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    *out = (struct vt_place_about){ about.st_mtime, about.st_size };
    return true;
}

bool vt_place_look(struct vt_place *place, const char *path, struct vt_place_about *out,
                   struct vt_error *err)
{
    struct vt_http_call call = { .method = "HEAD", .answer_bytes_max = 1 };

    if (!place->is_url)
        return look_in_folder(place, path, out, err);
    if (!ask(place, path, &call, err)) {
        vt_http_call_clear(&call);
        return false;
    }
    *out = (struct vt_place_about){ call.modified_unix_s, call.length };
    vt_http_call_clear(&call);
    return true;
}

bool vt_place_read(struct vt_place *place, const char *path, struct vt_buf *out,
                   struct vt_error *err)
{
    struct vt_http_call call = { .answer_bytes_max = out->bytes_max,
                                 .timeout_ms = FILE_MS_MAX };
    bool is_ok;

    if (!place->is_url)
        return open_disk(place, err) && vt_disk_read(place->disk, path, out, err);
    is_ok = ask(place, path, &call, err);
    if (is_ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return is_ok && vt_buf_check(out, path, err);
}

bool vt_place_hash(struct vt_place *place, const char *path, vt_hash *out,
                   struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_PLACE_BYTES_MAX);
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (!place->is_url)
        return open_disk(place, err) &&
               vt_disk_open_fd(place->disk, path, &fd, &size, err) &&
               vt_sha256_fd(fd, path, out, &size, err);
    if (!vt_place_read(place, path, &bytes, err))
        return false;
    *out = vt_sha256_of(vt_buf_slice(&bytes));
    return true;
}

/* ---- every file -------------------------------------------------------------------------
 */

struct walk {
    struct vt_place *place;
    struct vt_arena *arena;
    const char *folder;
    unsigned depth;
    bool (*each)(void *context, const char *path, struct vt_error *err);
    void *context;
};

static bool walk_one(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct walk *w = context;
    struct walk inner = *w;

    inner.folder = w->folder[0] == '\0'
                       ? vt_arena_printf(w->arena, "%s", name)
                       : vt_arena_printf(w->arena, "%s/%s", w->folder, name);
    if (!is_folder)
        return w->each(w->context, inner.folder, err);
    if (++inner.depth > DEPTH_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d folders deep", inner.folder,
                       DEPTH_MAX);
    return vt_disk_list(w->place->disk, inner.folder, walk_one, &inner, err);
}

bool vt_place_walk(struct vt_place *place,
                   bool (*each)(void *context, const char *path, struct vt_error *err),
                   void *context, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct walk walk = { place, arena, "", 0, each, context };

    return place->is_url ||
           (open_disk(place, err) && vt_disk_list(place->disk, "", walk_one, &walk, err));
}
