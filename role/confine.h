/* Rights of a process, given up for ever.
 *
 * vt_confine opens the libraries that the rights name and then turns on, in this order: a
 * root folder of its own (where the rights ask for one), no new privileges, not dumpable,
 * resource limits, Landlock (where the kernel has it: Debian 12's 6.1 has), seccomp with an
 * allow-list.  It does not return unless every lock is on; the sentence on standard error
 * says which one is missing.  A call that the rights do not cover fails with EPERM.
 *
 * Under the sanitizers (VT_SANITIZED) there is no limit of memory, and the filter admits
 * what their runtimes need: what a role cannot do is tested in the plain build. */
#ifndef VT_ROLE_CONFINE_H
#define VT_ROLE_CONFINE_H

#include "base/base.h"

struct vt_dynlib;

struct vt_rights {
    /* May read and write files below it; NULL: no file at all.  "" in the table of a role
     * stands for a folder that is known only when it runs. */
    const char *folder;
    /* May read files below these too; NULL-ended.  Without `folder` no file can be opened
     * for writing at all. */
    const char *read_folders[8];
    /* Not 0: instead of our files it has an empty folder of its own, in memory, of at most
     * so many bytes; it is its root, and what is in it ends with the process.  Without
     * folders above. */
    uint64_t scratch_bytes_max;
    bool may_read_links;       /* where a symbolic link leads, as text */
    bool may_listen;           /* accept on given sockets, epoll; never connect */
    bool may_connect;          /* to others, with what resolving their names needs */
    uint64_t memory_bytes_max; /* of address space; 0: no limit */
    uint64_t cpu_ms_max;       /* of CPU time, rounded up to seconds; 0: no limit */
    unsigned files_max;        /* open at once; 0: 64 */
    /* Of others, opened before the locks: behind them none can be.  NULL: none. */
    struct vt_dynlib *libraries[4];
};

/* May read files below that folder too; NULL is none, and one that is there already stays
 * one.  For what a role learns only when it runs: a token in files (vt_key_reads).
 * VT_LIMIT. */
VT_CHECKED bool vt_rights_read(struct vt_rights *rights, const char *folder,
                               struct vt_error *err);

/* Errors end the process with VT_EXIT_TROUBLE.  What the role needs from outside its folder
 * (a key file, say) it opens before; a folder may be opened before or after. */
void vt_confine(const struct vt_rights *rights);

/* Before roles are started: may a process that we start open so many files at once?  Where
 * the limit can be raised it is, else VT_IO says what to raise. */
VT_CHECKED bool vt_confine_has_files(unsigned files, struct vt_error *err);

#endif
