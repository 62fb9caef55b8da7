/* A pool of confined workers that scan files, one each at a time.
 *
 * A worker is a process of its own (role_scan_worker.c).  It is replaced after a number of
 * files, after some minutes, and after every end that is not clean: whatever a file does
 * to it - a crash, a loop, an answer that is none - becomes that file's verdict, "engine
 * failed", and the next file is scanned by another process. */
#ifndef VT_CELL_SCAN_POOL_H
#define VT_CELL_SCAN_POOL_H

#include "cell/scan.h"

#define VT_SCAN_WORKERS_MAX 64

struct vt_scan_setup {
    const char *pack;   /* path of a rule pack (line/rules.h); NULL: none */
    const char *clamav; /* folder of ClamAV databases; NULL: none */
    struct vt_scan_limits limits;
    unsigned workers;          /* 1 to VT_SCAN_WORKERS_MAX */
    unsigned files_per_worker; /* 0: 5000 */
    const char *role;          /* NULL: the worker; tests name another */
};

struct vt_scan_pool;

#define VT_AUTO_SCAN_POOL                                                                  \
    __attribute__((cleanup(vt_scan_pool_close_pointer))) struct vt_scan_pool *

/* Check the pack (it is compiled again from its sources, in a confined process, and must
 * come out the same), start the workers, and wait for the first.
 * Errors: VT_REJECTED  the pack is not what it says; a folder that holds what is no file
 *         VT_MALFORMED pack or database
 *         VT_ABSENT    libclamav is not installed
 *         VT_LIMIT     the databases need more memory than a worker may have
 *         VT_IO        unreadable; no process; a lock is missing on this machine */
VT_CHECKED bool vt_scan_pool_open(const struct vt_scan_setup *setup,
                                  struct vt_scan_pool **out, struct vt_error *err);
void vt_scan_pool_close(struct vt_scan_pool *pool); /* NULL allowed */
void vt_scan_pool_close_pointer(struct vt_scan_pool **pool);
/* It failed in a way from which it does not recover: close it. */
bool vt_scan_pool_is_spoiled(const struct vt_scan_pool *pool);
/* Workers that were started so far; those above their number took another's place. */
uint64_t vt_scan_pool_starts(const struct vt_scan_pool *pool);
/* What all its verdicts are bound to. */
const struct vt_scan_binding *vt_scan_pool_binding(const struct vt_scan_pool *pool);

struct vt_scan_job {
    int fd;       /* read from where it stands, during vt_scan_pool_put alone */
    uint64_t tag; /* the caller's */
    /* Not NULL: what is read is the payload of an age file under this key of 16 bytes; it
     * is opened in the worker.  Borrowed. */
    const uint8_t *file_key;
};

/* Is a worker free?  Then a job may be put in. */
bool vt_scan_pool_has_room(const struct vt_scan_pool *pool);
size_t vt_scan_pool_busy(const struct vt_scan_pool *pool); /* jobs whose verdict is due */
/* There must be room.  Errors: VT_IO the file cannot be read (the job is not taken) */
VT_CHECKED bool vt_scan_pool_put(struct vt_scan_pool *pool, const struct vt_scan_job *job,
                                 struct vt_error *err);
/* Wait for the next verdict; the order is that of the workers.
 * Errors: VT_ABSENT nothing is due
 *         VT_LIMIT  none within timeout_ms (-1: wait for ever)
 *         VT_IO     workers do not start any more, or start with other engines or
 *                   databases than before; the pool is of no more use */
VT_CHECKED bool vt_scan_pool_next(struct vt_scan_pool *pool, int64_t timeout_ms,
                                  uint64_t *tag_out, struct vt_scan_verdict *out,
                                  struct vt_error *err);
/* The two in one, for a pool to which nothing else is put. */
VT_CHECKED bool vt_scan_pool_scan(struct vt_scan_pool *pool, const struct vt_scan_job *job,
                                  struct vt_scan_verdict *out, struct vt_error *err);

/* Descriptors that become readable when vt_scan_pool_next may have something, for callers
 * with a loop of their own.  Returns how many. */
size_t vt_scan_pool_fds(const struct vt_scan_pool *pool, int out[VT_SCAN_WORKERS_MAX]);

#endif
