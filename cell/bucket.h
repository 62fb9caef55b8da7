/* A bucket: all that a cell knows of the files whose SHA-256 begins with the same bits, as
 * one byte string.  Pure.
 *
 *   version 1 (1) | bits 1 | clean 2 | index 4 | malicious 2 | suspicious 2
 *   clean rows:      hash 32
 *   malicious rows:  hash's first 12 bytes | found 4
 *   suspicious rows: the same
 *
 * Numbers are big-endian; each kind of row is strictly ascending.  A clean row has the
 * whole hash, because somebody may make two files with equal first bytes, show us the
 * harmless one and deliver the other: below 32 bytes that is a search for a collision.
 * Where a file was found, a collision only accuses its own maker; 96 bits are enough, and a
 * file that nobody knows meets one of n such rows with a probability of n / 2^96.
 *
 * A malicious row counts before a suspicious, and that before a clean one. */
#ifndef VT_CELL_BUCKET_H
#define VT_CELL_BUCKET_H

#include "base/base.h"
#include "cell/verdicts.h"

#define VT_BUCKET_BITS_MAX     24
#define VT_BUCKET_HEADER_BYTES 12
#define VT_BUCKET_CLEAN_BYTES  32
#define VT_BUCKET_FOUND_BYTES  16
#define VT_BUCKET_BYTES_MAX    VT_KIB(64)

struct vt_bucket {
    unsigned bits;  /* how many of the hash all rows share */
    uint32_t index; /* those bits */
    unsigned clean_count, malicious_count, suspicious_count;
    vt_slice bytes; /* as committed, without padding */
};

/* The first `bits` bits of a hash: its bucket.  bits: 0 to VT_BUCKET_BITS_MAX. */
uint32_t vt_bucket_of(const vt_hash *hash, unsigned bits);
/* The largest number of bits, at most VT_BUCKET_BITS_MAX, for which a bucket has 64 rows or
 * more in the mean. */
unsigned vt_bucket_bits_for(uint64_t count);

/* Append the bucket of `count` rows of a verdict table.  The rows' order and states are the
 * caller's to have checked.  Errors: VT_LIMIT more than VT_BUCKET_BYTES_MAX */
VT_CHECKED bool vt_bucket_write(const uint8_t *rows, uint64_t count, unsigned bits,
                                uint32_t index, struct vt_buf *out, struct vt_error *err);

/* A bucket with zero bytes behind it, whose number is left to the caller.  Slices point
 * into `padded`.
 * Errors: VT_MALFORMED rows unsorted, of another bucket, cut short; padding not zero */
VT_CHECKED bool vt_bucket_parse(vt_slice padded, struct vt_bucket *out,
                                struct vt_error *err);
/* Its header alone: bits, index and counts; bytes stays as it was. */
VT_CHECKED bool vt_bucket_parse_header(vt_slice bytes, struct vt_bucket *out,
                                       struct vt_error *err);
uint64_t vt_bucket_row_count(const struct vt_bucket *bucket);
/* The verdict of this bucket; the hash must belong to it. */
struct vt_cell_verdict vt_bucket_find(const struct vt_bucket *bucket, const vt_hash *hash);

/* The size to which all buckets are padded when the longest has that many bytes: 2^k times
 * 4, 5, 6 or 7, at least 256.  Few sizes, so that a cell that grows seldom changes it. */
uint64_t vt_bucket_padded_bytes(uint64_t longest);

#endif
