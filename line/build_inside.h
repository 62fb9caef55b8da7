/* Private to building: what one build holds while it runs. */
#ifndef VT_LINE_BUILD_INSIDE_H
#define VT_LINE_BUILD_INSIDE_H

#include "line/build.h"
#include "line/build_area.h"
#include "line/vary_clock.h"
#include "line/vary_order.h"

struct vt_build {
    const struct vt_build_request *request;
    struct vt_build_report *report; /* filled as things become known */
    struct vt_factors factors;
    struct vt_environment environment;
    struct vt_area scratch;
    struct vt_area beside;   /* what the sandbox is given from outside: the clock */
    struct vt_order order;   /* where the area stands when its order is another one */
    struct vt_clock clock;   /* without variables when it is the machine's */
    const char *area;        /* host folder that the sandbox sees as area_inside */
    const char *area_inside; /* the folder that holds the source folder */
    const char *source_name; /* the source folder's name in it */
    struct vt_disk *out;
    int log; /* spooled */
    uint64_t log_bytes;
    bool is_log_failed;
};

/* build_outputs.c: take the outputs out of the area into out and the report.
 * Errors: VT_REJECTED missing, or no regular file; VT_IO */
VT_CHECKED bool vt_build_take_outputs(struct vt_build *build, struct vt_error *err);

/* build_sbom.c: the bill of materials, SPDX 2.3 JSON, canonical; appended.  It depends on
 * nothing but source, recipe, lock and artefacts.
 * Errors: VT_LIMIT */
VT_CHECKED bool vt_build_sbom(const struct vt_build_report *report,
                              const struct vt_lock *lock, struct vt_buf *out,
                              struct vt_error *err);

#endif
