/* What a program in the sandbox really sees, asked from inside before the steps of a build:
 * a factor counts as varied only if two builds saw it differ. */
#ifndef VT_LINE_VARY_PROBE_H
#define VT_LINE_VARY_PROBE_H

#include "base/base.h"
#include "line/sandbox.h"
#include "wire/json.h"

/* The factors that a build can be shown differently. */
enum vt_factor {
    VT_FACTOR_PATH,
    VT_FACTOR_UID,
    VT_FACTOR_USER,
    VT_FACTOR_HOST,
    VT_FACTOR_ZONE,
    VT_FACTOR_LOCALE,
    VT_FACTOR_CPUS,
    VT_FACTOR_ORDER,
    VT_FACTOR_DATE,
    VT_FACTOR_LAYOUT, /* addresses of programs in memory */
    VT_FACTOR_UMASK,
    VT_FACTOR_VARIABLE, /* HOME, and one variable more */
    VT_FACTOR_COUNT,
};

const char *vt_factor_name(enum vt_factor factor); /* "path", "uid", ... */

/* The name of the variable that a varied build has more. */
#define VT_VARIED_VARIABLE "VITRINE_VARIED"

#define VT_SEEN_BYTES 192

/* What each probe printed, one line, printable; "" if the environment lacks its program. */
struct vt_seen {
    char text[VT_FACTOR_COUNT][VT_SEEN_BYTES];
};

/* Run the probes in the sandbox of `like` (its root, area, inputs, factors, variables and
 * directory; not its program, limits or output).  The working directory of `like` must
 * exist; a folder "vitrine-probe" is made in the area for the directory order and is gone
 * afterwards.
 * Errors: those of vt_sandbox_run except VT_ABSENT, which leaves a text empty */
VT_CHECKED bool vt_probe_run(const struct vt_sandbox_spec *like, struct vt_seen *out,
                             struct vt_error *err);

/* An object of texts by vt_factor_name, without the empty ones.  Returned.  VT_IO: no
 * memory. */
VT_CHECKED bool vt_seen_json(const struct vt_seen *seen, json_t **out,
                             struct vt_error *err);
/* Its inverse; unknown names and texts that do not fit are VT_MALFORMED. */
VT_CHECKED bool vt_seen_parse(const json_t *object, const char *what, struct vt_seen *out,
                              struct vt_error *err);

#endif
