/* The key agent's front; see role_agent_front.c. */
#ifndef VT_CUSTODY_ROLE_AGENT_FRONT_H
#define VT_CUSTODY_ROLE_AGENT_FRONT_H

#include "role/role.h"

#define VT_ROLE_AGENT_FRONT "agent-front"

/* The descriptors that it is given. */
enum { VT_AGENT_FRONT_HOLDER, VT_AGENT_FRONT_LISTEN, VT_AGENT_FRONT_FDS };

extern const struct vt_rights vt_agent_front_rights;
int vt_role_agent_front(struct vt_channel *channel);

#endif
