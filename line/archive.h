/* What a build needs, from one store to another: an archive is a store that holds the
 * materials of every release ever shipped, so that each can be rebuilt when the registries
 * are gone.  Every file is checked against its hash on the way. */
#ifndef VT_LINE_ARCHIVE_H
#define VT_LINE_ARCHIVE_H

#include "line/lock.h"
#include "line/recipe.h"
#include "line/source.h"
#include "line/store.h"

struct vt_archive_report {
    uint64_t files, bytes; /* that the archive did not have before */
    uint64_t held;         /* files that it had */
};

/* The packages that a lock names.
 * Errors: VT_ABSENT `from` lacks one; VT_REJECTED one has rotted; VT_IO */
VT_CHECKED bool vt_archive_packages(struct vt_line_store *from, struct vt_line_store *to,
                                    const struct vt_lock *lock,
                                    struct vt_archive_report *report, struct vt_error *err);

/* All of it: packages, source, inputs, the recipe and the lock themselves, and
 * archive/PRODUCT/VERSION/{recipe,lock,source}.json, which names them.  The names come
 * last: what is named is whole. Errors: also VT_REJECTED there is another recipe, lock or
 * source under this version */
VT_CHECKED bool vt_archive_release(struct vt_line_store *from, struct vt_line_store *to,
                                   const struct vt_recipe *recipe,
                                   const struct vt_lock *lock,
                                   const struct vt_source *source,
                                   struct vt_archive_report *report, struct vt_error *err);

/* What an archive names: the recipe, lock and source of a version.  Returned.
 * Errors: VT_ABSENT it has no such version; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_archive_find(struct vt_line_store *archive, const char *product,
                                const char *version, struct vt_recipe **recipe_out,
                                struct vt_lock **lock_out, struct vt_source *source_out,
                                struct vt_error *err);

#endif
