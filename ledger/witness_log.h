/* What a witness is and which logs it watches: config.json in its folder.  A mirror has the
 * same in mirror.json: it is a cosigner too, and must not be served as a witness.
 *
 *   DIR/config.json    name, verifier key, where the private key is, the logs
 *   DIR/memory/        what it has cosigned (ledger/witness_memory.h) */
#ifndef VT_LEDGER_WITNESS_LOG_H
#define VT_LEDGER_WITNESS_LOG_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"
#include "wire/note.h"

#define VT_WITNESS_LOGS_MAX         1024
#define VT_WITNESS_KEYS_MAX         4    /* of one log */
#define VT_WITNESS_ORIGIN_BYTES_MAX 1024 /* of one log's origin */

struct vt_witness_log {
    vt_slice origin;
    vt_hash id; /* SHA-256 of the origin: its name in URLs and in the memory */
    struct vt_vkey keys[VT_WITNESS_KEYS_MAX]; /* type 0x01; any of them may sign */
    size_t key_count;
};

/* All texts are borrowed from whoever filled it in. */
struct vt_witness_config {
    bool is_mirror;
    vt_slice name;               /* of the witness's key */
    struct vt_vkey vkey;         /* type 0x04 */
    vt_slice key;                /* where the private key is: absolute path or URI */
    struct vt_witness_log *logs; /* VT_WITNESS_LOGS_MAX of them */
    size_t log_count;
};

/* No log yet; the array is in the arena. */
struct vt_witness_config vt_witness_config_new(struct vt_arena *arena);

/* The log of that origin, or of that id; NULL if there is none. */
const struct vt_witness_log *vt_witness_log_of(const struct vt_witness_config *config,
                                               vt_slice origin);
const struct vt_witness_log *vt_witness_log_by_id(const struct vt_witness_config *config,
                                                  const vt_hash *id);

/* Watch a log: the origin is new, or the key is added to those that it has.
 * Errors: VT_MALFORMED not an origin, or not a log's key; VT_REJECTED it is there already;
 *         VT_LIMIT */
VT_CHECKED bool vt_witness_config_add(struct vt_witness_config *config, vt_slice origin,
                                      const struct vt_vkey *key, struct vt_error *err);

/* Texts live in the arena; a mirror's is asked for by is_mirror.
 * Errors: VT_ABSENT there is none here; VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_witness_config_read(struct vt_disk *disk, bool is_mirror,
                                       struct vt_arena *arena,
                                       struct vt_witness_config *out, struct vt_error *err);
VT_CHECKED bool vt_witness_config_write(struct vt_disk *disk,
                                        const struct vt_witness_config *config,
                                        struct vt_error *err);

#endif
