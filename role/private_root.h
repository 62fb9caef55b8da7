/* A file system of one's own: empty, in memory, bounded, and gone with the process. */
#ifndef VT_ROLE_PRIVATE_ROOT_H
#define VT_ROLE_PRIVATE_ROOT_H

#include "base/base.h"

/* From now on this process sees no file but those that it makes itself, at most
 * bytes_max of them in all; no network interface, no System V memory of others; and it has
 * no capability.  Call it while it has one thread, before it gives up being dumpable.
 * False with errno: the kernel lets us make no such namespaces. */
VT_CHECKED bool vt_private_root(uint64_t bytes_max);

#endif
