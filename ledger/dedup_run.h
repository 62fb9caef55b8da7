/* A run: the index over a stretch of the log, as one immutable file, sorted by leaf hash.
 *
 *   header   first and end of the stretch, and how the fan-out is made
 *   entries  10 bytes each: the first 40 bits of the leaf hash, then 40 bits of index
 *   fan-out  where each of 2^bits equal parts of the hashes begins
 *
 * Leaf hashes are evenly spread, so inside a part the place can be guessed: a look-up
 * touches one page of the fan-out and one or two of the entries.  40 bits are not the
 * whole hash: what is found is a candidate, to be compared with the leaf in its tile. */
#ifndef VT_LEDGER_DEDUP_RUN_H
#define VT_LEDGER_DEDUP_RUN_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

#define VT_RUN_NAME_BYTES 48
#define VT_RUN_INDEX_MAX  ((UINT64_C(1) << 40) - 1)

/* "index/0000000000000-0000000262144" for the entries [first, end). */
void vt_run_name(uint64_t first, uint64_t end, char out[VT_RUN_NAME_BYTES]);
/* The part behind "index/"; false for what vt_run_name would not write. */
VT_CHECKED bool vt_run_name_parse(vt_slice leaf, uint64_t *first_out, uint64_t *end_out);

/* The first 40 bits of a leaf hash. */
uint64_t vt_run_key(const vt_hash *leaf);

/* ---- reading --------------------------------------------------------------------------
 */

struct vt_run; /* an open run, mapped into memory */

/* Returned, end with vt_run_close.  VT_MALFORMED if it is not a whole run for its name. */
VT_CHECKED bool vt_run_open(struct vt_disk *disk, uint64_t first, uint64_t end,
                            struct vt_run **run_out, struct vt_error *err);
void vt_run_close(struct vt_run *run);
uint64_t vt_run_first(const struct vt_run *run);
uint64_t vt_run_end(const struct vt_run *run);
/* Entry `at` of the sorted order: its key and its index. */
uint64_t vt_run_key_at(const struct vt_run *run, uint64_t at);
uint64_t vt_run_index_at(const struct vt_run *run, uint64_t at);
uint64_t vt_run_count(const struct vt_run *run);
/* The first place whose key is not below `key`; vt_run_count when there is none. */
uint64_t vt_run_find(const struct vt_run *run, uint64_t key);

/* ---- writing --------------------------------------------------------------------------
 */

struct vt_run_writer;

/* Begin the run of [first, end).  Returned, ends with finish or discard. */
VT_CHECKED bool vt_run_writer_begin(struct vt_disk *disk, uint64_t first, uint64_t end,
                                    struct vt_run_writer **writer_out,
                                    struct vt_error *err);
/* The next entry, in ascending order of key. */
VT_CHECKED bool vt_run_writer_put(struct vt_run_writer *writer, uint64_t key,
                                  uint64_t index, struct vt_error *err);
/* All entries are there: the run gets its name, durably. */
VT_CHECKED bool vt_run_writer_finish(struct vt_run_writer *writer, struct vt_error *err);
void vt_run_writer_discard(struct vt_run_writer *writer); /* NULL allowed */

#endif
