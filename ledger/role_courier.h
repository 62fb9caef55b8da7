/* Role ledger-courier: carries signed checkpoints to the witnesses and brings their
 * cosignatures back; mirrors that are needed for a quorum it feeds.  It holds nothing: no
 * key; of the ledger it reads what everybody may, the tiles. */
#ifndef VT_LEDGER_ROLE_COURIER_H
#define VT_LEDGER_ROLE_COURIER_H

#include "role/role.h"

#define VT_ROLE_COURIER "ledger-courier"

extern const struct vt_rights vt_courier_rights;
int vt_role_courier(struct vt_channel *channel);

#endif
