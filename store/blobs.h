/* Bytes kept under their own SHA-256: sources, packages, logs, SBOMs.  Layout:
 * sha256/ab/abcdef... below the disk's folder.  Every read is checked against the name. */
#ifndef VT_STORE_BLOBS_H
#define VT_STORE_BLOBS_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

struct vt_blobs; /* a content-addressed folder */

VT_CHECKED bool vt_blobs_open(const char *path, bool is_new, struct vt_blobs **blobs_out,
                              struct vt_error *err);
void vt_blobs_close(struct vt_blobs *blobs);

/* Keep these bytes, durably; keeping them again changes nothing. */
VT_CHECKED bool vt_blobs_put(struct vt_blobs *blobs, vt_slice bytes, vt_hash *hash_out,
                             struct vt_error *err);
/* The same from a descriptor, in bounded memory. */
VT_CHECKED bool vt_blobs_put_fd(struct vt_blobs *blobs, int fd, const char *name,
                                vt_hash *hash_out, uint64_t *bytes_out,
                                struct vt_error *err);
/* VT_ABSENT if not held; VT_REJECTED if the bytes on the disk no longer hash to the name.
 */
VT_CHECKED bool vt_blobs_get(struct vt_blobs *blobs, const vt_hash *hash,
                             struct vt_buf *out, struct vt_error *err);
/* Open for reading after its hash was checked in one pass; the caller closes. */
VT_CHECKED bool vt_blobs_open_fd(struct vt_blobs *blobs, const vt_hash *hash, int *fd_out,
                                 uint64_t *bytes_out, struct vt_error *err);
bool vt_blobs_has(struct vt_blobs *blobs, const vt_hash *hash);
/* Where a blob lies, for programs that must be handed a path; arena owns the text. */
const char *vt_blobs_path(struct vt_blobs *blobs, const vt_hash *hash,
                          struct vt_arena *arena);

#endif
