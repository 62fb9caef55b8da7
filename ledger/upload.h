/* What a mirror's client uploads, and what a mirror says of where it is.  Pure.
 *
 *   add-entries:   origin, start, end, ticket | package | package | ...
 *   a package:     entries as in a bundle | number of hashes | hashes
 *
 * The entries [start, end) are cut at multiples of 256, so that each package is a bundle or
 * a part of one, and each carries the proof that it belongs to the tree of `end` entries.
 * A body may stop behind any package.
 * Spec: C2SP tlog-mirror, "add-entries" */
#ifndef VT_LEDGER_UPLOAD_H
#define VT_LEDGER_UPLOAD_H

#include "base/base.h"
#include "ledger/prove.h"
#include "ledger/tile.h"

/* ---- the head ---------------------------------------------------------------------------
 */

#define VT_UPLOAD_HEAD_BYTES_MAX (2 + 65535 + 8 + 8 + 2 + 65535)

struct vt_upload_head {
    vt_slice origin;     /* at most 65,535 bytes, as the ticket */
    uint64_t start, end; /* of the entries */
    vt_slice ticket;     /* the mirror's own words; may be empty */
};

/* Read it off the front; false as long as it is cut short. */
VT_CHECKED bool vt_upload_head_read(vt_reader *r, struct vt_upload_head *out);
/* Is it an interval, and of entries that a tree may have (2^63)? */
bool vt_upload_head_is_good(const struct vt_upload_head *head);
void vt_upload_head_write(struct vt_buf *out, const struct vt_upload_head *head);

/* ---- packages ---------------------------------------------------------------------------
 */

#define VT_PACKAGE_BYTES_MAX                                                               \
    (VT_BUNDLE_BYTES_MAX + 1 + VT_PROOF_HASHES_MAX * VT_SHA256_BYTES)

/* Which entries a package is about: [start, end), of the subtree [base, end). */
struct vt_package_range {
    uint64_t base, start, end;
};

/* The first package of [start, end), start < end; the next is that of [range.end, end). */
struct vt_package_range vt_package_range(uint64_t start, uint64_t end);

enum vt_package_state { VT_PACKAGE_PART, VT_PACKAGE_WHOLE, VT_PACKAGE_BAD };

/* How far a package was looked at; all zero bytes at its beginning. */
struct vt_package_scan {
    size_t at;        /* bytes */
    uint64_t entries; /* whole ones */
    size_t bytes;     /* of the package, once it is whole */
};

/* bytes: from the package's first on, as many as came so far; a later call may have more.
 * BAD: it has more hashes than a proof may have. */
enum vt_package_state vt_package_scan(struct vt_package_scan *scan,
                                      const struct vt_package_range *range, vt_slice bytes);

struct vt_package {
    vt_slice entries; /* as in a bundle */
    struct vt_proof proof;
};

/* Exactly one package, and nothing behind it. */
VT_CHECKED bool vt_package_parse(vt_slice bytes, const struct vt_package_range *range,
                                 struct vt_package *out);
void vt_package_write(struct vt_buf *out, vt_slice entries, const struct vt_proof *proof);

/* ---- where a mirror is ------------------------------------------------------------------
 */

#define VT_MIRROR_INFO_TYPE        "text/x.tlog.mirror-info"
#define VT_MIRROR_TICKET_BYTES_MAX VT_KIB(16)
#define VT_MIRROR_INFO_BYTES_MAX   (2 * 21 + VT_MIRROR_TICKET_BYTES_MAX / 3 * 4 + 8)

struct vt_mirror_info {
    uint64_t size; /* of a pending checkpoint */
    uint64_t next; /* the first entry that it lacks */
    size_t ticket_len;
    uint8_t ticket[VT_MIRROR_TICKET_BYTES_MAX];
};

/* Strict: three lines.  Errors: VT_MALFORMED, VT_LIMIT the ticket is longer */
VT_CHECKED bool vt_mirror_info_parse(vt_slice body, struct vt_mirror_info *out,
                                     struct vt_error *err);
void vt_mirror_info_write(struct vt_buf *out, const struct vt_mirror_info *info);

#endif
