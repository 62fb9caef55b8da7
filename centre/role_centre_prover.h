/* The Centre's prover; see role_centre_prover.c. */
#ifndef VT_CENTRE_ROLE_CENTRE_PROVER_H
#define VT_CENTRE_ROLE_CENTRE_PROVER_H

#include "role/role.h"

#define VT_ROLE_CENTRE_PROVER "centre-prover"

extern const struct vt_rights vt_centre_prover_rights;
int vt_role_centre_prover(struct vt_channel *channel);

#endif
