/* What the files of the look-up index share.  Private to ledger/. */
#ifndef VT_LEDGER_LOOKUP_INSIDE_H
#define VT_LEDGER_LOOKUP_INSIDE_H

#include "crypto/sha256.h"
#include "ledger/dedup_runs.h"
#include "ledger/lookup.h"

/* How far it was built. */
struct vt_lookup_state {
    uint64_t first; /* entries before it were pruned already when it was begun */
    uint64_t entries, postings;
    vt_hash last; /* leaf hash of entry `entries` - 1; zeros if there is none */
};

/* lookup/ below a log's folder; with is_new it is made. */
VT_CHECKED bool vt_lookup_open_folder(const char *dir, bool is_new, struct vt_disk **out,
                                      struct vt_error *err);
/* Errors: VT_ABSENT, VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_lookup_state_read(struct vt_disk *index, struct vt_lookup_state *out,
                                     struct vt_error *err);
VT_CHECKED bool vt_lookup_state_write(struct vt_disk *index,
                                      const struct vt_lookup_state *state,
                                      struct vt_error *err);

/* The places in a run that have this key, for entries from `from` on: [*at_out, *end_out).
 * In a run equal keys stand in the order of their entries. */
void vt_lookup_places(const struct vt_run *run, uint64_t key, uint64_t from,
                      uint64_t *at_out, uint64_t *end_out);

/* The leaf hash of an entry of a tree of `size` entries. */
VT_CHECKED bool vt_lookup_leaf(struct vt_disk *log, uint64_t index, uint64_t size,
                               vt_hash *out, struct vt_error *err);

/* Every entry of [from, size), held against its leaf hash; last_out: the last one's (may be
 * NULL). */
VT_CHECKED bool vt_lookup_walk(struct vt_disk *log, uint64_t from, uint64_t size,
                               bool (*each)(void *context, uint64_t index, vt_slice entry,
                                            struct vt_error *err),
                               void *context, vt_hash *last_out, struct vt_error *err);

#endif
