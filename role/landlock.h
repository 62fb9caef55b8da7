/* Landlock by its system calls: which files a process may touch. */
#ifndef VT_ROLE_LANDLOCK_H
#define VT_ROLE_LANDLOCK_H

#include "role/confine.h"

/* Restrict this process to the folders of the rights.  True also when the kernel has no
 * Landlock; false with errno when it has and it failed. */
VT_CHECKED bool vt_landlock(const struct vt_rights *rights);
/* 0: the kernel has none. */
int vt_landlock_abi(void);

#endif
