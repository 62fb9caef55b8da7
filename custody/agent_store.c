/* The agent's file: read whole at the start, through the chain; then appended. */
#include "custody/agent_record.h"
#include "store/store.h"

#define FILE_NAME "openings"

/* Room is made ahead, so that a record needs no change of the file's size to be durable. */
enum { ROOM_BYTES = 1 << 20 };

struct vt_agent_store {
    struct vt_disk *disk;
    struct vt_disk_file *file;
    uint64_t end; /* where the next frame goes */
    struct vt_agent_totals totals;
};

/* ---- reading all ------------------------------------------------------------------------
 */

static bool fail_damaged(const char *path, uint64_t at, const char *how,
                         struct vt_error *err)
{
    return vt_fail(err, VT_REJECTED,
                   "%s: damaged at byte %ju (%s): restore the newest copy; without it the "
                   "agent does not know what it released",
                   path, (uintmax_t)at, how);
}

static bool continues(const struct vt_agent_totals *totals,
                      const struct vt_agent_record *record)
{
    return record->number == totals->number + 1 && record->size >= totals->size;
}

static void count(struct vt_agent_totals *totals, const struct vt_agent_record *record,
                  const vt_hash *chain)
{
    totals->number = record->number;
    totals->deeds[record->deed]++;
    if (record->deed == VT_AGENT_RELEASED)
        totals->keys += record->object_count;
    if (record->deed == VT_AGENT_REWRAPPED)
        totals->rewrapped += record->object_count;
    if (record->time_unix_s > totals->until_unix_s)
        totals->until_unix_s = record->time_unix_s;
    totals->size = record->size;
    totals->root = record->root;
    totals->chain = *chain;
}

static bool is_zero(vt_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i] != 0)
            return false;
    return true;
}

/* Behind `at`, where no frame is whole: is there something that a write which was cut off
 * cannot have left?  Then the frame at `at` was durable once. */
static bool has_frame_behind(vt_slice bytes, uint64_t at)
{
    size_t claimed = vt_agent_frame_len(vt_slice_sub(bytes, at, bytes.len - at));

    if (claimed != 0 && claimed < bytes.len - at &&
        !is_zero(vt_slice_sub(bytes, at + claimed, bytes.len - at - claimed)))
        return true;
    for (size_t i = at + VT_AGENT_FRAME_ALIGN; i < bytes.len; i += VT_AGENT_FRAME_ALIGN) {
        VT_AUTO_ARENA arena = NULL;
        struct vt_agent_record record;
        vt_slice body, rest = vt_slice_sub(bytes, i, bytes.len - i);
        size_t len;

        if (vt_agent_frame_len(rest) == 0)
            continue;
        arena = vt_arena_new();
        if (vt_agent_frame_read(rest, i, arena, &record, &body, &len))
            return true;
    }
    return false;
}

/* Where the whole frames end, and whether only zeros, room for more, stand behind them. */
struct end {
    uint64_t at;
    bool is_clean;
};

/* Every frame to the end. */
static bool read_frames(const char *path, vt_slice bytes, vt_agent_reader reader,
                        struct vt_agent_totals *totals, struct end *end_out,
                        struct vt_error *err)
{
    uint64_t at = 0;

    while (at < bytes.len && bytes.data[at] != 0) {
        VT_AUTO_ARENA arena = vt_arena_new();
        struct vt_agent_record record;
        vt_slice body;
        vt_hash chain;
        size_t len;

        if (!vt_agent_frame_read(vt_slice_sub(bytes, at, bytes.len - at), at, arena,
                                 &record, &body, &len)) {
            if (has_frame_behind(bytes, at))
                return fail_damaged(path, at, "a record is unreadable", err);
            break;
        }
        chain = vt_agent_chain(&totals->chain, body);
        if (!vt_hash_equal(&chain, &record.chain) || !continues(totals, &record))
            return fail_damaged(path, at, "a record does not continue the one before", err);
        if (!reader.take(reader.context, &record, at, err))
            return false;
        count(totals, &record, &chain);
        at += len;
    }
    *end_out = (struct end){ at, is_zero(vt_slice_sub(bytes, at, bytes.len - at)) };
    return end_out->is_clean || !has_frame_behind(bytes, at) ||
           fail_damaged(path, at, "a record is unreadable", err);
}

/* A map of the file, which only grows. */
static bool read_map(int fd, const char *path, vt_agent_reader reader,
                     struct vt_agent_totals *totals, struct end *end_out,
                     struct vt_error *err)
{
    VT_AUTO_MAPPING map = { 0 };

    *end_out = (struct end){ 0, true };
    return vt_mapping_init(&map, fd, path, err) &&
           (map.bytes.len == 0 ||
            read_frames(path, map.bytes, reader, totals, end_out, err));
}

bool vt_agent_openings_read(const char *path, vt_agent_reader reader,
                            struct vt_agent_totals *totals_out, struct vt_error *err)
{
    struct vt_agent_totals totals = { .number = 0 };
    VT_AUTO_FD fd = -1;
    struct end end;
    uint64_t size;

    if (!vt_file_open(path, &fd, &size, err) ||
        !read_map(fd, path, reader, &totals, &end, err))
        return false;
    if (!end.is_clean)
        return vt_fail(err, VT_REJECTED,
                       "%s: its last record is cut short at byte %ju: copy it again", path,
                       (uintmax_t)end.at);
    *totals_out = totals;
    return true;
}

/* ---- opening ----------------------------------------------------------------------------
 */

bool vt_agent_store_init(const char *folder, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(folder, true, &disk, err))
        return false;
    is_ok = vt_disk_create(disk, FILE_NAME, (vt_slice){ 0 }, 0600, err);
    vt_disk_close(disk);
    return is_ok;
}

static bool read_all(struct vt_agent_store *store, vt_agent_reader reader,
                     struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct end end;
    uint64_t size;

    if (!vt_disk_has(store->disk, FILE_NAME))
        return vt_fail(err, VT_REJECTED,
                       "%s/" FILE_NAME " is missing: the agent does not know what it "
                       "released; restore the newest copy",
                       vt_disk_path(store->disk));
    /* Opening it for writing makes durable what a killed process left. */
    if (!vt_disk_file_open(store->disk, FILE_NAME, &store->file, err) ||
        !vt_disk_open_fd(store->disk, FILE_NAME, &fd, &size, err) ||
        !read_map(fd, vt_disk_path(store->disk), reader, &store->totals, &end, err))
        return false;
    store->end = end.at;
    return end.is_clean || vt_disk_file_truncate(store->file, store->end, err);
}

bool vt_agent_store_open(const char *folder, vt_agent_reader reader,
                         struct vt_agent_store **store_out, struct vt_error *err)
{
    struct vt_agent_store *store = vt_alloc(sizeof *store);

    if (!vt_disk_open(folder, false, &store->disk, err) ||
        !vt_disk_lock(store->disk, err) || !vt_disk_sweep(store->disk, "", err) ||
        !read_all(store, reader, err)) {
        vt_agent_store_close(store);
        return false;
    }
    *store_out = store;
    return true;
}

void vt_agent_store_close(struct vt_agent_store *store)
{
    if (store == NULL)
        return;
    vt_disk_file_close(store->file);
    vt_disk_close(store->disk);
    free(store);
}

const struct vt_agent_totals *vt_agent_store_totals(const struct vt_agent_store *store)
{
    return &store->totals;
}

/* ---- one record -------------------------------------------------------------------------
 */

static bool make_room(struct vt_agent_store *store, size_t len, struct vt_error *err)
{
    if (store->end + len <= vt_disk_file_size(store->file))
        return true;
    return vt_disk_file_preallocate(store->file, store->end + len + ROOM_BYTES, err);
}

bool vt_agent_store_append(struct vt_agent_store *store,
                           const struct vt_agent_record *record, uint64_t *at_out,
                           struct vt_error *err)
{
    VT_AUTO_BUF frame = vt_buf_init(VT_AGENT_FRAME_BYTES_MAX);
    vt_hash chain = store->totals.chain;

    VT_ASSERT(continues(&store->totals, record));
    if (!vt_agent_frame_write(&frame, store->end, record, &chain, err) ||
        !make_room(store, frame.len, err) ||
        !vt_disk_file_write_at(store->file, store->end, vt_buf_slice(&frame), err) ||
        !vt_disk_file_sync(store->file, err))
        return false;
    *at_out = store->end;
    store->end += frame.len;
    count(&store->totals, record, &chain);
    return true;
}

bool vt_agent_store_read(struct vt_agent_store *store, uint64_t at, struct vt_arena *arena,
                         struct vt_agent_record *out, struct vt_error *err)
{
    uint8_t head[VT_AGENT_FRAME_HEAD], *bytes;
    size_t got, len;
    vt_slice body;

    if (!vt_disk_file_read_at(store->file, at, head, sizeof head, &got, err))
        return false;
    len = got == sizeof head ? vt_agent_frame_len(VT_BYTES(head)) : 0;
    bytes = vt_arena_alloc(arena, len + 1);
    if (!vt_disk_file_read_at(store->file, at, bytes, len, &got, err))
        return false;
    return vt_agent_frame_read(vt_slice_of(bytes, got), at, arena, out, &body, &len) ||
           fail_damaged(vt_disk_path(store->disk), at, "a record is unreadable", err);
}

uint64_t vt_agent_store_bytes(const struct vt_agent_store *store)
{
    return store->end;
}

bool vt_agent_store_copy(struct vt_agent_store *store, uint64_t at, struct vt_buf *out,
                         struct vt_error *err)
{
    size_t room = out->bytes_max - out->len, got;
    VT_AUTO_FREE uint8_t *bytes = NULL;

    VT_ASSERT(at <= store->end);
    if (room > store->end - at)
        room = (size_t)(store->end - at); /* smaller than room was */
    bytes = vt_alloc(room + 1);
    if (!vt_disk_file_read_at(store->file, at, bytes, room, &got, err))
        return false;
    vt_buf_put(out, vt_slice_of(bytes, got));
    return vt_buf_check(out, "openings", err);
}
