/* Building under other terms on purpose: does the build depend on what it should not?
 *
 * The build is made once under the fixed terms and once under varied ones; what each of
 * both *saw* is asked from inside (line/vary_probe.h), so that a factor counts as varied
 * only if two builds really saw it differ. */
#ifndef VT_LINE_VARY_H
#define VT_LINE_VARY_H

#include "line/build.h"

enum vt_vary_result {
    VT_VARY_DIFFERS,      /* not even the same under the fixed terms */
    VT_VARY_EQUAL,        /* under the fixed terms, but not under varied ones */
    VT_VARY_EQUAL_ROBUST, /* under varied terms too */
};

const char *vt_vary_result_name(enum vt_vary_result result); /* "equal-robust" */

struct vt_vary_factor {
    const char *fixed, *varied; /* what the two builds saw; "" if it could not be asked */
    bool is_varied;
    const char *why; /* it was not varied, or what limits it; "" if there is nothing */
};

/* Owned by its arena; end with vt_vary_report_free. */
struct vt_vary_report {
    struct vt_arena *arena;
    enum vt_vary_result result;
    struct vt_vary_factor factors[VT_FACTOR_COUNT];
    size_t varied_count;
    struct vt_build_report *fixed, *varied;
    const char *first_difference; /* name of the first artefact that is not the same; NULL
                                     if all are */
};

/* Which of the factors a person may vary alone (line/diagnose.c does). */
typedef bool vt_factor_set[VT_FACTOR_COUNT];

/* The fixed terms of this recipe, and those with the chosen factors changed.  What cannot
 * be changed here stays, and why_out[factor] says so (texts that need not be freed); NULL
 * where it was changed or was not chosen. */
struct vt_factors vt_vary_fixed_terms(const struct vt_recipe *recipe);
struct vt_factors vt_vary_terms(const struct vt_recipe *recipe, const struct vt_lock *lock,
                                const vt_factor_set chosen,
                                const char *why_out[VT_FACTOR_COUNT]);

/* Build under both terms, at the same time, and compare every artefact.
 *
 * request    its factors are not used; its out folder takes "fixed" and "varied", each
 *            with what vt_line_build leaves, and "again" if a second build was needed
 * expected   what the fixed build must equal; NULL: if the varied build differs, the fixed
 *            one is made twice and compared with itself
 *
 * Errors: those of vt_line_build */
VT_CHECKED bool vt_vary_build(const struct vt_build_request *request,
                              const struct vt_build_report *expected,
                              struct vt_vary_report **report_out, struct vt_error *err);

void vt_vary_report_free(struct vt_vary_report *report); /* NULL allowed */
void vt_vary_report_free_pointer(struct vt_vary_report **report);
#define VT_AUTO_VARY_REPORT                                                                \
    __attribute__((cleanup(vt_vary_report_free_pointer))) struct vt_vary_report *

/* The name of the first artefact that both do not have with the same bytes; NULL if there
 * is none. */
const char *vt_build_first_difference(const struct vt_build_report *a,
                                      const struct vt_build_report *b);

/* {"result", "factors": {NAME: {"fixed", "varied", "is_varied", "why"?}},
 *  "first_difference"?} */
VT_CHECKED bool vt_vary_json(const struct vt_vary_report *report, json_t **out,
                             struct vt_error *err);

#endif
