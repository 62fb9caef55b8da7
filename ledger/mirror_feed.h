/* Feeding a mirror: what is sent to it next, and what its answer means.  No socket: whoever
 * asks witnesses (ledger/witness_client.c) sends it. */
#ifndef VT_LEDGER_MIRROR_FEED_H
#define VT_LEDGER_MIRROR_FEED_H

#include "base/base.h"
#include "ledger/upload.h"
#include "store/disk.h"

/* In one request, as the specification advises; and no further package behind so many bytes
 * (of entries that are large, a package has up to 16 MiB). */
#define VT_FEED_PACKAGES_MAX 32
#define VT_FEED_BYTES_SOFT   VT_MIB(4)
#define VT_FEED_BYTES_MAX    (VT_FEED_BYTES_SOFT + VT_PACKAGE_BYTES_MAX + VT_KIB(128))

struct vt_feed {
    bool is_on;
    uint64_t start, end;         /* what it lacks of a tree of `end` entries */
    struct vt_prover *prover;    /* of that tree; NULL: none yet */
    struct vt_mirror_info *info; /* what it said last; NULL: nothing */
    unsigned conflicts;          /* answers 409 so far */
};

void vt_feed_clear(struct vt_feed *feed);
/* Begin: a mirror whose next entry is not known is asked with start = end. */
void vt_feed_begin(struct vt_feed *feed, uint64_t start, uint64_t end);

/* Append the next request, gzipped, out of the log's folder.
 * Errors: VT_ABSENT the folder lacks tiles of that tree, and the others of vt_shelf_*;
 *         VT_LIMIT out is too small */
VT_CHECKED bool vt_feed_write(struct vt_feed *feed, struct vt_disk *shelf, vt_slice origin,
                              struct vt_buf *out, struct vt_error *err);

/* Take the body of a 202 or 409.
 * Errors: VT_MALFORMED it says nothing; VT_REJECTED it makes no progress, or goes back */
VT_CHECKED bool vt_feed_take(struct vt_feed *feed, bool is_conflict, vt_slice body,
                             struct vt_error *err);

#endif
