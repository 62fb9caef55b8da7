/* What a disk holds after a power loss, worked out from a trace of what was done to it.
 *
 * Every file and folder is kept twice: as programs see it, and as it is on the platter.  A
 * sync copies the one into the other, for that file's bytes or that folder's entries alone;
 * nothing else ever does.  That is the least that POSIX promises:
 *
 *   - fsync of a file does not make its name durable; that of its folder does;
 *   - a name that is durable and whose file was never synced is an empty file;
 *   - fdatasync makes bytes durable, and a size only as far as written bytes need it;
 *   - a rename that was not synced leaves the old names and what they meant. */
#ifndef VT_TESTS_DISK_MODEL_H
#define VT_TESTS_DISK_MODEL_H

#include "base/base.h"

struct vt_disk_model;

/* A model of the real folder, all of it taken as durable.  Returned. */
struct vt_disk_model *vt_disk_model_load(const char *folder);
void vt_disk_model_free(struct vt_disk_model *model);
/* Play a trace (tests/stage_control.h) on it; fails the test case on nonsense. */
void vt_disk_model_play(struct vt_disk_model *model, vt_slice trace);
/* Lose what is not durable.  seed 0: all of it; else each unsynced entry, size and sector
 * is kept or lost as dice fall that the seed decides. */
void vt_disk_model_lose_power(struct vt_disk_model *model, uint64_t seed);
/* If a sync in the trace failed for good: let programs see again, in the model and in the
 * real folder, the bytes that are on the platter in the files that it was to write.  (Not
 * the entries of folders: they are in the file system's own journal.) */
void vt_disk_model_forget(struct vt_disk_model *model, const char *folder);
/* Make the real folder (emptied first) what programs see in the model. */
void vt_disk_model_store(const struct vt_disk_model *model, const char *folder);
/* Does the real folder hold just what programs see in the model?  Else say what differs:
 * somebody changed it without passing the gate. */
bool vt_disk_model_equals(const struct vt_disk_model *model, const char *folder,
                          struct vt_error *err);

#endif
