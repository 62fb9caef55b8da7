/* The witness's signer; see role_witness_signer.c. */
#ifndef VT_LEDGER_ROLE_WITNESS_SIGNER_H
#define VT_LEDGER_ROLE_WITNESS_SIGNER_H

#include "role/role.h"

#define VT_ROLE_WITNESS_SIGNER "witness-signer"

extern const struct vt_rights vt_witness_signer_rights;
int vt_role_witness_signer(struct vt_channel *channel);

#endif
