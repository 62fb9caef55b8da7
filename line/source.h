/* Source identity: a tree of files under one SHA-256 digest of our own, whatever it came
 * from, and the pack: the same tree as one deterministic tar in the blob store, so that a
 * rebuild needs no git and no registry.
 *
 * The digest is SHA-256 over
 *
 *   "vitrine/source/v1\n" then, for each file, sorted bytewise by path:
 *   MODE ' ' hex(SHA-256 of the content) ' ' PATH '\0'
 *
 * MODE is 100644, 100755 or 120000 (a symbolic link; its content is the target), as in git.
 * Empty folders, owners and times are not part of it.
 *
 *   git      the tree of a commit, read from git's objects; submodules, Git LFS pointers
 *            and filters are refused, since the tree would not hold what is built
 *   folder   the files below it; devices, sockets and hard questions are refused
 *   tar      its members; one common top folder is taken off
 *   debian   the files of a source package (.dsc and what it lists, checked); unpacked by
 *            dpkg-source inside the environment */
#ifndef VT_LINE_SOURCE_H
#define VT_LINE_SOURCE_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "line/lock.h"
#include "line/recipe.h"
#include "line/store.h"

#define VT_SOURCE_FILES_MAX      200000
#define VT_SOURCE_FILE_BYTES_MAX VT_MIB(1024)
#define VT_SOURCE_BYTES_MAX      ((uint64_t)8 << 30)

struct vt_source {
    enum vt_source_type type;
    vt_hash digest;
    vt_hash pack; /* the blob that holds it */
    uint64_t pack_bytes;
    uint64_t file_count;
    char git_commit[65], git_tree[65]; /* "" when it is not from git */
    char tar_sha256[65];               /* "" when it is not from a tar */
};

/* Take a source in: find its digest, put its pack into the store, remember both.
 * where: repository folder, folder, tar file or .dsc file.  commit: for git; NULL: HEAD.
 * Errors: VT_IO, VT_MALFORMED, VT_LIMIT
 *         VT_REJECTED  submodule, LFS pointer, filter, device, checksum of the .dsc */
VT_CHECKED bool vt_source_take(struct vt_line_store *store, enum vt_source_type type,
                               const char *where, const char *commit, struct vt_source *out,
                               struct vt_error *err);

/* Take in the Debian source package whose files a lock names, from the blob store.
 * Errors: VT_ABSENT  the lock names none, or a file is not in the store */
VT_CHECKED bool vt_source_take_locked(struct vt_line_store *store,
                                      const struct vt_lock *lock, struct vt_source *out,
                                      struct vt_error *err);

/* The source with this digest, if the store has it; its pack is checked while unpacking.
 * Errors: VT_ABSENT, VT_IO, VT_MALFORMED */
VT_CHECKED bool vt_source_find(struct vt_line_store *store, const vt_hash *digest,
                               struct vt_source *out, struct vt_error *err);

/* Take in a pack that came from elsewhere (a desk, an archive).  `about` carries what the
 * pack cannot know: type, commit, tree; digest and counts are found anew.
 * Errors: VT_REJECTED  the pack does not have about->digest */
VT_CHECKED bool vt_source_take_pack(struct vt_line_store *store, const char *pack_path,
                                    const struct vt_source *about, struct vt_source *out,
                                    struct vt_error *err);

/* The record of a source as JSON: a closed object, kept in the store and in build.json.
 * vt_source_json: returned; NULL if memory ran out. */
json_t *vt_source_json(const struct vt_source *source);
VT_CHECKED bool vt_source_from_json(const json_t *json, const char *what,
                                    struct vt_source *out, struct vt_error *err);

/* Unpack into an existing empty folder, in order of path or reversed; all times are the
 * epoch, owner is the sandbox's.  The digest is checked on the way; on failure the folder
 * holds rubbish and must not be used.
 * Errors: VT_REJECTED, VT_MALFORMED, VT_IO, VT_LIMIT */
VT_CHECKED bool vt_source_unpack(struct vt_line_store *store,
                                 const struct vt_source *source, const char *folder,
                                 int64_t epoch_unix_s, bool is_reversed,
                                 struct vt_error *err);

#endif
