/* Private to source identity: one reader a kind of source, each of which puts its files
 * into a pack in order of path. */
#ifndef VT_LINE_SOURCE_INSIDE_H
#define VT_LINE_SOURCE_INSIDE_H

#include "line/pack.h"
#include "line/source.h"

/* Each fills what it knows of *about (commit, tree, tar digest). */
VT_CHECKED bool vt_source_read_git(const char *where, const char *commit,
                                   struct vt_pack_writer *w, struct vt_source *about,
                                   struct vt_error *err);
VT_CHECKED bool vt_source_read_folder(const char *where, struct vt_pack_writer *w,
                                      struct vt_error *err);
VT_CHECKED bool vt_source_read_tar(struct vt_line_store *store, const char *where,
                                   struct vt_pack_writer *w, struct vt_source *about,
                                   struct vt_error *err);
VT_CHECKED bool vt_source_read_debian(const char *where, struct vt_pack_writer *w,
                                      struct vt_error *err);

VT_CHECKED bool vt_source_read_locked(struct vt_line_store *store,
                                      const struct vt_lock *lock, struct vt_pack_writer *w,
                                      struct vt_error *err);

/* Put the rest of an open file of `bytes` bytes as one member. */
VT_CHECKED bool vt_source_put_fd(struct vt_pack_writer *w, vt_slice path,
                                 enum vt_pack_mode mode, int fd, uint64_t bytes,
                                 struct vt_error *err);

/* The files that a .dsc lists under Checksums-Sha256, and their hashes.  Names are plain
 * (no '/', no leading dot).  Errors: VT_MALFORMED, VT_LIMIT */
struct vt_dsc_file {
    vt_slice name; /* points into the text */
    uint64_t bytes;
    vt_hash hash;
};
#define VT_DSC_FILES_MAX 31
VT_CHECKED bool vt_dsc_parse(vt_slice text, struct vt_dsc_file files[VT_DSC_FILES_MAX],
                             size_t *count_out, struct vt_error *err);

/* Does this .gitattributes send files through a filter? */
bool vt_git_attributes_filter(vt_slice text);

#endif
