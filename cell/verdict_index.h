/* Many look-ups at once in a verdict table of this machine: for whoever serves, or asks
 * about a whole disk.
 *
 * A SHA-256 is evenly spread, so a directory over its first bits leads to about one row.
 * Look-ups go in groups: the directory's lines of all are fetched, then the rows of all,
 * and only then is anything compared; so memory answers many at a time. */
#ifndef VT_CELL_VERDICT_INDEX_H
#define VT_CELL_VERDICT_INDEX_H

#include "base/base.h"
#include "cell/verdicts.h"

struct vt_verdict_index;

struct vt_looked_up {
    uint32_t found;
    uint8_t state; /* enum vt_cell_state */
};

/* table: borrowed as long; verified.  If it lies in memory of the process, and not in a
 * mapped file, its pages are put together into large ones.  Takes 4 to 8 bytes a row.
 * Returned. */
struct vt_verdict_index *vt_verdict_index_new(const struct vt_verdicts *table);
void vt_verdict_index_free(struct vt_verdict_index *index); /* NULL allowed */

/* out[i] tells of hashes[i]. */
void vt_verdict_index_ask(const struct vt_verdict_index *index, const vt_hash *hashes,
                          size_t count, struct vt_looked_up *out);

#endif
