/* Environments: the root file system of a build, made from the packages of a lock file
 * alone, without network, the same bytes on every machine, as root or not. */
#ifndef VT_LINE_ENVIRONMENT_H
#define VT_LINE_ENVIRONMENT_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "line/lock.h"
#include "line/store.h"

struct vt_environment {
    vt_hash digest; /* the lock's: what is authorised */
    vt_hash tree;   /* of the root as it lies on the disk: path, mode, time, content */
    char *root;     /* owned; the root folder */
};

#define VT_AUTO_ENVIRONMENT                                                                \
    __attribute__((cleanup(vt_environment_clear))) struct vt_environment
void vt_environment_clear(struct vt_environment *environment);

/* The environment of this lock: made if the store does not have it, measured again if it
 * does.  progress: a line for a person, may be NULL.
 * Errors: VT_ABSENT    a package is not in the store (`vitrine line lock` fetches it)
 *         VT_REJECTED  the root on the disk is not what was made: a file was changed
 *         VT_IO, VT_LIMIT */
VT_CHECKED bool vt_environment_get(struct vt_line_store *store, const struct vt_lock *lock,
                                   void (*progress)(void *context, const char *line),
                                   void *context, struct vt_environment *out,
                                   struct vt_error *err);

/* Digest over a folder tree: sorted path, type and mode, time, content. */
VT_CHECKED bool vt_tree_digest(const char *folder, vt_hash *out, struct vt_error *err);

#endif
