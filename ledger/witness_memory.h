/* What a witness has cosigned: for each log the last checkpoint, with both signatures.
 * Nothing in it is ever taken back, and what is not durable in it is not answered.
 *
 * On the disk it is one file of two equal halves, slots of 256 bytes each:
 *
 *   half A   [ record 0 ][ record 1 ] ... [ zeros ]
 *   half B   the same again
 *
 * A batch of records is written into both halves and synced once: that is the durable step
 * before the answers.  A record carries its place, the place where its batch began, and a
 * check, so that reading tells a batch that was cut off (nobody was told of it) from a
 * record that was durable and is damaged (a witness that forgot one would sign a second
 * history).  With two copies, damage to one place changes nothing.  When the file is full,
 * and at each start, it is replaced whole by one with the last record of each log. */
#ifndef VT_LEDGER_WITNESS_MEMORY_H
#define VT_LEDGER_WITNESS_MEMORY_H

#include "base/base.h"
#include "crypto/sha256.h"

/* The last checkpoint of one log that was cosigned. */
struct vt_witness_seen {
    vt_hash log; /* SHA-256 of its origin */
    uint64_t size;
    vt_hash root;
    uint32_t key_id; /* of the log's key that signed it */
    uint8_t log_signature[64];
    int64_t time_unix_s; /* of our cosignature, > 0 */
    uint8_t cosignature[64];
};

#define VT_WITNESS_MEMORY_LOGS_MAX 1024

/* A fixed length of bytes, for the disk and for channels. */
#define VT_WITNESS_SEEN_BYTES (32 + 8 + 32 + 4 + 64 + 8 + 64)
void vt_witness_seen_write(struct vt_buf *out, const struct vt_witness_seen *seen);
VT_CHECKED bool vt_witness_seen_read(vt_reader *r, struct vt_witness_seen *out);

struct vt_witness_memory;

/* Make an empty one in `folder` (made if missing); an empty one that is there is kept.
 * Errors: VT_REJECTED there is one that remembers something, or is damaged; VT_IO */
VT_CHECKED bool vt_witness_memory_init(const char *folder, struct vt_error *err);

/* Open for writing; one process at a time.  Returned; end with vt_witness_memory_close.
 * Errors: VT_REJECTED it is missing or damaged; VT_IO, also where another has it */
VT_CHECKED bool vt_witness_memory_open(const char *folder,
                                       struct vt_witness_memory **memory_out,
                                       struct vt_error *err);
/* Only look: no lock, nothing is changed, and vt_witness_memory_put is refused. */
VT_CHECKED bool vt_witness_memory_read(const char *folder,
                                       struct vt_witness_memory **memory_out,
                                       struct vt_error *err);
void vt_witness_memory_close(struct vt_witness_memory *memory); /* NULL allowed */
void vt_witness_memory_close_pointer(struct vt_witness_memory **memory);
#define VT_AUTO_WITNESS_MEMORY                                                             \
    __attribute__((cleanup(vt_witness_memory_close_pointer))) struct vt_witness_memory *

/* The log's last one, put or read; NULL if there is none.  Borrowed until the next put. */
const struct vt_witness_seen *vt_witness_memory_find(const struct vt_witness_memory *memory,
                                                     const vt_hash *log);
size_t vt_witness_memory_count(const struct vt_witness_memory *memory);
const struct vt_witness_seen *vt_witness_memory_at(const struct vt_witness_memory *memory,
                                                   size_t i);

/* Put it into the batch.  It must grow out of the last one: not smaller, and with the same
 * root if it has the same size (else it is our mistake).
 * Errors: VT_LIMIT VT_WITNESS_MEMORY_LOGS_MAX other logs are remembered
 *         VT_IO */
VT_CHECKED bool vt_witness_memory_put(struct vt_witness_memory *memory,
                                      const struct vt_witness_seen *seen,
                                      struct vt_error *err);
/* Make the batch durable.  After a failure nothing of it may be told to anybody, and only
 * closing is left: the process must exit. */
VT_CHECKED bool vt_witness_memory_commit(struct vt_witness_memory *memory,
                                         struct vt_error *err);

#endif
