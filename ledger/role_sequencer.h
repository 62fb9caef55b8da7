/* Role ledger-sequencer: the one writer of a served ledger.  It takes entries from the
 * front, makes them durable in batches that close when the batch before is durable, has the
 * signer sign and the courier fetch cosignatures, and shows checkpoints. */
#ifndef VT_LEDGER_ROLE_SEQUENCER_H
#define VT_LEDGER_ROLE_SEQUENCER_H

#include "role/role.h"

#define VT_ROLE_SEQUENCER "ledger-sequencer"

/* Descriptors that it is started with; the last two only if it is told so. */
enum { VT_SEQUENCER_SIGNER, VT_SEQUENCER_COURIER, VT_SEQUENCER_FEEDER, VT_SEQUENCER_FDS };

extern const struct vt_rights vt_sequencer_rights;
int vt_role_sequencer(struct vt_channel *channel);

#endif
