/* A root file system out of the packages of a lock file: Debian's own dpkg, with every
 * maintainer script, inside the sandbox. */
#ifndef VT_LINE_ROOT_H
#define VT_LINE_ROOT_H

#include "line/lock.h"
#include "line/store.h"

/* Fill `folder`/root; `folder` exists, is empty, and lies on the store's file system.  What
 * is left beside root is scratch.
 * Errors: VT_ABSENT    a package is not in the store
 *         VT_REJECTED  a package cannot be installed (the sentence has dpkg's reason)
 *         VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_root_make(struct vt_line_store *store, const struct vt_lock *lock,
                             const char *folder,
                             void (*progress)(void *context, const char *line),
                             void *context, struct vt_error *err);

/* The packages that dpkg needs before it can install any: those that are essential, and
 * what they depend on, transitively.  controls: of all packages of the lock, in its order;
 * is_needed_out: as many.  (Open to its test.) */
void vt_root_find_base(const struct vt_lock *lock, const vt_slice *controls,
                       bool *is_needed_out);

#endif
