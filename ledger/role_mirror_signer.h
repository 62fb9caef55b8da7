/* The mirror's signer; see role_mirror_signer.c. */
#ifndef VT_LEDGER_ROLE_MIRROR_SIGNER_H
#define VT_LEDGER_ROLE_MIRROR_SIGNER_H

#include "role/role.h"

#define VT_ROLE_MIRROR_SIGNER "mirror-signer"

extern const struct vt_rights vt_mirror_signer_rights;
int vt_role_mirror_signer(struct vt_channel *channel);

#endif
