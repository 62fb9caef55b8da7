/* What a mirror's processes say to each other. */
#include "ledger/mirror_message.h"

static bool read_into(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    if (len != 0)
        memcpy(out, bytes.data, len);
    return true;
}

static bool read_flag(vt_reader *r, bool *out)
{
    uint8_t byte;

    if (!vt_read_u8(r, &byte) || byte > 1)
        return false;
    *out = byte == 1;
    return true;
}

void vt_mirror_upload_write(struct vt_buf *out, const struct vt_mirror_upload *upload)
{
    vt_buf_put(out, vt_hash_slice(&upload->log));
    vt_buf_put_u64(out, upload->start);
    vt_buf_put_u64(out, upload->end);
    vt_buf_put_u8(out, upload->has_ticket);
    vt_buf_put(out, VT_BYTES(upload->ticket));
}

bool vt_mirror_upload_read(vt_reader *r, struct vt_mirror_upload *out)
{
    return read_into(r, &out->log, sizeof out->log) && vt_read_u64(r, &out->start) &&
           vt_read_u64(r, &out->end) && read_flag(r, &out->has_ticket) &&
           read_into(r, out->ticket, sizeof out->ticket);
}

void vt_mirror_take_write(struct vt_buf *out, const struct vt_package_range *range,
                          const struct vt_proof *proof)
{
    vt_buf_put_u64(out, range->base);
    vt_buf_put_u64(out, range->start);
    vt_buf_put_u64(out, range->end);
    vt_buf_put_u8(out, (uint8_t)proof->count); /* at most VT_PROOF_HASHES_MAX */
    vt_buf_put(out, vt_slice_of(proof->hashes, proof->count * VT_SHA256_BYTES));
}

bool vt_mirror_take_read(vt_reader *r, struct vt_package_range *range,
                         struct vt_proof *proof)
{
    uint8_t count;

    if (!vt_read_u64(r, &range->base) || !vt_read_u64(r, &range->start) ||
        !vt_read_u64(r, &range->end) || !vt_read_u8(r, &count) ||
        count > VT_PROOF_HASHES_MAX ||
        !read_into(r, proof->hashes, (size_t)count * VT_SHA256_BYTES))
        return false;
    proof->count = count;
    return true;
}

void vt_mirror_state_write(struct vt_buf *out, const struct vt_mirror_state *state)
{
    vt_buf_put_u8(out, state->has_pending);
    vt_buf_put_u64(out, state->pending);
    vt_buf_put_u64(out, state->next);
    vt_buf_put_u64(out, state->mirrored);
}

bool vt_mirror_state_read(vt_reader *r, struct vt_mirror_state *out)
{
    return read_flag(r, &out->has_pending) && vt_read_u64(r, &out->pending) &&
           vt_read_u64(r, &out->next) && vt_read_u64(r, &out->mirrored);
}

void vt_mirror_answer_write(struct vt_buf *out, const struct vt_mirror_answer *answer)
{
    vt_buf_put_u8(out, (uint8_t)answer->what);
    vt_mirror_state_write(out, &answer->state);
    vt_buf_put_u64(out, answer->size);
    vt_buf_put(out, VT_BYTES(answer->ticket));
    vt_buf_put_u64(out, (uint64_t)answer->time_unix_s); /* not negative */
    vt_buf_put(out, VT_BYTES(answer->cosignature));
}

bool vt_mirror_answer_read(vt_reader *r, struct vt_mirror_answer *out)
{
    uint8_t what;
    uint64_t time_unix_s;

    if (!vt_read_u8(r, &what) || what >= VT_MIRROR_WHATS ||
        !vt_mirror_state_read(r, &out->state) || !vt_read_u64(r, &out->size) ||
        !read_into(r, out->ticket, sizeof out->ticket) || !vt_read_u64(r, &time_unix_s) ||
        time_unix_s > INT64_MAX || !read_into(r, out->cosignature, sizeof out->cosignature))
        return false;
    out->what = (enum vt_mirror_what)what;
    out->time_unix_s = (int64_t)time_unix_s;
    return true;
}
