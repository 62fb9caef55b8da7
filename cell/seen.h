/* What a client saw of cells before, so that nobody can lead it back.  Strict JSON, closed,
 * canonical:
 *
 *   {"v": 1, "trust": N,                       newest version of the trust root
 *    "cells": [{"cell", "epoch", "head",       newest head, digest of its payload
 *               "size", "root"}]}              the tree of heads that it was in
 *
 * Only a yes changes it, and numbers only grow.  Pure. */
#ifndef VT_CELL_SEEN_H
#define VT_CELL_SEEN_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_CELL_SEEN_BYTES_MAX VT_MIB(1)

/* Of one cell; size 0: it was never seen. */
struct vt_cell_seen {
    uint64_t epoch;
    vt_hash head;
    uint64_t size;
    vt_hash root;
};

/* Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_cell_seen_parse(vt_slice text, json_t **memory_out,
                                   struct vt_error *err);
/* memory may be NULL: nothing was seen. */
struct vt_cell_seen vt_cell_seen_of(const json_t *memory, vt_slice cell);
uint64_t vt_cell_seen_trust(const json_t *memory);
/* Append the memory after this was seen too, with a line break; nothing in it goes back.
 * Errors: VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_cell_seen_write(const json_t *memory, vt_slice cell,
                                   const struct vt_cell_seen *seen, uint64_t trust,
                                   struct vt_buf *out, struct vt_error *err);

#endif
