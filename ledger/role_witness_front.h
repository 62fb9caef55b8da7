/* The witness's front; see role_witness_front.c. */
#ifndef VT_LEDGER_ROLE_WITNESS_FRONT_H
#define VT_LEDGER_ROLE_WITNESS_FRONT_H

#include "role/role.h"

#define VT_ROLE_WITNESS_FRONT "witness-front"

/* Its given descriptors. */
enum { VT_WITNESS_FRONT_SIGNER, VT_WITNESS_FRONT_LISTEN, VT_WITNESS_FRONT_FDS };

extern const struct vt_rights vt_witness_front_rights;
int vt_role_witness_front(struct vt_channel *channel);

#endif
