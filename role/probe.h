/* The role that takes another role's rights and tries what they forbid; see role_probe.c.
 * It is how confinement is tested from inside. */
#ifndef VT_ROLE_PROBE_H
#define VT_ROLE_PROBE_H

#include "role/role.h"

#define VT_ROLE_PROBE "probe"

enum {
    VT_PROBE_NAME = 1,   /* first: the role whose rights to take; "": hardly any */
    VT_PROBE_FOLDER = 2, /* second: its folder; "": none */
    VT_PROBE_TRY = 3,    /* what to try, as a word */
    VT_PROBE_ANSWER = 4, /* one byte: 1 if it worked */
};

int vt_role_probe(const struct vt_role_row *rows, struct vt_channel *channel);

#endif
