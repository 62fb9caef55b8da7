/* The bytes of predicates beside the log.  A pass that was interrupted among them begins
 * them again: nobody signed their order. */
#include "ledger/beside.h"
#include "ledger/scrub_inside.h"

struct beside {
    struct vt_scrub *s;
    bool stops;
};

/* From the other copy; the name says what is right. */
static bool repair(struct vt_scrub *s, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BESIDE_BYTES_MAX);
    struct vt_beside_name name;
    struct vt_disk *disk;
    bool is_ok;

    if (!s->options->may_repair)
        return vt_fail(err, VT_REJECTED, "repairing was not asked for (--repair)");
    if (s->copy == NULL)
        return vt_fail(err, VT_REJECTED, "no other copy was named (--repair-from)");
    if (!vt_beside_path_parse(vt_slice_from_cstr(path), &name.digest))
        return vt_fail(err, VT_REJECTED, "no entry can name it; remove it");
    if (!vt_remote_beside(s->copy, &name.digest, &bytes, err))
        return false;
    name.size = bytes.len;
    /* Through a disk of its own: trouble with one repair must not end the pass. */
    if (!vt_disk_open(s->dir, false, &disk, err))
        return false;
    is_ok = vt_beside_keep(disk, &name, vt_buf_slice(&bytes), err);
    vt_disk_close(disk);
    return is_ok;
}

static bool check(void *context, const char *path, struct vt_error *err)
{
    struct beside *b = context;
    const struct vt_scrub_options *options = b->s->options;
    struct vt_error what = { 0 }, why = { 0 };
    uint64_t bytes;

    (void)err;
    if (b->stops)
        return true;
    if (!vt_beside_verify(b->s->disk, path, &bytes, &what)) {
        if (repair(b->s, path, &why))
            vt_scrub_found(b->s, path, what.message, VT_SCRUB_REPAIRED_MIRROR, NULL);
        else
            vt_scrub_found(b->s, path, what.message, VT_SCRUB_NOT_REPAIRED, why.message);
    }
    b->s->report.files++;
    vt_scrub_count(b->s, bytes);
    b->stops =
        options->should_stop != NULL &&
        options->should_stop(options->context, b->s->report.files, b->s->report.bytes);
    return true;
}

bool vt_scrub_beside(struct vt_scrub *s, bool *stops_out, struct vt_error *err)
{
    struct beside b = { s, false };

    if (!vt_beside_list(s->disk, check, &b, err))
        return false;
    *stops_out = b.stops;
    return true;
}
