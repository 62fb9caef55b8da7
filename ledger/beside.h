/* What lies beside a log: the bytes of predicates that are too long for an entry.
 *
 * An entry has at most 65,535 bytes.  A statement whose predicate is longer (a bill of
 * materials) carries digest and size instead, and the bytes lie beside the log:
 *
 *   DIR/predicate/sha256/ab/abcdef...   served under the same path (store/blobs.h)
 *   DIR/predicate/wanted/abcdef...      a mirror's: named, and not here yet; the size
 *
 * An entry names bytes if it is a DSSE envelope with an in-toto statement whose predicate
 * has the members "sha256" (64 hex digits) and "size" (1 to VT_BESIDE_BYTES_MAX).  Other
 * digests in a statement, of packages and sources, name nothing that lies here. */
#ifndef VT_LEDGER_BESIDE_H
#define VT_LEDGER_BESIDE_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

#define VT_BESIDE_FOLDER     "predicate"
#define VT_BESIDE_BYTES_MAX  VT_MIB(64)
#define VT_BESIDE_PATH_BYTES (sizeof VT_BESIDE_FOLDER "/sha256/ab/" + 64)

/* Bytes, as an entry names them. */
struct vt_beside_name {
    vt_hash digest;
    uint64_t size; /* 1 to VT_BESIDE_BYTES_MAX */
};

/* False if the entry names none. */
bool vt_beside_read_name(vt_slice entry, struct vt_beside_name *out);

/* Where they lie, relative to the log's folder. */
void vt_beside_path(const vt_hash *digest, char out[VT_BESIDE_PATH_BYTES]);
/* The exact inverse; false for everything else. */
VT_CHECKED bool vt_beside_path_parse(vt_slice path, vt_hash *digest_out);

/* Are these the bytes?  Errors: VT_REJECTED */
VT_CHECKED bool vt_beside_judge(const struct vt_beside_name *name, vt_slice bytes,
                                struct vt_error *err);
/* Keep them in the log's folder, durably, in place of a rotten copy too.
 * Errors: VT_REJECTED they are others; VT_IO */
VT_CHECKED bool vt_beside_keep(struct vt_disk *log, const struct vt_beside_name *name,
                               vt_slice bytes, struct vt_error *err);

/* The same for bytes that come in pieces, in bounded memory, before the entry that names
 * them.  Returned; ends with finish or discard.  VT_IO. */
struct vt_beside_draft;
VT_CHECKED bool vt_beside_draft_begin(struct vt_disk *log, const vt_hash *digest,
                                      struct vt_beside_draft **draft_out,
                                      struct vt_error *err);
/* Errors: VT_LIMIT more than VT_BESIDE_BYTES_MAX; VT_IO */
VT_CHECKED bool vt_beside_draft_add(struct vt_beside_draft *draft, vt_slice bytes,
                                    struct vt_error *err);
/* Durable, if they are those.  The draft is gone afterwards, also after failure.
 * Errors: VT_REJECTED they are others, or there is none; VT_IO */
VT_CHECKED bool vt_beside_draft_finish(struct vt_beside_draft *draft, struct vt_error *err);
void vt_beside_draft_discard(struct vt_beside_draft *draft); /* NULL does nothing */

/* Hash what lies under this path again.  bytes_out: how many were read; also on
 * VT_REJECTED.
 * Errors: VT_MALFORMED not a path of such bytes
 *         VT_REJECTED  they do not have that digest, or are too many
 *         VT_ABSENT, VT_IO */
VT_CHECKED bool vt_beside_verify(struct vt_disk *log, const char *path, uint64_t *bytes_out,
                                 struct vt_error *err);
/* The path of each file that lies there, whatever its name; false from `each` ends it. */
VT_CHECKED bool vt_beside_list(struct vt_disk *log,
                               bool (*each)(void *context, const char *path,
                                            struct vt_error *err),
                               void *context, struct vt_error *err);

/* ---- for mirrors ------------------------------------------------------------------------
 */

/* Note that the entry names bytes that are not here; durable with the next vt_disk_flush.
 * Nothing is to be done for most entries. */
VT_CHECKED bool vt_beside_want(struct vt_disk *log, vt_slice entry, struct vt_error *err);
/* Each one that is noted.  false from `each` ends it. */
VT_CHECKED bool vt_beside_list_wanted(struct vt_disk *log,
                                      bool (*each)(void *context,
                                                   const struct vt_beside_name *name,
                                                   struct vt_error *err),
                                      void *context, struct vt_error *err);
/* It is here now; durable with the next vt_disk_flush. */
VT_CHECKED bool vt_beside_have(struct vt_disk *log, const vt_hash *digest,
                               struct vt_error *err);

#endif
