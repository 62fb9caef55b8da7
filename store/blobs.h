/* Bytes kept under their own SHA-256: sources, packages, logs, SBOMs.  Layout:
 * sha256/ab/abcdef... below the folder.  Every read is checked against the name.
 *
 * Several processes may put at once; nobody needs the lock. */
#ifndef VT_STORE_BLOBS_H
#define VT_STORE_BLOBS_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

struct vt_blobs; /* a content-addressed folder */

/* Open; with is_new the folder is made first if it is missing.  Returned, end with
 * vt_blobs_close.  VT_IO. */
VT_CHECKED bool vt_blobs_open(const char *path, bool is_new, struct vt_blobs **blobs_out,
                              struct vt_error *err);
/* A folder of blobs inside an open folder, made if it is missing; no symbolic link is
 * followed on the way. */
VT_CHECKED bool vt_blobs_open_below(struct vt_disk *above, const char *name,
                                    struct vt_blobs **blobs_out, struct vt_error *err);
void vt_blobs_close(struct vt_blobs *blobs); /* NULL does nothing */

/* Keep these bytes, durably.  Keeping them again changes nothing, unless the copy on the
 * disk has rotted: then it is replaced. */
VT_CHECKED bool vt_blobs_put(struct vt_blobs *blobs, vt_slice bytes, vt_hash *hash_out,
                             struct vt_error *err);
/* The same from a descriptor, from its present offset to its end, in bounded memory.  name:
 * for messages. */
VT_CHECKED bool vt_blobs_put_fd(struct vt_blobs *blobs, int fd, const char *name,
                                vt_hash *hash_out, uint64_t *bytes_out,
                                struct vt_error *err);
/* A blob that comes in pieces, in bounded memory.  Returned; ends with finish or discard.
 */
struct vt_blobs_draft;
VT_CHECKED bool vt_blobs_draft_begin(struct vt_blobs *blobs,
                                     struct vt_blobs_draft **draft_out,
                                     struct vt_error *err);
VT_CHECKED bool vt_blobs_draft_add(struct vt_blobs_draft *draft, vt_slice bytes,
                                   struct vt_error *err);
/* Keep what came, durably, as vt_blobs_put does.  wanted: the hash that it must have; NULL:
 * any.  The draft is gone afterwards, also after failure.
 * Errors: VT_REJECTED it has another hash; VT_IO */
VT_CHECKED bool vt_blobs_draft_finish(struct vt_blobs_draft *draft, const vt_hash *wanted,
                                      vt_hash *hash_out, struct vt_error *err);
void vt_blobs_draft_discard(struct vt_blobs_draft *draft); /* NULL does nothing */
/* The whole content, appended to out.
 *
 * Errors: VT_ABSENT   not held
 *         VT_REJECTED the bytes on the disk no longer hash to the name; out is as before
 *         VT_LIMIT    larger than out takes */
VT_CHECKED bool vt_blobs_get(struct vt_blobs *blobs, const vt_hash *hash,
                             struct vt_buf *out, struct vt_error *err);
/* Open for reading after its hash was checked in one pass; the caller closes.  Errors as
 * vt_blobs_get.  Who may write in the folder can change the bytes after the check: where
 * that matters, hash what you read. */
VT_CHECKED bool vt_blobs_open_fd(struct vt_blobs *blobs, const vt_hash *hash, int *fd_out,
                                 uint64_t *bytes_out, struct vt_error *err);
/* Is there a file of that name?  (Whether it is whole, only reading tells.) */
bool vt_blobs_has(struct vt_blobs *blobs, const vt_hash *hash);
/* Where a blob lies, for programs that must be handed a path; arena owns the text. */
const char *vt_blobs_path(struct vt_blobs *blobs, const vt_hash *hash,
                          struct vt_arena *arena);

#endif
