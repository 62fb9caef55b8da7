/* The key agent's holder; see role_agent_holder.c. */
#ifndef VT_CUSTODY_ROLE_AGENT_HOLDER_H
#define VT_CUSTODY_ROLE_AGENT_HOLDER_H

#include "role/role.h"

#define VT_ROLE_AGENT_HOLDER "agent-holder"

extern const struct vt_rights vt_agent_holder_rights;
int vt_role_agent_holder(struct vt_channel *channel);

#endif
