/* The journal: where an entry becomes durable.
 *
 * Batches of entries are appended to one of two preallocated files, each batch with one
 * write and one fdatasync.  When a file is full and all entries of the other one are in
 * durable tiles, the other one is begun anew, so the journal stays small whatever the size
 * of the log.
 *
 *   slot     | header: generation, first index, salt | record | record | ... old bytes
 *   record   | count, first index, length, checks | (u16 length ‖ entry)... | zeros |
 *
 * Everything begins at a multiple of 4096 bytes, so no write touches a block that holds an
 * acknowledged batch.  The checks are SHA-256 with the slot's salt in front: bytes of an
 * earlier generation, or a record that somebody hid inside an entry, are no records.  The
 * payload's check is over the leaf hashes, which are needed anyway.
 *
 * Only one batch is ever under way.  So a record that is broken and has none behind it is
 * the torn end of an unacknowledged batch; a broken one with a good one behind it is
 * damage, and is reported. */
#ifndef VT_LEDGER_JOURNAL_H
#define VT_LEDGER_JOURNAL_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

#define VT_JOURNAL_BLOCK          4096
#define VT_JOURNAL_SLOT_BYTES     VT_MIB(1)  /* of a fresh ledger; doubles at need */
#define VT_JOURNAL_SLOT_BYTES_MAX VT_MIB(64) /* up to here */
#define VT_BATCH_BYTES_MAX        VT_MIB(4)  /* a batch that is larger is closed */

/* ---- a batch in memory ----------------------------------------------------------------
 */

struct vt_batch {
    struct vt_buf bytes; /* room for a record's head, then a bundle of entries */
    vt_hash *leaves;     /* owned; one for each entry */
    size_t count, room;
    uint64_t first; /* index of the first entry */
};

/* An empty batch whose first entry will be `first`. */
struct vt_batch vt_batch_init(uint64_t first);
void vt_batch_clear(struct vt_batch *batch); /* frees */
/* Empty it, keeping the memory; the next entry will be `first`. */
void vt_batch_restart(struct vt_batch *batch, uint64_t first);
void vt_batch_put(struct vt_batch *batch, vt_slice entry, const vt_hash *leaf);
/* The entries, to be taken apart with vt_bundle_read. */
vt_slice vt_batch_bundle(const struct vt_batch *batch);

/* ---- the journal ----------------------------------------------------------------------
 */

struct vt_journal;

/* Make the journal of an empty ledger.  slot_bytes: 0 for the usual size. */
VT_CHECKED bool vt_journal_init(struct vt_disk *disk, const struct vt_env *env,
                                uint64_t slot_bytes, struct vt_error *err);

/* Open it.  disk and env must live longer.  Returned, end with vt_journal_close.
 * Errors: VT_REJECTED no slot has a good head
 *         VT_IO */
VT_CHECKED bool vt_journal_open(struct vt_disk *disk, const struct vt_env *env,
                                struct vt_journal **journal_out, struct vt_error *err);
void vt_journal_close(struct vt_journal *journal); /* NULL allowed */

/* The first entry that it still holds; all entries before it are in durable full tiles. */
uint64_t vt_journal_first(const struct vt_journal *journal);

/* Where replayed entries go. */
struct vt_journal_sink {
    bool (*take)(void *context, uint64_t index, vt_slice entry, const vt_hash *leaf,
                 struct vt_error *err);
    void *context;
};

/* Find the end, and hand out every entry from `from` on, in order.  To be called once,
 * before the first append.
 * Errors: VT_REJECTED a record in the middle is damaged, or entries are missing
 *         VT_IO; and those of the sink */
VT_CHECKED bool vt_journal_replay(struct vt_journal *journal, uint64_t from,
                                  const struct vt_journal_sink *sink, struct vt_error *err);

/* The index that the next entry will have. */
uint64_t vt_journal_end(const struct vt_journal *journal);

/* Is there room for this batch?  If not, make the tiles durable and call vt_journal_turn:
 * `safe` says that all entries below it are in durable full tiles.  It begins the other
 * slot anew if that is allowed, and else makes the present one larger. */
bool vt_journal_has_room(const struct vt_journal *journal, const struct vt_batch *batch);
VT_CHECKED bool vt_journal_turn(struct vt_journal *journal, uint64_t safe,
                                const struct vt_batch *batch, struct vt_error *err);

/* So much larger its files become if `bytes` of entries come now; safe: as of
 * vt_journal_turn. */
uint64_t vt_journal_growth(const struct vt_journal *journal, uint64_t safe, uint64_t bytes);

/* Append a batch that is not empty and has room, durably: one write, one fdatasync.  Its
 * `first` is vt_journal_end.
 * Errors: VT_IO */
VT_CHECKED bool vt_journal_append(struct vt_journal *journal, struct vt_batch *batch,
                                  struct vt_error *err);

#endif
