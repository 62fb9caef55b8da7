/* Private to the sandbox: what is prepared before any process is made, and the two ways
 * to start one.  Everything that can be computed outside is, so that the child only makes
 * system calls. */
#ifndef VT_LINE_SANDBOX_INSIDE_H
#define VT_LINE_SANDBOX_INSIDE_H

#include "line/cgroup.h"
#include "line/sandbox.h"
#include <sched.h>

enum { VT_MASKS_MAX = 32 };

/* A fixed text that hides a file which would tell about the machine. */
struct vt_mask {
    const char *inside; /* absolute path inside */
    vt_slice text;
    bool is_in_sys; /* made in the empty /sys; else laid over a file that exists */
};

struct vt_sandbox_plan {
    const struct vt_sandbox_spec *spec;
    struct vt_arena *arena;
    const char *root, *area; /* absolute, without symbolic links */
    const char *inputs[VT_SANDBOX_INPUTS_MAX];
    bool is_input_folder[VT_SANDBOX_INPUTS_MAX];
    struct vt_mask masks[VT_MASKS_MAX];
    size_t mask_count;
    const char **environment; /* NULL-ended */
    const char *directory;
    uint64_t tmpfs_bytes; /* of each writable one */
    cpu_set_t cpus;
    struct vt_buf filter; /* the seccomp program, struct sock_filter[] */
    bool is_root;         /* as vt_sandbox_is_root */
    uid_t owner_uid;      /* outside */
    gid_t owner_gid;
    uint32_t uid, gid; /* inside */
};

/* A started sandbox. */
struct vt_sandbox_process {
    pid_t pid;
    int output; /* read end of its standard output and error */
    int status; /* what the runner tells; ours: struct vt_sandbox_word */
    struct vt_cgroup cgroup;
};

/* Our launcher's words to the parent, one a datagram. */
enum vt_word { VT_WORD_NEED_MAP = 1, VT_WORD_FAILED, VT_WORD_NO_PROGRAM, VT_WORD_ENDED };
struct vt_sandbox_word {
    enum vt_word word;
    int value; /* errno, or the wait status of the program */
    char what[80];
};

/* sandbox_filter.c: the seccomp program for both runners; Landlock for ours. */
VT_CHECKED bool vt_sandbox_filter(const struct vt_sandbox_plan *plan, struct vt_buf *out,
                                  struct vt_error *err);
/* Writing is allowed below `writable` (and to /dev and /proc files) only.  0 where the
 * kernel has no Landlock; negative: errno. */
int vt_sandbox_landlock(const char *const writable[]);

/* sandbox_mask.c */
void vt_sandbox_masks(struct vt_sandbox_plan *plan);

/* In the process that goes in: standard input from /dev/null, standard output and error to
 * `output`, and of all other descriptors only these stay open (`kept` is sorted here): a
 * folder that the caller left open would be a way out, for the first process inside as well
 * as for the program.  False with errno set. */
bool vt_sandbox_keep_only(int output, int *kept, size_t count);

/* CPUs, umask, signals, layout of the calling process, which is about to become the
 * program.  False with errno set. */
bool vt_sandbox_take_terms(const struct vt_sandbox_plan *plan);
/* Its limits.  Memory is limited for each process only if no group limits it for all. */
bool vt_sandbox_take_limits(const struct vt_sandbox_plan *plan, bool is_memory_shared);
/* Only inside its own user namespace, where the count begins at nothing. */
bool vt_sandbox_limit_processes(const struct vt_sandbox_plan *plan);

/* Start: process->output and ->status are open, the program runs or is about to. */
VT_CHECKED bool vt_sandbox_start_own(const struct vt_sandbox_plan *plan,
                                     struct vt_sandbox_process *out, struct vt_error *err);
VT_CHECKED bool vt_sandbox_start_bwrap(const struct vt_sandbox_plan *plan,
                                       struct vt_sandbox_process *out,
                                       struct vt_error *err);
/* After process->pid was waited for: the wait status of the program itself in place of the
 * runner's, or what the runner could not do. */
VT_CHECKED bool vt_sandbox_end_own(const struct vt_sandbox_plan *plan,
                                   const struct vt_sandbox_process *process, int *status,
                                   struct vt_error *err);
VT_CHECKED bool vt_sandbox_end_bwrap(const struct vt_sandbox_plan *plan,
                                     const struct vt_sandbox_process *process, int *status,
                                     struct vt_error *err);

#endif
