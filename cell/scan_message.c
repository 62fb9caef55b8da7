/* The messages between a pool and its workers, each with its reader beside its writer. */
#include "cell/role_scan_worker.h"

/* Every field of the limits, in their order. */
static void put_limits(const struct vt_scan_limits *l, struct vt_buf *out)
{
    vt_buf_put_u64(out, l->bytes_max);
    vt_buf_put_u64(out, l->file_bytes_max);
    vt_buf_put_u64(out, l->ratio_max);
    vt_buf_put_u64(out, l->ratio_free_bytes);
    vt_buf_put_u64(out, l->members_max);
    vt_buf_put_u64(out, l->depth_max);
    vt_buf_put_u64(out, l->time_ms_max);
    vt_buf_put_u64(out, l->memory_bytes_max);
}

static bool read_limits(vt_reader *r, struct vt_scan_limits *l)
{
    return vt_read_u64(r, &l->bytes_max) && vt_read_u64(r, &l->file_bytes_max) &&
           vt_read_u64(r, &l->ratio_max) && vt_read_u64(r, &l->ratio_free_bytes) &&
           vt_read_u64(r, &l->members_max) && vt_read_u64(r, &l->depth_max) &&
           vt_read_u64(r, &l->time_ms_max) && vt_read_u64(r, &l->memory_bytes_max) &&
           l->ratio_max != 0;
}

/* All that is left, as a C string in room of `size` bytes. */
static bool read_text(vt_reader *r, char *out, size_t size)
{
    if (r->rest.len >= size || vt_slice_has_byte(r->rest, '\0'))
        return false;
    memset(out, 0, size);
    if (r->rest.len != 0)
        memcpy(out, r->rest.data, r->rest.len);
    return true;
}

void vt_scan_begin_write(const struct vt_scan_begin *begin, struct vt_buf *out)
{
    put_limits(&begin->limits, out);
    vt_buf_put_u8(out, begin->has_rules);
    vt_buf_put_text(out, begin->clamav);
}

bool vt_scan_begin_parse(vt_slice bytes, struct vt_scan_begin *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    uint8_t has_rules;

    if (!read_limits(&r, &out->limits) || !vt_read_u8(&r, &has_rules) || has_rules > 1 ||
        !read_text(&r, out->clamav, sizeof out->clamav))
        return vt_fail(err, VT_MALFORMED, "scan worker: a beginning that is none");
    out->has_rules = has_rules == 1;
    return true;
}

void vt_scan_ready_write(const struct vt_scan_ready *ready, struct vt_buf *out)
{
    vt_buf_put(out, VT_BYTES(ready->clamav));
    vt_buf_put_text(out, ready->engines);
}

/* No foreign byte was there yet when it was written; still only text is taken. */
bool vt_scan_ready_parse(vt_slice bytes, struct vt_scan_ready *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    vt_slice hash;
    bool ok = vt_read_bytes(&r, sizeof out->clamav, &hash) && r.rest.len != 0 &&
              read_text(&r, out->engines, sizeof out->engines);

    for (size_t i = 0; ok && out->engines[i] != '\0'; i++)
        ok = out->engines[i] == '\n' || (out->engines[i] >= ' ' && out->engines[i] < 0x7f);
    if (!ok)
        return vt_fail(err, VT_MALFORMED, "scan worker: a greeting that is none");
    memcpy(&out->clamav, hash.data, sizeof out->clamav);
    return true;
}

void vt_scan_task_write(const struct vt_scan_task *task, struct vt_buf *out)
{
    vt_buf_put_u64(out, task->len);
    vt_buf_put_u8(out, task->is_cut);
    vt_buf_put_u8(out, task->is_sealed);
    vt_buf_put(out, VT_BYTES(task->file_key));
}

bool vt_scan_task_parse(vt_slice bytes, struct vt_scan_task *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    uint8_t is_cut, is_sealed;
    vt_slice key;

    if (!vt_read_u64(&r, &out->len) || !vt_read_u8(&r, &is_cut) || is_cut > 1 ||
        !vt_read_u8(&r, &is_sealed) || is_sealed > 1 ||
        !vt_read_bytes(&r, sizeof out->file_key, &key) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "scan worker: a task that is none");
    out->is_cut = is_cut == 1;
    out->is_sealed = is_sealed == 1;
    memcpy(out->file_key, key.data, sizeof out->file_key);
    return true;
}
