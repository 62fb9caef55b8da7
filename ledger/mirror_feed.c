/* Feeding a mirror. */
#include "ledger/mirror_feed.h"
#include "http/gzip.h"
#include "ledger/shelf.h"

enum { CONFLICTS_MAX = 8 }; /* others may feed the same mirror meanwhile */

void vt_feed_clear(struct vt_feed *feed)
{
    vt_prover_free(feed->prover);
    free(feed->info);
    *feed = (struct vt_feed){ .is_on = false };
}

void vt_feed_begin(struct vt_feed *feed, uint64_t start, uint64_t end)
{
    vt_feed_clear(feed);
    feed->is_on = true;
    feed->start = start < end ? start : end;
    feed->end = end;
}

/* ---- what is sent -----------------------------------------------------------------------
 */

/* Of a bundle, what stands behind the first `skip` entries. */
static bool cut_front(vt_slice bundle, uint64_t skip, vt_slice *out)
{
    vt_reader r = { bundle };
    vt_slice entry;

    for (uint64_t i = 0; i < skip; i++)
        if (!vt_bundle_read(&r, &entry))
            return false;
    *out = r.rest;
    return true;
}

static bool write_package(struct vt_feed *feed, struct vt_disk *shelf,
                          const struct vt_package_range *range, struct vt_buf *out,
                          struct vt_error *err)
{
    struct vt_tile_name name = { VT_TILE_ENTRIES, range->base / VT_TILE_WIDTH,
                                 (unsigned)(range->end - range->base) };
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    struct vt_proof proof;
    vt_slice entries;

    if (!vt_shelf_read_bundle(shelf, &name, &bundle, err) ||
        !vt_prover_subtree(feed->prover, range->base, range->end, &proof, err))
        return false;
    if (!cut_front(vt_buf_slice(&bundle), range->start - range->base, &entries))
        return vt_fail(err, VT_REJECTED, "a bundle is cut short"); /* it was counted */
    vt_package_write(out, entries, &proof);
    return vt_buf_check(out, "the upload", err);
}

bool vt_feed_write(struct vt_feed *feed, struct vt_disk *shelf, vt_slice origin,
                   struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_FEED_BYTES_MAX);
    struct vt_tile_source source = vt_shelf_source(shelf);
    struct vt_upload_head head = { .origin = origin,
                                   .start = feed->start,
                                   .end = feed->end };
    uint64_t at = feed->start;

    if (feed->prover == NULL)
        feed->prover = vt_prover_new(&source, feed->end);
    if (feed->info != NULL)
        head.ticket = vt_slice_of(feed->info->ticket, feed->info->ticket_len);
    vt_upload_head_write(&plain, &head);
    for (int i = 0;
         i < VT_FEED_PACKAGES_MAX && at < feed->end && plain.len < VT_FEED_BYTES_SOFT;
         i++) {
        struct vt_package_range range = vt_package_range(at, feed->end);

        if (!write_package(feed, shelf, &range, &plain, err))
            return false;
        at = range.end;
    }
    vt_gzip(vt_buf_slice(&plain), out);
    return vt_buf_check(out, "the upload", err);
}

/* ---- what it answers --------------------------------------------------------------------
 */

static bool judge(const struct vt_feed *feed, bool is_conflict,
                  const struct vt_mirror_info *info, struct vt_error *err)
{
    if (info->next > info->size)
        return vt_fail(err, VT_MALFORMED, "its next entry lies behind its own checkpoint");
    if (is_conflict && feed->conflicts == CONFLICTS_MAX)
        return vt_fail(err, VT_REJECTED, "its numbers moved %d times while we sent",
                       CONFLICTS_MAX);
    if (!is_conflict && info->next <= feed->start)
        return vt_fail(err, VT_REJECTED, "it took entries, but is no further than before");
    return true;
}

bool vt_feed_take(struct vt_feed *feed, bool is_conflict, vt_slice body,
                  struct vt_error *err)
{
    struct vt_mirror_info *info = vt_alloc(sizeof *info);

    if (!vt_mirror_info_parse(body, info, err) ||
        !judge(feed, is_conflict || info->size != feed->end, info, err)) {
        free(info);
        return false;
    }
    is_conflict = is_conflict || info->size != feed->end;
    free(feed->info);
    feed->info = info;
    feed->conflicts += is_conflict;
    if (info->size != feed->end) {
        vt_prover_free(feed->prover);
        feed->prover = NULL;
    }
    feed->start = info->next;
    feed->end = info->size;
    return true;
}
