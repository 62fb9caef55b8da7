/* Role ledger-front: speaks HTTP for one or several ledgers. */
#ifndef VT_LEDGER_ROLE_LEDGER_FRONT_H
#define VT_LEDGER_ROLE_LEDGER_FRONT_H

#include "role/role.h"

#define VT_ROLE_LEDGER_FRONT "ledger-front"

/* Descriptors that it is started with: the socket, then a sequencer for each ledger. */
enum { VT_LEDGER_FRONT_LISTEN, VT_LEDGER_FRONT_SEQUENCERS };

#define VT_LEDGERS_SERVED_MAX 6 /* in one set of processes */
/* Files that may be open beside its connections. */
enum { VT_LEDGER_FRONT_FILES = 512 };

extern const struct vt_rights vt_ledger_front_rights;
int vt_role_ledger_front(struct vt_channel *channel);

#endif
