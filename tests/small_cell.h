/* A cell of made-up files: what an epoch publishes, without a ledger behind its head. */
#ifndef VT_TESTS_SMALL_CELL_H
#define VT_TESTS_SMALL_CELL_H

#include "cell/site.h"
#include "tests/harness.h"

enum { VT_SMALL_CELL_ROWS_MAX = 4096 };

/* File i is the SHA-256 of the number i; each third is malicious, the others are clean. */
vt_hash vt_small_cell_hash(unsigned i);
enum vt_cell_state vt_small_cell_state(unsigned i);
/* Files 0 to count - 1, sorted; its rows stay until the next call. */
struct vt_verdicts vt_small_cell_table(unsigned count);

struct vt_small_epoch {
    const char *dir;
    unsigned count, bits; /* files 0 to count - 1; of buckets */
    uint64_t epoch, keep;
    int64_t from_unix_s, until_unix_s;
};

/* Publish it as the cell "zurich"; its proof is none, which no client would take. */
struct vt_cell_written vt_small_cell_publish(const struct vt_small_epoch *epoch);

#endif
