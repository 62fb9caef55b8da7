/* The batch that file keys are asked for, as bytes and on the disk. */
#include "cell/scan_batch.h"

#define MAGIC "vitrine/scan-batch/v1\n"
#define NAME  "batch"

static bool read_task(vt_reader *r, struct vt_sample_task *task)
{
    vt_slice country;
    uint16_t header_len;

    *task = (struct vt_sample_task){ 0 };
    if (!vt_hash_read(r, &task->object) || !vt_hash_read(r, &task->recipient) ||
        !vt_hash_read(r, &task->body) || !vt_read_u64(r, &task->body_bytes) ||
        !vt_read_bytes(r, 2, &country) || !vt_read_u16(r, &header_len) ||
        !vt_read_bytes(r, header_len, &task->header))
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (country.data[i] < 'A' || country.data[i] > 'Z')
            return false;
        task->country[i] = (char)country.data[i];
    }
    return true;
}

bool vt_scan_batch_parse(vt_slice bytes, struct vt_scan_batch *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    uint32_t statement_len;
    uint16_t count = 0;
    bool ok = vt_read_literal(&r, VT_LIT(MAGIC)) && vt_hash_read(&r, &out->rules) &&
              vt_read_u32(&r, &statement_len) &&
              statement_len <= VT_SCAN_STATEMENT_BYTES_MAX &&
              vt_read_bytes(&r, statement_len, &out->statement) &&
              vt_read_u16(&r, &count) && count >= 1 && count <= VT_SCAN_BATCH_MAX;

    for (size_t i = 0; ok && i < count; i++)
        ok = read_task(&r, &out->tasks[i]);
    if (!ok || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "scan batch: breaks its format");
    out->count = count;
    return true;
}

void vt_scan_batch_write(const struct vt_scan_batch *batch, struct vt_buf *out)
{
    vt_buf_put_text(out, MAGIC);
    vt_buf_put(out, VT_BYTES(batch->rules));
    vt_buf_put_u32(out, (uint32_t)batch->statement.len);
    vt_buf_put(out, batch->statement);
    vt_buf_put_u16(out, (uint16_t)batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct vt_sample_task *task = &batch->tasks[i];

        vt_buf_put(out, VT_BYTES(task->object));
        vt_buf_put(out, VT_BYTES(task->recipient));
        vt_buf_put(out, VT_BYTES(task->body));
        vt_buf_put_u64(out, task->body_bytes);
        vt_buf_put(out, vt_slice_of(task->country, 2));
        vt_buf_put_u16(out, (uint16_t)task->header.len);
        vt_buf_put(out, task->header);
    }
}

bool vt_scan_batch_keep(struct vt_disk *disk, const struct vt_scan_batch *batch,
                        struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_SCAN_BATCH_BYTES_MAX);

    VT_ASSERT(batch->count >= 1 && batch->count <= VT_SCAN_BATCH_MAX);
    if (batch->statement.len > VT_SCAN_STATEMENT_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "a statement of %zu bytes, at most %zu are kept",
                       batch->statement.len, VT_SCAN_STATEMENT_BYTES_MAX);
    vt_scan_batch_write(batch, &bytes);
    return vt_buf_check(&bytes, "scan batch", err) &&
           vt_disk_write(disk, NAME, vt_buf_slice(&bytes), 0600, err);
}

bool vt_scan_batch_recall(struct vt_disk *disk, struct vt_buf *bytes,
                          struct vt_scan_batch *out, bool *has_out, struct vt_error *err)
{
    struct vt_error why = { 0 };

    vt_buf_truncate(bytes, 0);
    *has_out = vt_disk_read(disk, NAME, bytes, &why);
    if (!*has_out && why.code != VT_ABSENT) {
        *err = why;
        return false;
    }
    return !*has_out || vt_scan_batch_parse(vt_buf_slice(bytes), out, err) ||
           vt_within(err, "%s/%s", vt_disk_path(disk), NAME);
}

bool vt_scan_batch_forget(struct vt_disk *disk, struct vt_error *err)
{
    struct vt_error why = { 0 };

    if (vt_disk_remove(disk, NAME, &why) || why.code == VT_ABSENT)
        return true;
    *err = why;
    return false;
}
