/* Child processes: a program with an argument array, no shell, bounded output, bounded
 * time.  (Vitrine's own confined roles are the work of role/.) */
#ifndef VT_BASE_CHILD_H
#define VT_BASE_CHILD_H

struct vt_child_options {
    const char *directory;          /* working directory; NULL: ours */
    const char *const *environment; /* NULL-ended "NAME=value" array; NULL: ours */
    vt_slice input;                 /* given on standard input; empty: /dev/null */
    int64_t timeout_ms;             /* 0: no limit; then SIGKILL to the process group */
    struct vt_buf *output; /* standard output is appended; NULL: ours is inherited */
    struct vt_buf *errors; /* standard error likewise; may equal output */
};

struct vt_child_end {
    int exit_code; /* 0..255; 128 + signal when it was killed by one */
    int signal;    /* 0 or the signal that ended it */
    bool is_late;  /* we ended it because of timeout_ms */
};

/* Run and wait.  argv[0] is looked up in PATH.  Output beyond a buffer's bound is read
 * and dropped (the buffer is then is_full).
 * Errors: VT_ABSENT the program does not exist
 *         VT_IO     no process could be made */
VT_CHECKED bool vt_child_run(const char *const argv[],
                             const struct vt_child_options *options,
                             struct vt_child_end *end_out, struct vt_error *err);

#endif
