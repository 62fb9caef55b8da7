/* The verdict table of a cell: what it knows of files, sorted by their SHA-256.
 *
 *   "vitrine/verdicts/v1\n", then 37 bytes a row:
 *     hash 32 | state 1 | found 4 (big-endian; what was found, 0: it has no name)
 *
 * Rows are strictly ascending by hash.  A file that is not in it is unknown.  The table is
 * the cell's own and is mapped, never read whole. */
#ifndef VT_CELL_VERDICTS_H
#define VT_CELL_VERDICTS_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

#define VT_VERDICT_BYTES     37
#define VT_VERDICTS_MAGIC    "vitrine/verdicts/v1\n"
#define VT_VERDICTS_ROWS_MAX (UINT64_C(1) << 31)
#define VT_FOUND_NAME_BYTES  1024

enum vt_cell_state {
    VT_STATE_UNKNOWN, /* in no table; as a change: what was known is taken back */
    VT_STATE_CLEAN,
    VT_STATE_SUSPICIOUS,
    VT_STATE_MALICIOUS,
    VT_STATES,
};

const char *vt_cell_state_name(enum vt_cell_state state); /* "unknown", "clean" ... */
VT_CHECKED bool vt_cell_state_of(vt_slice name, enum vt_cell_state *out);

struct vt_cell_verdict {
    vt_hash hash;
    enum vt_cell_state state;
    uint32_t found; /* vt_found_id of the rule; 0 unless suspicious or malicious */
};

/* What was found, short: the first four bytes of the SHA-256 of the rule's name. */
uint32_t vt_found_id(vt_slice name);

struct vt_verdicts {
    const uint8_t *rows;
    uint64_t count;
    struct vt_mapping map; /* owned; empty: the bytes are somebody else's */
};

/* The bytes of a table; its length and mark are checked, the rows by whoever walks them
 * (vt_verdicts_verify).  Borrowed.  Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_verdicts_parse(vt_slice bytes, struct vt_verdicts *out,
                                  struct vt_error *err);
/* Map a file; end with vt_verdicts_close.  Errors: VT_IO, VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_verdicts_open(const char *path, struct vt_verdicts *out,
                                 struct vt_error *err);
void vt_verdicts_close(struct vt_verdicts *table);
#define VT_AUTO_VERDICTS __attribute__((cleanup(vt_verdicts_close))) struct vt_verdicts

struct vt_cell_verdict vt_verdicts_at(const struct vt_verdicts *table, uint64_t i);
/* Of a row that was not checked: false if its state is none, or a found without cause. */
VT_CHECKED bool vt_verdict_read(const uint8_t *row, struct vt_cell_verdict *out);
/* Strictly ascending, and every row well-formed.  Errors: VT_MALFORMED with the row */
VT_CHECKED bool vt_verdicts_verify(const struct vt_verdicts *table, struct vt_error *err);
/* The verdict on one file; VT_STATE_UNKNOWN if the table has none. */
struct vt_cell_verdict vt_verdicts_find(const struct vt_verdicts *table,
                                        const vt_hash *hash);

/* ---- writing: one row after the other, in order ---------------------------------------
 */

struct vt_verdicts_writer;
/* A new table `name` in the folder of `disk`; borrowed until it is finished.  Returned. */
VT_CHECKED bool vt_verdicts_writer_begin(struct vt_disk *disk,
                                         struct vt_verdicts_writer **out,
                                         struct vt_error *err);
/* Errors: VT_MALFORMED not behind the last row, or an impossible row; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_verdicts_writer_add(struct vt_verdicts_writer *writer,
                                       const struct vt_cell_verdict *verdict,
                                       struct vt_error *err);
/* Durable under `name`, replacing what was there.  The writer is gone, also after failure.
 */
VT_CHECKED bool vt_verdicts_writer_finish(struct vt_verdicts_writer *writer,
                                          const char *name, struct vt_error *err);
void vt_verdicts_writer_discard(struct vt_verdicts_writer *writer); /* NULL allowed */

/* All rows of both, the change's where both have one; where it says unknown, none.
 * Errors: VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_verdicts_merge(const struct vt_verdicts *table,
                                  const struct vt_verdicts *change,
                                  struct vt_verdicts_writer *writer, struct vt_error *err);

#endif
