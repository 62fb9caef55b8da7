/* The lock file, vitrine.lock.json: exactly which packages an environment is made of.
 * Strict, closed JSON; its digest is SHA-256 over RFC 8785.
 *
 *   {
 *     "v": 1, "suite": "bookworm", "architecture": "amd64",
 *     "epoch": 1700000000,      no file in the environment is younger
 *     "packages": [ {"name", "version", "architecture", "file", "size", "sha256"} ... ],
 *     "source": {"name", "version", "files": [{"file", "size", "sha256"}]}?
 *   }
 *
 * Packages are sorted by name; each name occurs once. */
#ifndef VT_LINE_LOCK_H
#define VT_LINE_LOCK_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "line/store.h"
#include "wire/json.h"

#define VT_LOCK_BYTES_MAX        VT_MIB(4)
#define VT_LOCK_PACKAGES_MAX     4096
#define VT_LOCK_SOURCE_FILES_MAX 32

/* Changes whenever the way from packages to root file system changes. */
#define VT_ENVIRONMENT_METHOD "vitrine/environment/v1"

struct vt_lock_package {
    const char *name, *version, *architecture; /* architecture: the lock's, or "all" */
    const char *file;                          /* "gcc_4%3a12.2.0-3_amd64.deb" */
    uint64_t bytes;
    vt_hash hash;
};

struct vt_lock_file {
    const char *file;
    uint64_t bytes;
    vt_hash hash;
};

/* Owned by its arena, end with vt_lock_free. */
struct vt_lock {
    struct vt_arena *arena;
    vt_hash digest;
    vt_slice canonical;
    vt_hash environment; /* what the supervisor authorises: over the method by which a root
                            file system is made of packages, and the lock without source */
    const char *suite, *architecture;
    int64_t epoch_unix_s;
    const struct vt_lock_package *packages;
    size_t package_count;
    const char *source_name, *source_version; /* NULL: no Debian source package */
    const struct vt_lock_file *source_files;  /* the .dsc first, then by name */
    size_t source_file_count;
};

VT_CHECKED bool vt_lock_parse(vt_slice text, const char *what, struct vt_lock **lock_out,
                              struct vt_error *err);
VT_CHECKED bool vt_lock_read(const char *path, struct vt_lock **lock_out,
                             struct vt_error *err);
void vt_lock_free(struct vt_lock *lock); /* NULL allowed */
void vt_lock_free_pointer(struct vt_lock **lock);
#define VT_AUTO_LOCK __attribute__((cleanup(vt_lock_free_pointer))) struct vt_lock *

/* The package with this name, or NULL. */
const struct vt_lock_package *vt_lock_find(const struct vt_lock *lock, const char *name);

/* ---- making one ------------------------------------------------------------------------
 */

struct vt_lock_request {
    struct vt_line_store *store;
    const char *suite;           /* "bookworm" */
    const char *const *packages; /* names, besides the essential ones */
    size_t package_count;
    const char *source_package; /* "zlib" or "zlib=VERSION": its files and what it needs to
                                   be built are locked too; NULL: none */
    const char *sources;        /* as in vt_apt_open; NULL: the machine's */
    void (*progress)(void *context, const char *line); /* may be NULL */
    void *context;
};

/* Resolve by apt with the newest versions that the sources offer, fetch every file into the
 * blob store, and write down what they are.  The text is the same for the same packages,
 * whenever and wherever it is made.
 * text_out: appended; JSON for people to read and to compare, which vt_lock_parse takes.
 * Errors: VT_ABSENT    a package or dependency that no source offers
 *         VT_REJECTED  what was asked for cannot be had together
 *         VT_IO        no network, apt missing */
VT_CHECKED bool vt_lock_make(const struct vt_lock_request *request, struct vt_buf *text_out,
                             struct vt_error *err);

#endif
