/* What a release is made of, on its way between the parties: recipe, lock, source pack and
 * inputs lie among the release's blobs, each under its own digest, which the draft names.
 * Packages are not carried: the supervisor fetches them himself, or takes them from an
 * archive; the lock's digests decide either way. */
#ifndef VT_RELEASE_MATERIALS_H
#define VT_RELEASE_MATERIALS_H

#include "line/line.h"
#include "release/desk.h"

/* From the vendor's store to the release's blobs. */
VT_CHECKED bool vt_materials_give(struct vt_blobs *blobs, struct vt_line_store *store,
                                  const struct vt_recipe *recipe,
                                  const struct vt_lock *lock,
                                  const struct vt_source *source, struct vt_error *err);

/* From the desk into a store: recipe and lock returned, source taken in.  Each must have
 * the digest that the draft names.
 * Errors: VT_ABSENT, VT_REJECTED, VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_materials_take(const struct vt_docket *docket,
                                  struct vt_line_store *store,
                                  struct vt_recipe **recipe_out, struct vt_lock **lock_out,
                                  struct vt_source *source_out, struct vt_error *err);

/* The draft's lock alone.  Returned. */
VT_CHECKED bool vt_materials_lock(const struct vt_docket *docket, struct vt_lock **lock_out,
                                  struct vt_error *err);

/* Artefacts, bill of materials and log of a build (in folder `out`) to the release's blobs.
 */
VT_CHECKED bool vt_materials_keep_build(const struct vt_docket *docket, const char *out,
                                        const struct vt_build_report *report,
                                        struct vt_error *err);

/* Did the supervisor authorise this environment, on this desk and on the ledger?
 * Errors: VT_REJECTED he did not, with what to do; VT_IO */
VT_CHECKED bool vt_materials_check_environment(const struct vt_docket *docket,
                                               const struct vt_lock *lock,
                                               struct vt_error *err);

/* In words, appended: the first artefact that differs from what the docket's provenance
 * (which it has) tells of; nothing if all are equal. */
void vt_materials_difference(const struct vt_docket *docket,
                             const struct vt_build_report *report,
                             struct vt_buf *difference);

#endif
