/* What the files of the store of samples share.  Private to cell/. */
#ifndef VT_CELL_SAMPLES_INSIDE_H
#define VT_CELL_SAMPLES_INSIDE_H

#include "cell/samples.h"
#include "store/records.h"

/* As they stand in the tables. */
enum {
    VT_SAMPLE_COMING = 1,
    VT_SAMPLE_WAITING = 2,
    VT_SAMPLE_SCANNED = 3,
    VT_SAMPLE_ERASING = 4,  /* leaves a mark that it was here */
    VT_SAMPLE_DROPPING = 5, /* leaves none: it never became whole */
    VT_SAMPLE_ARRIVING = 6, /* comes from another cell, not read back yet */
};

enum { VT_SAMPLE_SLOTS = 32, VT_SAMPLE_OWNERS = 1024 };

/* An upload that goes on: its open file, and the hash of what came. */
struct vt_sample_slot {
    struct vt_disk_file *file; /* owned; NULL: free */
    vt_hash object;
    uint64_t here, body_bytes;
    struct vt_sha256 hash;
    bool is_hashed; /* `hash` is over all that is here */
    uint64_t used;  /* when, as a number that grows */
};

/* Wishes that an owner may still make: a bucket that fills. */
struct vt_sample_owner {
    struct vt_public_key key;
    int64_t at_ms;
    uint64_t tokens; /* thousandths */
};

struct vt_samples {
    struct vt_disk *disk;
    struct vt_records *records;
    const char *cell; /* borrowed */
    struct vt_samples_bounds bounds;
    const struct vt_key *key; /* borrowed */
    struct vt_env env;
    struct vt_sample_slot slots[VT_SAMPLE_SLOTS];
    struct vt_sample_owner owners[VT_SAMPLE_OWNERS];
    uint64_t uses;
    bool has_arrival; /* a batch of another cell is under way: no second one beside it */
    struct vt_samples_census census;                       /* kept beside the tables */
    uint64_t refused[VT_DATA_CLASSES][VT_COUNTED_REASONS]; /* not in the tables yet */
};

#define VT_VALUE_HASH(h) VT_VALUE_BYTES(vt_hash_slice(h))

int64_t vt_samples_now(const struct vt_samples *samples);

/* One row, without what is long. */
struct vt_sample_row {
    bool is_there;
    int state;
    struct vt_public_key owner;
    vt_hash body;
    uint64_t body_bytes, here;
};
VT_CHECKED bool vt_samples_find(struct vt_samples *samples, const vt_hash *object,
                                struct vt_sample_row *out, struct vt_error *err);
VT_CHECKED bool vt_samples_was_erased(struct vt_samples *samples, const vt_hash *object,
                                      bool *out, struct vt_error *err);
/* Answer 200 with the receipt that is kept. */
VT_CHECKED bool vt_samples_show_receipt(struct vt_samples *samples, const vt_hash *object,
                                        struct vt_sample_answer *out, struct vt_error *err);

/* Its file, open; a slot that was not used for the longest time gives way. */
VT_CHECKED bool vt_samples_slot(struct vt_samples *samples, const vt_hash *object,
                                const struct vt_sample_row *row,
                                struct vt_sample_slot **out, struct vt_error *err);
struct vt_sample_slot *vt_samples_find_slot(struct vt_samples *samples,
                                            const vt_hash *object); /* or NULL */
void vt_sample_slot_close(struct vt_sample_slot *slot);

/* The digest as it is kept: keyed with a secret of its recipient's period. */
VT_CHECKED bool vt_samples_key_digest(struct vt_samples *samples, const vt_hash *recipient,
                                      const vt_hash *digest, vt_hash *out,
                                      struct vt_error *err);

/* Begin a transaction that holds the refusals counted so far too; commit forgets them. */
VT_CHECKED bool vt_samples_begin(struct vt_samples *samples, struct vt_error *err);
VT_CHECKED bool vt_samples_commit(struct vt_samples *samples, struct vt_error *err);
/* Reasons that are kept by day alone. */
enum { VT_SAMPLES_SCANNED = VT_COUNTED_REASONS, VT_SAMPLES_WITHDRAWN };
VT_CHECKED bool vt_samples_add_day(struct vt_samples *samples, enum vt_data_class data,
                                   unsigned reason, uint64_t count, struct vt_error *err);
VT_CHECKED bool vt_samples_add_total(struct vt_samples *samples, enum vt_data_class data,
                                     enum vt_count_reason reason, uint64_t count,
                                     struct vt_error *err);

/* Put an object out of the world: mark it now; files and row go in finish. */
VT_CHECKED bool vt_samples_drop(struct vt_samples *samples, const vt_hash *object,
                                struct vt_error *err);
/* Destroy headers, then bodies, then rows of some that are marked. */
VT_CHECKED bool vt_samples_finish(struct vt_samples *samples, bool *is_more_out,
                                  struct vt_error *err);
/* Put what began to arrive from another cell, and was not read back, out of the world. */
VT_CHECKED bool vt_samples_forget_arriving(struct vt_samples *samples,
                                           struct vt_error *err);
VT_CHECKED bool vt_samples_take_census(struct vt_samples *samples, struct vt_error *err);

/* Samples that are marked to go, by what they were: added to *away in the transaction that
 * marks them, and taken off the census when it is kept.  So no mark reads the whole table.
 *
 * weigh  those that a question finds; its columns: state, how many, their bytes
 * mark   one object, if nothing marked it before */
VT_CHECKED bool vt_samples_weigh(struct vt_samples *samples, const char *sql,
                                 const vt_value *values, size_t count,
                                 struct vt_samples_census *away, struct vt_error *err);
VT_CHECKED bool vt_samples_mark(struct vt_samples *samples, const vt_hash *object,
                                int state, struct vt_samples_census *away,
                                struct vt_error *err);
void vt_samples_gone(struct vt_samples *samples, const struct vt_samples_census *away);
/* Commit what was marked, and take it out of the world. */
VT_CHECKED bool vt_samples_let_go(struct vt_samples *samples,
                                  const struct vt_samples_census *away,
                                  struct vt_error *err);

#endif
