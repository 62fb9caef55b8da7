/* Files that survive power loss.
 *
 * A vt_disk is a folder.  Every operation that changes it passes one gate (store/gate.h),
 * where a test may break the n-th one: fail it cleanly, fail it after it took effect, kill
 * the process, or kill it and take back all that was not yet synced.
 *
 * Names are relative to the folder, parts separated by '/'.  "..", ".", empty parts,
 * absolute names and parts that begin with ".vt-" are VT_REJECTED, as is any symbolic link
 * on the way; parts over 255 and names over 1023 bytes are VT_LIMIT.
 *
 * After VT_IO from a write or sync the state of the disk is unknown: every later change
 * through the same vt_disk is refused.  The role must exit; starting again is the recovery.
 * A write that found the disk full or the folder closed to us changed nothing, and says so
 * with VT_IO as well. */
#ifndef VT_STORE_DISK_H
#define VT_STORE_DISK_H

#include "base/base.h"

struct vt_disk;       /* an open folder */
struct vt_disk_file;  /* an open file in it, for journals */
struct vt_disk_draft; /* a file being written, which nobody sees yet */

/* Open the folder; with is_new it and its parents are made first, durably (nothing happens
 * to a folder that is there already).  Returned, end with vt_disk_close.
 *
 * Errors: VT_IO  missing, not a folder, not permitted */
VT_CHECKED bool vt_disk_open(const char *path, bool is_new, struct vt_disk **disk_out,
                             struct vt_error *err);
/* Open a folder inside an open one, made durably if it is missing.  Returned, end with
 * vt_disk_close.
 * Errors: VT_REJECTED a symbolic link on the way, or its name; VT_IO */
VT_CHECKED bool vt_disk_open_below(struct vt_disk *above, const char *name,
                                   struct vt_disk **disk_out, struct vt_error *err);
/* Gives up the lock too.  Lazy writes that were not flushed stay what they were: visible,
 * not durable.  NULL does nothing. */
void vt_disk_close(struct vt_disk *disk);
const char *vt_disk_path(const struct vt_disk *disk);
/* A write or sync failed, so nothing more may be changed: what failed was not merely
 * refused (disk full, not permitted). */
bool vt_disk_is_spoiled(const struct vt_disk *disk);
/* Room that is left for us on its file system, in bytes.  VT_IO. */
VT_CHECKED bool vt_disk_free_bytes(const struct vt_disk *disk, uint64_t *out,
                                   struct vt_error *err);
/* After a failure: take away a folder that was made for nothing.  One that holds anything
 * but our lock file stays as it is, and so does one that cannot be removed; nobody is told,
 * since the caller has the reason of his failure to tell. */
void vt_disk_abandon(const char *path);

/* An exclusive lock on the folder, so that two never write at once; held until the disk is
 * closed or the process ends.  If the last holder did not close it (it was killed),
 * everything on the file system is synced first: what you see afterwards is durable, also
 * what your predecessor wrote and did not live to sync.
 *
 * Errors: VT_IO, also where another process holds it: the message names its pid, nothing
 *         was changed, and it may be tried again */
VT_CHECKED bool vt_disk_lock(struct vt_disk *disk, struct vt_error *err);
/* The same, and where another process holds it, wait for that at most so long. */
VT_CHECKED bool vt_disk_lock_within(struct vt_disk *disk, int64_t wait_ms_max,
                                    struct vt_error *err);

/* ---- whole files ------------------------------------------------------------------- */

/* Replace or create `name` with these bytes: new file, fsync, rename, fsync of its folder.
 * After power loss either the old or the new content is there, whole.  mode as in open(2).
 * Missing parent folders are made, durably. */
VT_CHECKED bool vt_disk_write(struct vt_disk *disk, const char *name, vt_slice bytes,
                              mode_t mode, struct vt_error *err);
/* The same, but refuses to replace: VT_REJECTED if `name` exists (which says nothing about
 * its being durable: see vt_disk_keep). */
VT_CHECKED bool vt_disk_create(struct vt_disk *disk, const char *name, vt_slice bytes,
                               mode_t mode, struct vt_error *err);
/* As vt_disk_write, without the syncs: visible at once, durable only after vt_disk_flush.
 * Up to 128 of these files are held open until then; a role that may open fewer must not
 * write so many between two flushes. */
VT_CHECKED bool vt_disk_write_lazily(struct vt_disk *disk, const char *name, vt_slice bytes,
                                     mode_t mode, struct vt_error *err);
/* Make every lazy write so far durable (files, then the folders that hold them). */
VT_CHECKED bool vt_disk_flush(struct vt_disk *disk, struct vt_error *err);
/* Make a file that is there durable, whoever wrote it: content, entry and folders.  For
 * "it exists already, so I am done".  VT_ABSENT. */
VT_CHECKED bool vt_disk_keep(struct vt_disk *disk, const char *name, struct vt_error *err);
/* Appended to out.  VT_ABSENT if there is none; VT_LIMIT beyond out->bytes_max; VT_IO also
 * when it is not a regular file. */
VT_CHECKED bool vt_disk_read(struct vt_disk *disk, const char *name, struct vt_buf *out,
                             struct vt_error *err);
/* Open for reading; the caller closes.  Errors as vt_disk_read. */
VT_CHECKED bool vt_disk_open_fd(struct vt_disk *disk, const char *name, int *fd_out,
                                uint64_t *size_bytes_out, struct vt_error *err);
/* Gone at once, durably so only after vt_disk_flush: for many files that would do no harm
 * if they came back.  VT_ABSENT. */
VT_CHECKED bool vt_disk_remove_lazily(struct vt_disk *disk, const char *name,
                                      struct vt_error *err);
/* Durably gone.  VT_ABSENT if it was not there, which is then durable too. */
VT_CHECKED bool vt_disk_remove(struct vt_disk *disk, const char *name,
                               struct vt_error *err);
/* False also for a name that is not allowed. */
bool vt_disk_has(struct vt_disk *disk, const char *name);
/* Names in a subfolder ("" for the top), sorted bytewise, without drafts and the lock.
 * Each is handed to `each`, which may return false (with err filled) to stop.
 *
 * Errors: VT_ABSENT no such folder
 *         VT_IO */
VT_CHECKED bool vt_disk_list(struct vt_disk *disk, const char *folder,
                             bool (*each)(void *context, const char *name, bool is_folder,
                                          struct vt_error *err),
                             void *context, struct vt_error *err);
/* Remove the drafts that killed processes left in `folder` and below, whatever they hold.
 * Only under the lock, and only where all writers take it. */
VT_CHECKED bool vt_disk_sweep(struct vt_disk *disk, const char *folder,
                              struct vt_error *err);

/* ---- drafts: files larger than memory, or named by what they turn out to hold -------- */

/* Begin a file in `folder` (made if missing).  Returned; ends with finish or discard. */
VT_CHECKED bool vt_disk_draft_begin(struct vt_disk *disk, const char *folder, mode_t mode,
                                    struct vt_disk_draft **draft_out, struct vt_error *err);
VT_CHECKED bool vt_disk_draft_add(struct vt_disk_draft *draft, vt_slice bytes,
                                  struct vt_error *err);
/* Sync it and give it its name, durably; without may_replace VT_REJECTED if the name is
 * taken.  The draft is gone afterwards, also after failure. */
VT_CHECKED bool vt_disk_draft_finish(struct vt_disk_draft *draft, const char *name,
                                     bool may_replace, struct vt_error *err);
void vt_disk_draft_discard(struct vt_disk_draft *draft);

/* ---- journals: one file, preallocated, appended, synced ------------------------------ */

/* Open or create for reading and writing; what is in it is durable afterwards, also what a
 * killed process wrote and did not sync.  Returned; the disk must live longer. */
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
/* Ask for the room of a file that will be written piece by piece: zeros as long as nothing
 * else was written.  Not durable until a sync.  A full disk is found here, before a byte
 * was written, and changes nothing (VT_IO). */
VT_CHECKED bool vt_disk_file_reserve(struct vt_disk_file *file, uint64_t size,
                                     struct vt_error *err);
/* fdatasync: bytes written so far, and a size that they grew. */
VT_CHECKED bool vt_disk_file_sync(struct vt_disk_file *file, struct vt_error *err);
/* Has it a name still?  What is written into a file that somebody took away is lost when we
 * end.  VT_IO: it was taken away. */
VT_CHECKED bool vt_disk_file_is_there(const struct vt_disk_file *file,
                                      struct vt_error *err);
/* Cut or extend with zeros, durably. */
VT_CHECKED bool vt_disk_file_truncate(struct vt_disk_file *file, uint64_t size,
                                      struct vt_error *err);
/* Reads up to len bytes; *got_out is less at the end of the file. */
VT_CHECKED bool vt_disk_file_read_at(struct vt_disk_file *file, uint64_t at, uint8_t *out,
                                     size_t len, size_t *got_out, struct vt_error *err);

#endif
