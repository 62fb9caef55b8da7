/* Control groups, where we may make them: the memory and process limits of a sandbox as a
 * whole.  Both hierarchies are spoken, v1 and v2; where neither can be written (the usual
 * case of an ordinary user), there is none and the limits hold for each process. */
#ifndef VT_LINE_CGROUP_H
#define VT_LINE_CGROUP_H

#include "base/base.h"

struct vt_cgroup {
    char memory[512]; /* folders that we made; "" when there is none */
    char pids[512];   /* the same folder as memory in v2 */
};

/* Try to make one below our own.  Never fails: it may come out empty.  Groups that a killed
 * process of ours left beside it are removed. */
void vt_cgroup_init(struct vt_cgroup *cgroup, uint64_t memory_bytes, uint64_t processes);
bool vt_cgroup_has_memory(const struct vt_cgroup *cgroup);
/* Move a process in.  False if the kernel refuses; then the group does not hold. */
bool vt_cgroup_add(const struct vt_cgroup *cgroup, pid_t pid);
/* Remove the folders, after the last process has ended. */
void vt_cgroup_clear(struct vt_cgroup *cgroup);

#endif
