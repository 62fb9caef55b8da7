/* One rebuild of a release that the Centre has a copy of: source, recipe, lock and inputs
 * from its desk, packages from a store, the steps in the line's sandbox; then held against
 * what the vendor's provenance tells, and, where it differs, against his artefacts, to say
 * why.  No key, no socket; what it reads of others, the line and the desk read. */
#ifndef VT_CENTRE_REBUILD_H
#define VT_CENTRE_REBUILD_H

#include "centre/rebuild_form.h"
#include "line/build.h"

struct vt_rebuild_request {
    const char *folder;   /* the Centre's */
    const char *store;    /* where packages and environments lie; ours */
    const char *packages; /* another one, that ours may take packages from; NULL: none */
    const char *work;     /* a folder for what is built; taken away before and after */
    const char *scratch;  /* as of vt_build_request */
    enum vt_sandbox_runner runner;
    const char *product, *version;
    struct vt_build_watch watch;
    const struct vt_env *env;
};

/* Fills state, artefacts and causes, and `says` as bytes of `sentence`.  That it does not
 * build here is an outcome too: it differs.
 * Errors: VT_ABSENT, VT_REJECTED it cannot be tried, with what is missing; VT_MALFORMED,
 *         VT_LIMIT, VT_IO */
VT_CHECKED bool vt_rebuild_run(const struct vt_rebuild_request *request,
                               struct vt_buf *sentence, struct vt_rebuild_told *out,
                               struct vt_error *err);

#endif
