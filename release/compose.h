/* Composing the statements of a release.  Each function checks, composes, signs, and
 * returns the canonical envelope; laying it on the desk is the caller's. */
#ifndef VT_RELEASE_COMPOSE_H
#define VT_RELEASE_COMPOSE_H

#include "line/build.h"
#include "release/gaps.h"

/* A predicate (taken) about these subjects, signed. */
VT_CHECKED bool vt_compose(enum vt_predicate type, const struct vt_subject *subjects,
                           size_t count, json_t *predicate, const struct vt_key *key,
                           struct vt_buf *envelope, struct vt_error *err);

/* What the supervisor's rebuild came to. */
struct vt_rebuild_outcome {
    const char *verdict;       /* "equal", "equal-robust", "differs" */
    const char *difference;    /* "" when equal */
    const char *const *varied; /* NULL-ended names of factors; NULL: none */
    const char *const *not_varied;
};

VT_CHECKED bool vt_compose_provenance(const struct vt_build_report *report,
                                      const char *site, const struct vt_key *key,
                                      struct vt_buf *envelope, struct vt_error *err);
VT_CHECKED bool vt_compose_sbom(const struct vt_build_report *report, size_t packages,
                                const struct vt_key *key, struct vt_buf *envelope,
                                struct vt_error *err);
VT_CHECKED bool vt_compose_vsa(const struct vt_docket *docket,
                               const struct vt_rebuild_outcome *outcome, int64_t now_unix_s,
                               const struct vt_key *key, struct vt_buf *envelope,
                               struct vt_error *err);
/* verdict: "accept" or "refuse".  report: hash of the report, NULL if there is none. */
VT_CHECKED bool vt_compose_review(const struct vt_docket *docket, const char *verdict,
                                  const vt_hash *report, const char *scope,
                                  int64_t now_unix_s, const struct vt_key *key,
                                  struct vt_buf *envelope, struct vt_error *err);
VT_CHECKED bool vt_compose_rejection(const struct vt_docket *docket, const char *reason,
                                     int64_t now_unix_s, const struct vt_key *key,
                                     struct vt_buf *envelope, struct vt_error *err);
/* The release statement over all that counts.  blobs: where the artefacts lie (for their
 * sizes). */
VT_CHECKED bool vt_compose_release(const struct vt_docket *docket, struct vt_blobs *blobs,
                                   int64_t now_unix_s, const struct vt_key *key,
                                   struct vt_buf *envelope, struct vt_error *err);

/* A reason stands in every list that follows; there it may become shorter. */
#define VT_REASON_BYTES_MAX 256

/* What the next list of withdrawals says beyond the one before. */
enum vt_list_change {
    VT_LIST_RENEW,    /* nothing: it is as before, and fresh */
    VT_LIST_CURRENT,  /* this release is the current one of its channel */
    VT_LIST_WITHDRAW, /* this release is taken back */
};

/* The next list after `newest` (its envelope; empty: none yet).  docket: the release that
 * the change is about; reason: of a withdrawal, else NULL.
 * Errors: VT_REJECTED it would make an older release current again; VT_MALFORMED, VT_LIMIT
 */
VT_CHECKED bool vt_compose_list(vt_slice newest, enum vt_list_change change,
                                const struct vt_docket *docket, const char *reason,
                                int64_t now_unix_s, const struct vt_key *key,
                                struct vt_buf *envelope, struct vt_error *err);

/* Is this list what vt_compose_list would have written after `newest`, its time and the
 * reason of a withdrawal apart?  Whoever adds the second signature asks, so that nobody
 * signs that an older withdrawal was never made.
 * Errors: VT_REJECTED it is not, or it would go back; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_list_is_next(vt_slice newest, enum vt_list_change change,
                                const struct vt_docket *docket,
                                const struct vt_envelope *list, struct vt_error *err);

/* May the list that the supervisor signed with his approval be signed and published now? It
 * must be the very next one and say nothing but that this release is the current one; or be
 * the newest itself, when a run before this one got so far.
 * Errors: VT_REJECTED it may not; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_list_is_due(const struct vt_docket *docket, vt_slice list,
                               struct vt_error *err);

/* The release as a row of a list; slices point into the docket. */
struct vt_listed vt_list_row(const struct vt_docket *docket, const char *reason);
/* Would this row, in the place of that one, make an older release current, or another one
 * of the same number? */
bool vt_list_would_go_back(const struct vt_listed *current, const struct vt_listed *row);

/* The vendor's predicate of a draft is composed by cli/release.c through vt_compose. */

#endif
