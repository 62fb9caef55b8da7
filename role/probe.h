/* The role that tries its own locks; see role_probe.c. */
#ifndef VT_ROLE_PROBE_H
#define VT_ROLE_PROBE_H

#include "role/role.h"

/* Request: what to try, as text; answer: one byte, 1 if it worked. */
enum { VT_PROBE_TRY = 1, VT_PROBE_ANSWER = 2 };

int vt_role_probe(struct vt_channel *channel);

#endif
