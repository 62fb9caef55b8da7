/* Building: source, environment and recipe in; artefacts and a report out.
 *
 * A build knows nothing about keys, ledgers or releases.  It stops when the digest of the
 * environment is not among those authorised, if a set is given. */
#ifndef VT_LINE_BUILD_H
#define VT_LINE_BUILD_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "line/environment.h"
#include "line/lock.h"
#include "line/recipe.h"
#include "line/sandbox.h"
#include "line/source.h"
#include "line/store.h"
#include "line/vary_probe.h"
#include "wire/json.h"

/* What a build tells while it runs; every pointer may be NULL. */
struct vt_build_watch {
    void (*step)(void *context, unsigned step, unsigned count, const char *text);
    void (*log)(void *context, vt_slice piece); /* empty: time passes */
    void *context;
};

struct vt_build_request {
    struct vt_line_store *store;
    const struct vt_recipe *recipe;
    const struct vt_lock *lock;
    const struct vt_source *source; /* in the store */
    enum vt_sandbox_runner runner;
    /* NULL: the fixed terms with the recipe's cpus.  Else all of these (and a clock that
     * the recipe freezes stays frozen), and the report says what was seen. */
    const struct vt_factors *factors;
    const char *out; /* host folder for artefacts and log; made if missing */
    const char
        *scratch; /* where to build; NULL: memory if there is enough, else the store */
    /* Environment digests that the supervisor authorised; NULL: not asked here. */
    const vt_hash *authorised;
    size_t authorised_count;
    struct vt_build_watch watch;
    const struct vt_env *env;
};

struct vt_artefact {
    const char *name; /* last part of its path */
    uint64_t bytes;
    vt_hash hash;
};

/* What happened.  Owned by its arena; end with vt_build_report_free. */
struct vt_build_report {
    struct vt_arena *arena;
    const char *product, *version;
    enum vt_recipe_kind kind;
    struct vt_source source;
    vt_hash recipe_digest, lock_digest, environment_digest, environment_tree;
    struct vt_factors factors; /* the terms it ran under */
    struct vt_seen seen; /* what a probe saw from inside before the steps, if the request
                            had factors; not part of build.json */
    enum vt_sandbox_runner runner;
    const struct vt_artefact *artefacts; /* in the recipe's order */
    size_t artefact_count;
    vt_hash log_hash;
    uint64_t log_bytes;
    vt_hash sbom_hash;
    uint64_t sbom_bytes;
    int64_t epoch_unix_s;
    int64_t started_unix_s, finished_unix_s;
    int64_t wall_ms, cpu_ms;
};

/* Build.  In request->out: the artefacts under their names, log.txt, sbom.spdx.json,
 * build.json (vt_build_report_write).
 * Errors: VT_REJECTED  environment not authorised; a step failed (the sentence names it;
 *                      log.txt is there); an output is missing or no regular file
 *         VT_ABSENT    a package or the source is not in the store
 *         VT_LIMIT, VT_IO */
VT_CHECKED bool vt_line_build(const struct vt_build_request *request,
                              struct vt_build_report **report_out, struct vt_error *err);

void vt_build_report_free(struct vt_build_report *report); /* NULL allowed */
void vt_build_report_free_pointer(struct vt_build_report **report);
#define VT_AUTO_BUILD_REPORT                                                               \
    __attribute__((cleanup(vt_build_report_free_pointer))) struct vt_build_report *

/* build.json: strict, closed JSON; parse is the inverse of write. */
VT_CHECKED bool vt_build_report_write(const struct vt_build_report *report,
                                      struct vt_buf *out, struct vt_error *err);
VT_CHECKED bool vt_build_report_parse(vt_slice text, const char *what,
                                      struct vt_build_report **report_out,
                                      struct vt_error *err);

/* Is this digest among those authorised?  VT_REJECTED with what to do. */
VT_CHECKED bool vt_environment_check_authorised(const vt_hash *digest,
                                                const vt_hash *authorised, size_t count,
                                                struct vt_error *err);

/* SLSA provenance v1: the predicate of a build (not the statement around it).
 * builder_id: "vitrine:builder/KEYID"; site: where it stands.  Returned. */
VT_CHECKED bool vt_build_provenance(const struct vt_build_report *report,
                                    const char *builder_id, const char *site,
                                    json_t **predicate_out, struct vt_error *err);

#endif
