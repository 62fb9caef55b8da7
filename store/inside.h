/* What the files of store/ share: an open disk, names, and the road from one to the other.
 * Private to store/. */
#ifndef VT_STORE_INSIDE_H
#define VT_STORE_INSIDE_H

#include "store/change.h"
#include "store/disk.h"

/* Names that begin so are ours (drafts, the lock): refused from callers, never listed. */
#define VT_DISK_OWN_PREFIX ".vt-"
#define VT_DISK_LOCK_NAME  ".vt-lock"

enum {
    VT_DISK_NAME_BYTES_MAX = 1024, /* a whole name, with its slashes                  */
    VT_DISK_LEAF_BYTES_MAX = 255,  /* one part of it                                  */
    VT_DISK_LAZY_MAX = 128,        /* files written lazily and not yet synced         */
    VT_DISK_FOLDERS_MAX = 512,     /* folders remembered as durable, or as not        */
};

/* A bounded set of folder names. */
struct vt_folders {
    char *names[VT_DISK_FOLDERS_MAX]; /* owned */
    size_t count;
};

struct vt_lazy_file {
    int fd;     /* owned */
    char *name; /* owned */
};

struct vt_disk {
    char *path; /* as the caller gave it */
    int fd;     /* the folder */
    struct vt_gate *gate;
    int lock_fd;               /* -1 while not locked */
    bool is_settled;           /* all that was here before us is durable */
    bool is_spoiled;           /* a sync or write failed: what is on the disk is unknown */
    struct vt_folders durable; /* folders whose own entries are known to be durable */
    struct vt_folders dirty;   /* folders with entries that lazy writes left unsynced */
    struct vt_lazy_file lazy[VT_DISK_LAZY_MAX];
    size_t lazy_count;
};

bool vt_folders_has(const struct vt_folders *set, const char *name);
/* Add a copy; when the set is full it is emptied first, so only use it where forgetting is
 * safe, or ask vt_folders_is_full before. */
void vt_folders_add(struct vt_folders *set, const char *name);
bool vt_folders_is_full(const struct vt_folders *set);
void vt_folders_clear(struct vt_folders *set);

/* Is `name` one that a caller may use?  VT_REJECTED, VT_LIMIT. */
VT_CHECKED bool vt_name_verify(const struct vt_disk *disk, const char *name,
                               struct vt_error *err);
/* The folder part of a name, "" for the top.  Returned, end with free(). */
char *vt_name_folder(const char *name);
const char *vt_name_leaf(const char *name); /* points into name */

/* open(2) below root, where neither the name nor a symbolic link on the way leads out: all
 * links are refused (ELOOP).  -1 with errno.  An empty name is root itself. */
int vt_path_open(int root, const char *name, int flags);
/* The same by hand, a part at a time, for kernels and filters without openat2(2). */
int vt_path_open_stepwise(int root, const char *name, int flags);

#define VT_AUTO_SPOT __attribute__((cleanup(vt_spot_close))) struct vt_spot
void vt_spot_close(struct vt_spot *spot);
/* The folder of `name`, open, and its last part.  VT_ABSENT if the folder is not there. */
VT_CHECKED bool vt_spot_open(const struct vt_disk *disk, const char *name,
                             struct vt_spot *spot_out, struct vt_error *err);
/* The same, but makes missing folders.  With is_durable every folder on the way is durable
 * afterwards; else those that changed are noted in disk->dirty. */
VT_CHECKED bool vt_spot_make(struct vt_disk *disk, const char *name, bool is_durable,
                             struct vt_spot *spot_out, struct vt_error *err);

/* Fill err from errno about disk/name; `doing` as in "cannot %s". */
bool vt_disk_fail(const struct vt_disk *disk, const char *name, const char *doing,
                  struct vt_error *err);
/* The same for a change that failed: unless errno tells that it was refused before it did
 * anything (disk full, not permitted), the disk is spoiled. */
bool vt_disk_fail_change(struct vt_disk *disk, const char *name, const char *doing,
                         struct vt_error *err);
/* Nothing more may be changed through this disk, and the code is VT_IO. */
bool vt_disk_spoil(struct vt_disk *disk, const char *name, const char *doing,
                   struct vt_error *err);
/* False (VT_IO) if the disk was spoiled. */
VT_CHECKED bool vt_disk_is_usable(const struct vt_disk *disk, struct vt_error *err);

/* Give up the lock, saying in the lock file whether all was left in order. */
void vt_lock_release(struct vt_disk *disk);

/* Make folders, durably: what vt_disk_open does with is_new. */
VT_CHECKED bool vt_folder_make(struct vt_disk *disk, const char *folder,
                               struct vt_error *err);

#endif
