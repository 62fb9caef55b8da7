/* Why do two builds differ?
 *
 * A cause is *proved* if building again with only that changed changes the output at the
 * same place, each time, and builds under the same terms are equal there; it is *suspected*
 * if only the bytes speak for it (a date, the path that one of the builds had).  What
 * neither shows is `unknown`: no cause is invented. */
#ifndef VT_LINE_DIAGNOSE_H
#define VT_LINE_DIAGNOSE_H

#include "line/compare.h"
#include "line/vary.h"

enum vt_cause {
    VT_CAUSE_TIME,
    VT_CAUSE_PATH,
    VT_CAUSE_LOCALE_ZONE,
    VT_CAUSE_USER_HOST,
    VT_CAUSE_FILE_ORDER,
    VT_CAUSE_CPU_COUNT,
    VT_CAUSE_RANDOMNESS,
    VT_CAUSE_ENVIRONMENT, /* HOME, other variables, umask, other packages */
    VT_CAUSE_UNKNOWN,
    VT_CAUSE_COUNT,
};

const char *vt_cause_name(enum vt_cause cause); /* "locale-zone" */
const char *vt_cause_fix(enum vt_cause cause);  /* one sentence */

struct vt_finding {
    enum vt_cause cause;
    bool is_proved;
    const struct vt_difference *place; /* in the diagnosis' comparison */
    const char *because;               /* what proved it, or why it is suspected */
    uint64_t places;                   /* how many of the differences it explains */
};

/* Owned by its arena; end with vt_diagnosis_free. */
struct vt_diagnosis {
    struct vt_arena *arena;
    struct vt_comparison *comparison; /* of A and B */
    struct vt_finding findings[VT_CAUSE_COUNT];
    size_t finding_count; /* 0 exactly if A and B are equal */
    unsigned builds;      /* made to find out */
};

struct vt_diagnose_request {
    const char *a, *b; /* two files, or two folders as `vitrine line build` leaves them */
    /* How to build again: all but factors; its out folder takes the builds and is made if
     * missing.  NULL: only from content. */
    const struct vt_build_request *rebuild;
};

/* Errors: those of vt_compare and vt_line_build */
VT_CHECKED bool vt_diagnose(const struct vt_diagnose_request *request,
                            struct vt_diagnosis **diagnosis_out, struct vt_error *err);

void vt_diagnosis_free(struct vt_diagnosis *diagnosis); /* NULL allowed */
void vt_diagnosis_free_pointer(struct vt_diagnosis **diagnosis);
#define VT_AUTO_DIAGNOSIS                                                                  \
    __attribute__((cleanup(vt_diagnosis_free_pointer))) struct vt_diagnosis *

/* {"equal", "findings": [{"cause", "proved", "place", "because", "fix", "places"}],
 *  "builds", "comparison"} */
VT_CHECKED bool vt_diagnosis_json(const struct vt_diagnosis *diagnosis, json_t **out,
                                  struct vt_error *err);

#endif
