/* Feeds mirrors; see role_feeder.c. */
#ifndef VT_LEDGER_ROLE_FEEDER_H
#define VT_LEDGER_ROLE_FEEDER_H

#include "role/role.h"

#define VT_ROLE_FEEDER "ledger-feeder"

extern const struct vt_rights vt_feeder_rights;
int vt_role_feeder(struct vt_channel *channel);

#endif
