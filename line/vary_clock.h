/* Another date for the programs of a sandbox, by libfaketime of their own environment.
 *
 * The date stands in a file that is given as the input /mnt/clock; the variables are the
 * same whatever the date is, so that a program which prints its variables does not tell it.
 * Only programs that load shared libraries see it; a static one keeps the machine's clock.
 * The times of files stay true (libfaketime moves them for few programs): a build that
 * copies them shows it when it runs twice. */
#ifndef VT_LINE_VARY_CLOCK_H
#define VT_LINE_VARY_CLOCK_H

#include "base/base.h"

#define VT_CLOCK_INSIDE        "/mnt/clock"
#define VT_CLOCK_VARIABLES_MAX 5

struct vt_clock {
    char file[4096]; /* on the host; "" when the clock is the machine's */
    const char *variables[VT_CLOCK_VARIABLES_MAX + 1]; /* NULL-ended "NAME=value" */
    char preload[512];                                 /* what variables[0] points to */
};

/* Where libfaketime lies in this root, as a program inside would name it; false if the root
 * has none. */
bool vt_clock_find(const char *root, char *out, size_t len);

/* Write the file into `folder` (on the host, existing) and fill the variables.
 *
 * is_frozen: the clock stands still at unix_s, and so do the times of files; else it runs
 * on, moved by unix_s seconds, and so do the times of files. The caller gives out->file as
 * the input VT_CLOCK_INSIDE, adds out->variables, and removes the file with the folder. The
 * structure must not be copied. Errors: VT_ABSENT the root has no libfaketime (the sentence
 * says what to add) VT_IO */
VT_CHECKED bool vt_clock_make(const char *root, const char *folder, bool is_frozen,
                              int64_t unix_s, struct vt_clock *out, struct vt_error *err);

#endif
