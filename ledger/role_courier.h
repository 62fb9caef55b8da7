/* Role ledger-courier: carries signed checkpoints to the witnesses and brings their
 * cosignatures back.  It alone speaks with the outer world, and it holds nothing: no key,
 * no file of the ledger. */
#ifndef VT_LEDGER_ROLE_COURIER_H
#define VT_LEDGER_ROLE_COURIER_H

#include "role/role.h"

#define VT_ROLE_COURIER "ledger-courier"

extern const struct vt_rights vt_courier_rights;
int vt_role_courier(struct vt_channel *channel);

#endif
