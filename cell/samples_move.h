/* Moving samples from one cell's store to another's, a batch at a time, both in service.
 *
 * Where they come from, rows are read in the order of their ids, and removed at the very
 * end.  Where they come to, a batch is durable or was never there:
 *
 *   open    the rows, as `arriving`, in one transaction: nothing lies on the disk that no
 *           row knows of
 *   put     headers and bodies, seen by nobody yet, not synced one by one
 *   close   one sync for all; each header and body is read back from the disk and hashed;
 *           then one transaction makes the rows what they were where they came from, and
 *           keeps what was read back
 *
 * A batch that did not get so far is removed by whoever opens the store next, or begins the
 * next batch. */
#ifndef VT_CELL_SAMPLES_MOVE_H
#define VT_CELL_SAMPLES_MOVE_H

#include "cell/samples.h"
#include "custody/manifest.h"

enum {
    VT_MOVE_BATCH_MAX = 64,        /* objects of one batch */
    VT_MOVE_WHOLE_BYTES = 1 << 20, /* a longer body is written as it comes */
};

/* What is kept of a sample, but for its files.  Slices are borrowed. */
struct vt_move_row {
    vt_hash object; /* its id where it comes from */
    struct vt_public_key owner;
    char country[3];
    vt_hash recipient, body;
    uint64_t body_bytes;
    vt_slice rule;
    int64_t asked_unix_s;
    uint8_t signature[64];
    bool is_scanned;
    int64_t touched_unix_s, kept_until_unix_s;
    vt_slice receipt;
    uint8_t verdict;
    vt_slice rules, outcome; /* of a scan; else empty */
};

/* Owner, country, consent, receipt, and how long it is kept: what must come along. */
vt_hash vt_move_row_belongings(const struct vt_move_row *row);
struct vt_manifest_row vt_move_row_manifest(const struct vt_move_row *row);

/* ---- where they come from --------------------------------------------------------------
 */

/* Up to `max` samples of the country that are whole, behind the id `after` (NULL: from the
 * first), ascending.  `each` must not use the samples.
 * Errors: those of each; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_samples_page(struct vt_samples *samples, const char country[3],
                                const vt_hash *after, size_t max,
                                bool (*each)(void *context, const struct vt_move_row *row,
                                             struct vt_error *err),
                                void *context, bool *is_more_out, struct vt_error *err);

struct vt_samples_left {
    uint64_t removed; /* now */
    uint64_t left;    /* are there still; what is more than 64 is not counted */
};
/* Remove some of what is left of the country, uploads under way too.  They were not erased,
 * so they are not counted as that.  VT_IO. */
VT_CHECKED bool vt_samples_leave(struct vt_samples *samples, const char country[3],
                                 struct vt_samples_left *out, struct vt_error *err);

/* Of what moved: the id that it had where it came from, and whose wish it was. */
struct vt_moved_wish {
    vt_hash object;
    struct vt_public_key owner;
    int64_t asked_unix_s;
};
/* Was it erased here, or did its owner take back what he had shared by then?  Answers for
 * what has left too: the owner asks for erasure where he sent it.  VT_IO. */
VT_CHECKED bool vt_samples_was_taken_back(struct vt_samples *samples,
                                          const struct vt_moved_wish *wish, bool *out,
                                          struct vt_error *err);

/* ---- where they come to ----------------------------------------------------------------
 */

struct vt_arrival; /* a batch under way */

/* Forget batches that were not closed, and begin one.  Returned; ends with
 * vt_arrival_free.  VT_REJECTED: one is under way; VT_IO. */
VT_CHECKED bool vt_arrival_new(struct vt_samples *samples, struct vt_arrival **out,
                               struct vt_error *err);
void vt_arrival_free(struct vt_arrival *arrival); /* NULL allowed */

/* One more object.  It is sealed for `recipient` (the digest of its document) by `header`,
 * so its id is another one here.
 * Errors: VT_LIMIT the batch is full; VT_REJECTED the batch is open */
VT_CHECKED bool vt_arrival_add(struct vt_arrival *arrival, const struct vt_move_row *row,
                               const vt_hash *recipient, vt_slice header,
                               struct vt_error *err);
/* Errors: VT_REJECTED one of them is here already; VT_LIMIT the disk is full; VT_IO */
VT_CHECKED bool vt_arrival_open(struct vt_arrival *arrival, struct vt_error *err);
/* The next bytes of the bodies, object by object in the order in which they were added.
 * Errors: VT_REJECTED more than was said; VT_IO */
VT_CHECKED bool vt_arrival_put(struct vt_arrival *arrival, vt_slice bytes,
                               struct vt_error *err);
/* Errors: VT_REJECTED bytes are missing, or what was read back is not what was said: the
 *                     batch is gone; VT_IO */
VT_CHECKED bool vt_arrival_close(struct vt_arrival *arrival, struct vt_error *err);

/* Is the object with that id of where it came from here, or was it erased here?  VT_IO. */
VT_CHECKED bool vt_samples_has_arrived(struct vt_samples *samples, const vt_hash *object,
                                       bool *out, struct vt_error *err);
/* The id that it has here; *object is left alone if it is none that arrived.  VT_IO. */
VT_CHECKED bool vt_samples_resolve(struct vt_samples *samples, vt_hash *object,
                                   struct vt_error *err);
/* What arrived and is here, by the ids of where it came from, as it was read back. */
struct vt_arrived {
    struct vt_manifest_row row;
    vt_hash here; /* the id that it has here */
    struct vt_public_key owner;
    int64_t asked_unix_s;
};
/* As vt_samples_page. */
VT_CHECKED bool vt_samples_arrived(
    struct vt_samples *samples, const char country[3], const vt_hash *after, size_t max,
    bool (*each)(void *context, const struct vt_arrived *arrived, struct vt_error *err),
    void *context, bool *is_more_out, struct vt_error *err);
/* Is an object with that id of this store here, whole?  VT_IO. */
VT_CHECKED bool vt_samples_is_here(struct vt_samples *samples, const vt_hash *here,
                                   bool *out, struct vt_error *err);
/* Read header and body of an object that arrived from the disk once more.
 * Errors: VT_REJECTED they are not what they were; VT_ABSENT; VT_IO */
VT_CHECKED bool vt_samples_read_back(struct vt_samples *samples, const vt_hash *here,
                                     const vt_hash *body, struct vt_error *err);
/* They were erased where they came from while they were moved: erase them here too; those
 * that are not here are passed over.  VT_IO. */
VT_CHECKED bool vt_samples_unarrive(struct vt_samples *samples, const vt_hash *objects,
                                    size_t count, struct vt_error *err);

#endif
