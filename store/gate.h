/* The gate: every operation that changes a disk passes here, under a name, before and after
 * it happens.  Private to store/change.c and to the crash tests.
 *
 * The trick is in the linker.  The product takes store/gate.c, where the gate is always
 * open and no switch exists.  A test program (and build/vitrine-stage, for roles that run
 * as processes of their own) is linked with tests/gate.c, which defines the same functions
 * and can break the n-th operation, or leave out one sync.  So no variable that somebody
 * sets in the environment of an installed `vitrine` can reach any of it. */
#ifndef VT_STORE_GATE_H
#define VT_STORE_GATE_H

#include "base/base.h"

enum vt_gate_kind {
    VT_GATE_CREATE,      /* a new empty file; result is its descriptor           */
    VT_GATE_WRITE,       /* len bytes at `at`; bytes NULL: zeros                 */
    VT_GATE_RESERVE,     /* fallocate: the file is at least `len` bytes long     */
    VT_GATE_TRUNCATE,    /* the file is `len` bytes long                         */
    VT_GATE_SYNC,        /* fsync of a file                                      */
    VT_GATE_SYNC_DATA,   /* fdatasync of a file                                  */
    VT_GATE_SYNC_FOLDER, /* fsync of the folder `folder`                         */
    VT_GATE_SYNC_ALL,    /* syncfs                                               */
    VT_GATE_RENAME,      /* folder/leaf becomes to_folder/to_leaf                */
    VT_GATE_LINK,        /* to_folder/to_leaf is a second name of folder/leaf    */
    VT_GATE_UNLINK,      /* folder/leaf is gone                                  */
    VT_GATE_MKDIR,       /* folder/leaf is a new folder                          */
};

struct vt_gate_op {
    enum vt_gate_kind kind;
    const char *site;      /* which step of which work, e.g. "journal: sync"      */
    const char *subject;   /* the file the caller named, e.g. "checkpoint"        */
    const char *folder;    /* relative to the disk, "" for its top                */
    const char *leaf;      /* last part of the name; NULL for folder syncs        */
    const char *to_folder; /* rename, link                                        */
    const char *to_leaf;
    int fd;               /* the file that is written or synced; else -1         */
    uint64_t at, len;     /* bytes                                               */
    const uint8_t *bytes; /* write                                               */
    mode_t mode;          /* create, mkdir                                       */
    int result;           /* as the system call: -1 and errno, or not negative   */
};

struct vt_gate; /* one for each open disk */

/* root_fd: the disk's folder, borrowed.  NULL is a valid gate.  Returned. */
struct vt_gate *vt_gate_open(int root_fd);
void vt_gate_close(struct vt_gate *gate);
/* True: do it, and put what the system call gave into op->result.  False: do not; the gate
 * has filled op->result and errno. */
bool vt_gate_enter(struct vt_gate *gate, struct vt_gate_op *op);
/* What the caller is told (and errno); a descriptor that is withheld was closed. */
int vt_gate_leave(struct vt_gate *gate, struct vt_gate_op *op);

#endif
