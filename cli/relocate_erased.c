/* What was taken back at the source is erased at the destination; see relocate_erased.h. */
#include "cli/relocate_erased.h"

#define ERASED "erased"

static bool add_row(void *context, const struct vt_manifest_row *row, struct vt_error *err)
{
    vt_manifest_row_write(row, context);
    return vt_buf_check(context, ERASED, err);
}

bool vt_job_erased_read(const struct vt_job *job, struct vt_buf *rows, struct vt_error *err)
{
    struct vt_manifest_root root;
    VT_AUTO_FD fd = -1;
    uint64_t bytes;

    if (!vt_disk_has(job->disk, ERASED))
        return true;
    return (vt_disk_open_fd(job->disk, ERASED, &fd, &bytes, err) &&
            vt_manifest_read(fd, ERASED, add_row, rows, &root, err)) ||
           vt_within(err, "%s", job->dir);
}

/* Both ascend; a row that is in both is written once. */
static void merge(vt_slice a, vt_slice b, struct vt_buf *out)
{
    while (a.len != 0 || b.len != 0) {
        int order = a.len == 0   ? 1
                    : b.len == 0 ? -1
                                 : memcmp(a.data, b.data, VT_SHA256_BYTES);
        vt_slice *from = order <= 0 ? &a : &b;

        vt_buf_put(out, vt_slice_sub(*from, 0, VT_MANIFEST_ROW_BYTES));
        if (order == 0)
            b = vt_slice_sub(b, VT_MANIFEST_ROW_BYTES, b.len - VT_MANIFEST_ROW_BYTES);
        *from =
            vt_slice_sub(*from, VT_MANIFEST_ROW_BYTES, from->len - VT_MANIFEST_ROW_BYTES);
    }
}

static bool keep(struct vt_job *job, vt_slice rows, uint64_t *count_out,
                 struct vt_error *err)
{
    VT_AUTO_BUF before = vt_buf_init(VT_JOB_ERASED_BYTES_MAX);
    VT_AUTO_BUF file = vt_buf_init(VT_JOB_ERASED_BYTES_MAX);

    if (!vt_job_erased_read(job, &before, err))
        return false;
    vt_buf_put_text(&file, VT_MANIFEST_HEAD);
    merge(vt_buf_slice(&before), rows, &file);
    *count_out = (file.len - strlen(VT_MANIFEST_HEAD)) / VT_MANIFEST_ROW_BYTES;
    if (rows.len == 0)
        return true;
    return vt_buf_check(&file, ERASED, err) &&
           vt_disk_write(job->disk, ERASED, vt_buf_slice(&file), 0644, err);
}

bool vt_job_carry_erasures(struct vt_job *job, uint64_t *count_out, struct vt_error *err)
{
    VT_AUTO_BUF rows = vt_buf_init(VT_JOB_ERASED_BYTES_MAX);

    return vt_mover_taken_back(&job->mover, &rows, err) &&
           keep(job, vt_buf_slice(&rows), count_out, err) &&
           vt_mover_drop(&job->mover, vt_buf_slice(&rows), err);
}
