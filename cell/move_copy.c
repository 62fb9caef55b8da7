/* Copying: a stretch of rows, its headers given to the destination all at once, then batch
 * by batch.  Files are opened before a batch is announced: what is erased while it is on
 * its way is either left out of it, or dropped when the move settles. */
#include "cell/move_inside.h"
#include <sys/stat.h>

enum {
    STRETCH_ROWS = VT_MOVE_REWRAP_MAX,
    BATCH_BYTES = 32 << 20, /* unless one object is longer */
    PAUSE_MS = 20,
};

struct copied {
    struct vt_move_row row; /* slices in the arena */
    vt_slice header;        /* the source's, then the destination's */
};

struct stretch {
    struct vt_mover *mover;
    struct vt_arena *arena;
    struct copied rows[STRETCH_ROWS];
    size_t count;
    vt_hash last;
    bool has_last, is_more;
    size_t page_at; /* rows before this one are known to be missing there */
    int64_t begun_ms;
    uint64_t sent_bytes;
};

/* ---- which rows -------------------------------------------------------------------------
 */

static bool keep_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    struct stretch *s = context;
    struct copied *out = &s->rows[s->count++]; /* pages are asked for while there is room */

    (void)err;
    out->row = *row;
    out->row.rule = vt_arena_copy(s->arena, row->rule);
    out->row.receipt = vt_arena_copy(s->arena, row->receipt);
    out->row.rules = vt_arena_copy(s->arena, row->rules);
    out->row.outcome = vt_arena_copy(s->arena, row->outcome);
    out->header = (vt_slice){ 0 };
    s->last = row->object;
    s->has_last = true;
    s->mover->progress.seen++;
    return true;
}

/* Keep the rows of the last page which the destination has not. */
static bool drop_known(struct stretch *s, struct vt_error *err)
{
    VT_AUTO_BUF ids = vt_buf_init(VT_MOVE_IDS_MAX * sizeof(vt_hash));
    size_t kept = s->page_at, count = s->count - s->page_at;
    vt_slice has;

    if (count == 0)
        return true;
    for (size_t i = s->page_at; i < s->count; i++)
        vt_buf_put(&ids, vt_hash_slice(&s->rows[i].row.object));
    if (!vt_move_call(s->mover->to, VT_MOVE_HAVE, vt_buf_slice(&ids), VT_MOVE_HAS, &has,
                      err))
        return false;
    if (has.len != count)
        return vt_fail(err, VT_MALFORMED, "the destination says what it has of others");
    for (size_t i = 0; i < count; i++)
        if (has.data[i] == 0)
            s->rows[kept++] = s->rows[s->page_at + i];
    s->count = s->page_at = kept;
    return true;
}

/* The file of an object, if it is still there. */
static bool read_header(struct stretch *s, struct copied *row, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);
    char id[65], *path;
    vt_hash found;

    vt_hash_text(&row->row.object, id);
    path = vt_arena_printf(s->arena, "%s/header/%.2s/%s", s->mover->samples, id, id);
    if (!vt_path_exists(path))
        return true;
    if (!vt_file_read(path, &bytes, err))
        return vt_within(err, "the source");
    found = vt_sha256_of(vt_buf_slice(&bytes));
    if (!vt_hash_equal(&found, &row->row.object))
        return vt_fail(err, VT_REJECTED,
                       "the source: %s is damaged: it is not the header "
                       "that the object is named by",
                       path);
    row->header = vt_arena_copy(s->arena, vt_buf_slice(&bytes));
    return true;
}

static bool read_headers(struct stretch *s, struct vt_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (!read_header(s, &s->rows[i], err))
            return false;
        if (s->rows[i].header.len == 0)
            s->mover->progress.gone++;
        else
            s->rows[kept++] = s->rows[i];
    }
    s->count = kept;
    return true;
}

static bool rewrap(struct stretch *s, struct vt_error *err)
{
    struct vt_move_sealed *sealed = vt_arena_alloc(s->arena, STRETCH_ROWS * sizeof *sealed);
    vt_slice *made = vt_arena_alloc(s->arena, STRETCH_ROWS * sizeof *made);

    if (s->count == 0)
        return true;
    for (size_t i = 0; i < s->count; i++)
        sealed[i] = (struct vt_move_sealed){ s->rows[i].header, s->rows[i].row.recipient };
    if (!s->mover->rewrap(s->mover->context, sealed, s->count, s->arena, made, err))
        return false;
    for (size_t i = 0; i < s->count; i++)
        s->rows[i].header = made[i];
    return true;
}

static bool gather(struct stretch *s, struct vt_error *err)
{
    size_t max = s->mover->rewrap_max != 0 && s->mover->rewrap_max < STRETCH_ROWS
                     ? s->mover->rewrap_max
                     : STRETCH_ROWS;

    s->count = s->page_at = 0;
    while (s->is_more && s->count + VT_MOVE_ROWS_MAX <= max) {
        vt_hash after = s->last;

        if (!vt_move_page(s->mover, s->has_last ? &after : NULL, keep_row, s, &s->is_more,
                          err) ||
            !drop_known(s, err))
            return false;
    }
    return read_headers(s, err) && rewrap(s, err);
}

/* ---- one batch --------------------------------------------------------------------------
 */

struct batch {
    struct copied *rows[VT_MOVE_BATCH_MAX];
    int fds[VT_MOVE_BATCH_MAX];
    size_t count;
    uint64_t bytes;
};

static void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        vt_fd_close(&batch->fds[i]);
}

static bool add(struct stretch *s, struct batch *batch, struct copied *row,
                struct vt_error *err)
{
    char id[65], *path;
    struct stat st;
    int fd;

    vt_hash_text(&row->row.object, id);
    path = vt_arena_printf(s->arena, "%s/body/%.2s/%s", s->mover->samples, id, id);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        s->mover->progress.gone++;
        return true;
    }
    if (fd < 0 || fstat(fd, &st) != 0)
        return vt_fail(err, VT_IO, "the source: %s: %s", path, strerror(errno));
    batch->rows[batch->count] = row;
    batch->fds[batch->count++] = fd;
    batch->bytes += row->row.body_bytes;
    return (uint64_t)st.st_size == row->row.body_bytes ||
           vt_fail(err, VT_REJECTED, "the source: %s is damaged: %jd bytes, not %ju", path,
                   (intmax_t)st.st_size, (uintmax_t)row->row.body_bytes);
}

static bool announce(struct stretch *s, const struct batch *batch, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_slice answer;

    if (!vt_move_call(s->mover->to, VT_MOVE_BEGIN, (vt_slice){ 0 }, VT_MOVE_BEGUN, &answer,
                      err))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        struct vt_move_row row = batch->rows[i]->row;

        row.recipient = s->mover->recipient;
        vt_buf_truncate(&body, 0);
        vt_move_row_write(&body, &row, batch->rows[i]->header);
        if (!vt_buf_check(&body, "a row", err) ||
            !vt_channel_send(s->mover->to, VT_MOVE_ROW, vt_buf_slice(&body), err))
            return false;
    }
    return vt_move_call(s->mover->to, VT_MOVE_OPEN, (vt_slice){ 0 }, VT_MOVE_OPENED,
                        &answer, err);
}

static void keep_rate(struct stretch *s, size_t bytes)
{
    uint64_t rate = s->mover->rate_bytes_per_s, due_ms;
    int64_t ahead_ms;

    s->sent_bytes += bytes;
    if (rate == 0)
        return;
    due_ms = s->sent_bytes / rate * 1000 + s->sent_bytes % rate * 1000 / rate;
    ahead_ms = (int64_t)due_ms - (vt_monotonic_ms() - s->begun_ms);
    if (ahead_ms >= PAUSE_MS)
        (void)nanosleep(&(struct timespec){ ahead_ms / 1000, ahead_ms % 1000 * 1000000 },
                        NULL);
}

static bool send_body(struct stretch *s, const struct batch *batch, size_t i,
                      struct vt_error *err)
{
    VT_AUTO_FREE uint8_t *piece = vt_alloc(VT_MOVE_BYTES_MAX);
    const struct vt_move_row *row = &batch->rows[i]->row;
    uint64_t at = 0;
    struct vt_sha256 state;
    vt_hash found;

    vt_sha256_init(&state);
    while (at < row->body_bytes) {
        uint64_t left = row->body_bytes - at;
        ssize_t got =
            pread(batch->fds[i], piece,
                  left < VT_MOVE_BYTES_MAX ? (size_t)left : VT_MOVE_BYTES_MAX, (off_t)at);

        if (got <= 0)
            return vt_fail(err, VT_IO, "the source: a body ends too early");
        vt_sha256_add(&state, vt_slice_of(piece, (size_t)got));
        if (!vt_channel_send(s->mover->to, VT_MOVE_BYTES, vt_slice_of(piece, (size_t)got),
                             err))
            return false;
        keep_rate(s, (size_t)got);
        at += (uint64_t)got;
    }
    vt_sha256_end(&state, &found);
    return vt_hash_equal(&found, &row->body) ||
           vt_fail(err, VT_REJECTED,
                   "the source: body %zu of a batch is damaged: it has not "
                   "the hash that its receipt names",
                   i + 1);
}

/* If the destination refuses in between it says why, and takes nothing more. */
static bool bring(struct stretch *s, const struct batch *batch, struct vt_error *err)
{
    vt_slice answer;

    if (!announce(s, batch, err))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (!send_body(s, batch, i, err))
            return false;
    if (!vt_move_call(s->mover->to, VT_MOVE_CLOSE, (vt_slice){ 0 }, VT_MOVE_CLOSED, &answer,
                      err))
        return false;
    s->mover->progress.copied += batch->count;
    s->mover->progress.copied_bytes += batch->bytes;
    return true;
}

static bool bring_next(struct stretch *s, size_t *at, struct vt_error *err)
{
    struct batch batch = { .count = 0 };
    size_t max = s->mover->batch_max != 0 && s->mover->batch_max < VT_MOVE_BATCH_MAX
                     ? s->mover->batch_max
                     : VT_MOVE_BATCH_MAX;
    bool is_ok = true;

    while (is_ok && *at < s->count && batch.count < max &&
           (batch.count == 0 || batch.bytes + s->rows[*at].row.body_bytes <= BATCH_BYTES))
        is_ok = add(s, &batch, &s->rows[(*at)++], err);
    is_ok = is_ok && (batch.count == 0 || bring(s, &batch, err));
    batch_clear(&batch);
    return is_ok;
}

/* ---- a pass -----------------------------------------------------------------------------
 */

bool vt_mover_copy(struct vt_mover *mover, struct vt_error *err)
{
    VT_AUTO_FREE struct stretch *s = vt_alloc(sizeof *s);

    mover->progress = (struct vt_move_progress){ .copied = 0 };
    mover->is_stopped = false;
    s->mover = mover;
    s->is_more = true;
    s->begun_ms = vt_monotonic_ms();
    while (s->is_more && !mover->is_stopped) {
        VT_AUTO_ARENA arena = vt_arena_new();
        size_t at = 0;

        s->arena = arena;
        if (!gather(s, err))
            return false;
        do {
            if (!bring_next(s, &at, err))
                return false;
            mover->is_stopped =
                mover->go_on != NULL && !mover->go_on(mover->context, &mover->progress);
        } while (at < s->count && !mover->is_stopped);
    }
    return true;
}
