/* The local filter: a binary fuse filter over what a cell found to be malicious or
 * suspicious.  A client that holds it asks the cell only about files that may be among
 * these; of all others nothing leaves the machine.  Pure.
 *
 * A file that is in the set is never missed.  One that is not passes for one with a
 * probability of 2^-8 or 2^-16.  "Not in the filter" is said of clean and of unknown files
 * alike: no answer of clean is ever taken from it.
 *
 *   "vitrine/filter/v1\n" | width 2 (8 or 16) | keys 8 | seed 8 | fingerprints
 *
 * Numbers and fingerprints are big-endian.  The length follows from the number of keys, the
 * seed from the keys, so equal sets give equal bytes everywhere.
 * Spec: Graf and Lemire, "Binary Fuse Filters", arXiv 2201.01174, three-wise */
#ifndef VT_CELL_FILTER_H
#define VT_CELL_FILTER_H

#include "base/base.h"
#include "cell/verdicts.h"

#define VT_FILTER_BYTES_MAX (VT_MIB(1024) * 2)
#define VT_FILTER_KEYS_MAX  (UINT64_C(1) << 28)

/* What a filter knows of a file: the first eight bytes of its hash. */
uint64_t vt_filter_key(const vt_hash *hash);

/* The keys of all malicious and suspicious rows, ascending, each once.  Returned (free);
 * NULL if there are none. */
uint64_t *vt_filter_keys_of(const struct vt_verdicts *table, uint64_t *count_out);

/* Append the filter of these keys, strictly ascending.  width: 8 or 16 bits.
 * Errors: VT_LIMIT more than VT_FILTER_KEYS_MAX, or than out takes
 *         VT_REJECTED no seed of a hundred does: not for keys that come from SHA-256 */
VT_CHECKED bool vt_filter_write(const uint64_t *keys, uint64_t count, unsigned width,
                                struct vt_buf *out, struct vt_error *err);

struct vt_filter {
    unsigned width; /* 8 or 16 */
    uint64_t count; /* keys */
    uint64_t seed;
    uint32_t segment_mask; /* a segment's length less one */
    uint64_t segments_length;
    const uint8_t *fingerprints; /* into the parsed bytes */
};

/* Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_filter_parse(vt_slice bytes, struct vt_filter *out,
                                struct vt_error *err);
bool vt_filter_has(const struct vt_filter *filter, uint64_t key);

/* ---- what has changed since a filter was made ------------------------------------------
 *
 *   "vitrine/delta/v1\n" | SHA-256 of the filter 32 | added 4 | removed 4 | keys, 8 each
 *
 * Both lists are strictly ascending and have nothing in common.  One delta leads from the
 * filter to the present epoch: whoever missed some needs only the newest. */

#define VT_DELTA_KEYS_MAX (UINT64_C(1) << 24)

struct vt_delta {
    vt_hash filter; /* what it belongs to */
    uint32_t added_count, removed_count;
    const uint8_t *added, *removed; /* into the parsed bytes */
};

/* Append the delta from the keys of the filter to those of now.
 * Errors: VT_LIMIT */
VT_CHECKED bool vt_delta_write(const vt_hash *filter, const uint64_t *before,
                               uint64_t before_count, const uint64_t *now,
                               uint64_t now_count, struct vt_buf *out,
                               struct vt_error *err);
/* Errors: VT_MALFORMED */
VT_CHECKED bool vt_delta_parse(vt_slice bytes, struct vt_delta *out, struct vt_error *err);

/* May the file be among what was found, as of the delta?  delta may be NULL. */
bool vt_filter_may_have(const struct vt_filter *filter, const struct vt_delta *delta,
                        const vt_hash *hash);

#endif
