/* The scratch folder of one build: made where it is fast and its order of entries is known,
 * given to the sandbox's owner, removed with everything that a build may leave in it. */
#ifndef VT_LINE_BUILD_AREA_H
#define VT_LINE_BUILD_AREA_H

#include "line/store.h"

struct vt_area {
    char path[4096]; /* "" when there is none */
};

#define VT_AUTO_AREA __attribute__((cleanup(vt_area_clear))) struct vt_area

/* An empty folder.  where: the folder to make it in; NULL: /dev/shm when programs may run
 * there and at least VT_AREA_SHM_BYTES_MIN are free, else the store.
 * Errors: VT_IO */
#define VT_AREA_SHM_BYTES_MIN ((uint64_t)2 << 30)
VT_CHECKED bool vt_area_init(struct vt_area *area, struct vt_line_store *store,
                             const char *where, struct vt_error *err);
/* Remove it and all below, whatever modes and names a build left; an empty area does
 * nothing.  What cannot be removed stays. */
void vt_area_clear(struct vt_area *area);

/* A subfolder of an area's folder (one part), owned as the sandbox needs it.  VT_IO. */
VT_CHECKED bool vt_area_make_folder(const char *area, const char *name,
                                    struct vt_error *err);

/* Give a tree to the sandbox's owner (nothing to do for an ordinary user).  VT_IO. */
VT_CHECKED bool vt_tree_give_away(const char *path, struct vt_error *err);
/* No file below is younger than this, and none is changed that was not.  VT_IO. */
VT_CHECKED bool vt_tree_clamp_times(const char *path, int64_t unix_s, struct vt_error *err);
/* Remove a tree.  VT_IO. */
VT_CHECKED bool vt_tree_remove(const char *path, struct vt_error *err);

#endif
