/* The mirror's front; see role_mirror_front.c. */
#ifndef VT_LEDGER_ROLE_MIRROR_FRONT_H
#define VT_LEDGER_ROLE_MIRROR_FRONT_H

#include "role/role.h"

#define VT_ROLE_MIRROR_FRONT "mirror-front"

/* Its given descriptors. */
enum { VT_MIRROR_FRONT_SIGNER, VT_MIRROR_FRONT_LISTEN, VT_MIRROR_FRONT_FDS };

extern const struct vt_rights vt_mirror_front_rights;
int vt_role_mirror_front(struct vt_channel *channel);

#endif
