/* Files that survive power loss.
 *
 * A vt_disk is a folder.  Every operation that changes it is counted and passes one gate
 * (store/gate.h), where a test may break the n-th one: fail it cleanly, fail it after it
 * took effect, kill the process, or kill it and undo all that was not yet synced.  Paths
 * are relative to the folder; ".." and absolute paths are refused.
 *
 * After VT_IO from a sync or write the state of the disk is unknown: the role must exit,
 * and starting again is the recovery. */
#ifndef VT_STORE_DISK_H
#define VT_STORE_DISK_H

#include "base/base.h"

struct vt_disk;      /* an open folder */
struct vt_disk_file; /* an open file in it, for journals */

/* Open the folder; with is_new it and its parents are made first, durably.  Returned. */
VT_CHECKED bool vt_disk_open(const char *path, bool is_new, struct vt_disk **disk_out,
                             struct vt_error *err);
void vt_disk_close(struct vt_disk *disk);
const char *vt_disk_path(const struct vt_disk *disk);
/* An exclusive lock on the folder for this process, so that two never write at once.
 * VT_REJECTED if another process holds it (the message names its pid when known). */
VT_CHECKED bool vt_disk_lock(struct vt_disk *disk, struct vt_error *err);

/* ---- whole files ------------------------------------------------------------------- */

/* Replace or create `name` with these bytes: new file, fsync, rename, fsync of its folder.
 * After power loss either the old or the new content is there, whole.  mode as in open(2).
 * Missing parent folders are made, durably. */
VT_CHECKED bool vt_disk_write(struct vt_disk *disk, const char *name, vt_slice bytes,
                              mode_t mode, struct vt_error *err);
/* The same, but refuses to replace: VT_REJECTED if `name` exists. */
VT_CHECKED bool vt_disk_create(struct vt_disk *disk, const char *name, vt_slice bytes,
                               mode_t mode, struct vt_error *err);
/* As vt_disk_write, without the syncs: visible at once, durable only after vt_disk_flush.
 */
VT_CHECKED bool vt_disk_write_lazily(struct vt_disk *disk, const char *name, vt_slice bytes,
                                     mode_t mode, struct vt_error *err);
/* Make every lazy write so far durable (files, then the folders that hold them). */
VT_CHECKED bool vt_disk_flush(struct vt_disk *disk, struct vt_error *err);
/* VT_ABSENT if there is none; VT_LIMIT beyond out->bytes_max. */
VT_CHECKED bool vt_disk_read(struct vt_disk *disk, const char *name, struct vt_buf *out,
                             struct vt_error *err);
VT_CHECKED bool vt_disk_remove(struct vt_disk *disk, const char *name,
                               struct vt_error *err);
bool vt_disk_has(struct vt_disk *disk, const char *name);
/* Names in a subfolder ("" for the top), sorted bytewise, without temporary files.  Each is
 * handed to `each`, which may return false (with err filled) to stop. */
VT_CHECKED bool vt_disk_list(struct vt_disk *disk, const char *folder,
                             bool (*each)(void *context, const char *name, bool is_folder,
                                          struct vt_error *err),
                             void *context, struct vt_error *err);

/* ---- journals: one file, preallocated, appended, synced ------------------------------ */

/* Open or create for reading and appending. */
VT_CHECKED bool vt_disk_file_open(struct vt_disk *disk, const char *name,
                                  struct vt_disk_file **file_out, struct vt_error *err);
void vt_disk_file_close(struct vt_disk_file *file);
uint64_t vt_disk_file_size(const struct vt_disk_file *file);
/* Make the file at least `size` bytes of real, zeroed blocks, durably, so that later writes
 * inside need only fdatasync. */
VT_CHECKED bool vt_disk_file_preallocate(struct vt_disk_file *file, uint64_t size,
                                         struct vt_error *err);
VT_CHECKED bool vt_disk_file_write_at(struct vt_disk_file *file, uint64_t at,
                                      vt_slice bytes, struct vt_error *err);
/* fdatasync. */
VT_CHECKED bool vt_disk_file_sync(struct vt_disk_file *file, struct vt_error *err);
VT_CHECKED bool vt_disk_file_truncate(struct vt_disk_file *file, uint64_t size,
                                      struct vt_error *err);
/* Reads up to len bytes; *got_out is less at the end of the file. */
VT_CHECKED bool vt_disk_file_read_at(struct vt_disk_file *file, uint64_t at, uint8_t *out,
                                     size_t len, size_t *got_out, struct vt_error *err);

#endif
