/* See sealed.h. */
#include "centre/sealed.h"

enum {
    ROOM_BYTES = 1 << 18, /* made ahead, so that a record changes no size */
    BATCH_BYTES_MAX = 256 * VT_SEALED_FRAME_BYTES,
};

struct vt_sealed {
    struct vt_disk_file *file;
    struct vt_env env;
    struct vt_age_recipient recipient;
    struct vt_sealed_head settled, added;
    struct vt_buf batch; /* what was added and is not settled */
};

/* ---- to whom ----------------------------------------------------------------------------
 */

bool vt_seal_read(struct vt_disk *above, const struct vt_trust *trust, vt_slice domain,
                  int64_t now_unix_s, struct vt_age_recipient *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_age_recipient recipient;
    vt_hash hash;

    if (!vt_disk_read(above, VT_CENTRE_SEAL_KEY, &text, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_REJECTED,
                             VT_CENTRE_SEAL_KEY " is missing: reviewers come in only where "
                                                "what they read is sealed to the "
                                                "foundation (vitrine-centre(1))")
                   : false;
    if (!vt_age_recipient_parse_file(vt_buf_slice(&text), VT_CENTRE_SEAL_KEY, &recipient,
                                     err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(&text));
    if (!vt_trust_certifies(trust, "seal", domain, &hash, now_unix_s))
        return vt_fail(err, VT_REJECTED,
                       VT_CENTRE_SEAL_KEY ": the trust root does not certify it as seal of "
                                          "%.*s now (vitrine trust certify --seal)",
                       VT_SLICE_ARGS(domain));
    *out = recipient;
    return true;
}

/* ---- reading all ------------------------------------------------------------------------
 */

static vt_slice frame_at(vt_slice bytes, uint64_t i)
{
    return vt_slice_sub(bytes, (size_t)i * VT_SEALED_FRAME_BYTES, VT_SEALED_FRAME_BYTES);
}

static bool continues(const struct vt_sealed_head *head, vt_slice bytes,
                      const struct vt_sealed_frame *frame)
{
    vt_hash chain = vt_sealed_chain(&head->chain, bytes);

    return frame->number == head->number + 1 && vt_hash_equal(&chain, &frame->chain);
}

/* Record `count` + 1 is not whole.  Does one behind it say that it was settled? */
static bool was_settled(vt_slice bytes, uint64_t count)
{
    struct vt_sealed_frame frame;

    for (uint64_t i = count + 1; (i + 1) * VT_SEALED_FRAME_BYTES <= bytes.len; i++)
        if (vt_sealed_frame_read(frame_at(bytes, i), &frame) && frame.settled > count)
            return true;
    return false;
}

/* *is_clean: behind the last record lies nothing but room. */
static bool read_frames(const char *name, vt_slice bytes, vt_sealed_reader reader,
                        struct vt_sealed_head *head, bool *is_clean, struct vt_error *err)
{
    struct vt_sealed_frame frame;

    for (;; head->number++, head->chain = frame.chain) {
        size_t at = (size_t)head->number * VT_SEALED_FRAME_BYTES; /* inside, or its end */
        bool is_there = at + VT_SEALED_FRAME_BYTES <= bytes.len &&
                        vt_sealed_frame_read(frame_at(bytes, head->number), &frame);

        if (!is_there || !continues(head, frame_at(bytes, head->number), &frame)) {
            if (was_settled(bytes, head->number))
                return vt_fail(err, VT_REJECTED,
                               "%s: record %ju was damaged, changed or taken out: restore "
                               "the newest copy",
                               name, (uintmax_t)head->number + 1);
            *is_clean = vt_slice_is_zero(vt_slice_sub(bytes, at, bytes.len - at));
            return true;
        }
        if (!reader.take(reader.context, &frame, err))
            return false;
    }
}

static bool read_map(int fd, const char *name, vt_sealed_reader reader,
                     struct vt_sealed_head *head, bool *is_clean, struct vt_error *err)
{
    VT_AUTO_MAPPING map = { 0 };

    *is_clean = true;
    return vt_mapping_init(&map, fd, name, err) &&
           (map.bytes.len == 0 ||
            read_frames(name, map.bytes, reader, head, is_clean, err));
}

bool vt_sealed_read(const char *path, vt_sealed_reader reader,
                    struct vt_sealed_head *head_out, struct vt_error *err)
{
    struct vt_sealed_head head = { .number = 0 };
    VT_AUTO_FD fd = -1;
    uint64_t size;
    bool is_clean;

    if (!vt_file_open(path, &fd, &size, err) ||
        !read_map(fd, path, reader, &head, &is_clean, err))
        return false;
    if (head.number == 0 && !is_clean)
        return vt_fail(err, VT_MALFORMED, "%s: is no record of a Centre's seal", path);
    *head_out = head;
    return true;
}

/* ---- opening ----------------------------------------------------------------------------
 */

static bool pass_over(void *context, const struct vt_sealed_frame *frame,
                      struct vt_error *err)
{
    (void)context;
    (void)frame;
    (void)err;
    return true;
}

/* Opening it for writing makes durable what a killed process left; what was not whole goes.
 */
static bool read_all(struct vt_sealed *s, struct vt_disk *disk, struct vt_error *err)
{
    const vt_sealed_reader reader = { pass_over, NULL };
    VT_AUTO_FD fd = -1;
    uint64_t size;
    bool is_clean;

    if (!vt_disk_file_open(disk, VT_CENTRE_SEALED, &s->file, err) ||
        !vt_disk_open_fd(disk, VT_CENTRE_SEALED, &fd, &size, err) ||
        !read_map(fd, VT_CENTRE_SEALED, reader, &s->settled, &is_clean, err))
        return false;
    s->added = s->settled;
    return is_clean ||
           vt_disk_file_truncate(s->file, s->settled.number * VT_SEALED_FRAME_BYTES, err);
}

bool vt_sealed_open(struct vt_disk *disk, const struct vt_env *env,
                    const struct vt_age_recipient *recipient, struct vt_sealed **out,
                    struct vt_error *err)
{
    struct vt_sealed *s = vt_alloc(sizeof *s);

    s->env = *env;
    s->recipient = *recipient;
    s->batch = vt_buf_init(BATCH_BYTES_MAX);
    if (!read_all(s, disk, err)) {
        vt_sealed_close(s);
        return false;
    }
    *out = s;
    return true;
}

void vt_sealed_close(struct vt_sealed *s)
{
    if (s == NULL)
        return;
    vt_disk_file_close(s->file);
    vt_buf_clear(&s->batch);
    free(s);
}

struct vt_sealed_head vt_sealed_head(const struct vt_sealed *s)
{
    return s->settled;
}

/* ---- adding -----------------------------------------------------------------------------
 */

bool vt_sealed_add(struct vt_sealed *s, enum vt_sealed_deed deed,
                   const uint8_t session[VT_SEALED_SESSION_BYTES],
                   const vt_hash *invitation, const struct vt_sealed_words *words,
                   struct vt_error *err)
{
    struct vt_sealed_frame frame = { .deed = deed,
                                     .number = s->added.number + 1,
                                     .settled = s->settled.number,
                                     .time_unix_ms = vt_env_now_unix_ms(&s->env),
                                     .invitation = *invitation };

    if (frame.number * VT_SEALED_FRAME_BYTES > VT_SEALED_BYTES_MAX)
        return vt_fail(err, VT_LIMIT,
                       "the record of what is read here is full: tell the foundation");
    if (s->batch.len + VT_SEALED_FRAME_BYTES > BATCH_BYTES_MAX && !vt_sealed_settle(s, err))
        return false;
    frame.settled = s->settled.number;
    memcpy(frame.session, session, sizeof frame.session);
    if (!vt_sealed_frame_write(&s->batch, &s->env, &s->recipient, &frame, words,
                               &s->added.chain, err))
        return false;
    s->added.number = frame.number;
    return true;
}

bool vt_sealed_settle(struct vt_sealed *s, struct vt_error *err)
{
    uint64_t at = s->settled.number * VT_SEALED_FRAME_BYTES;

    if (s->batch.len == 0)
        return true;
    if ((at + s->batch.len > vt_disk_file_size(s->file) &&
         !vt_disk_file_preallocate(s->file, at + s->batch.len + ROOM_BYTES, err)) ||
        !vt_disk_file_write_at(s->file, at, vt_buf_slice(&s->batch), err) ||
        !vt_disk_file_sync(s->file, err))
        return false;
    s->settled = s->added;
    vt_buf_truncate(&s->batch, 0);
    return true;
}
