/* The sequencer's side of predicates that come over HTTP: the front hands their bytes on in
 * pieces, here they become files beside the log (ledger/beside.h).  A few at a time, each
 * in a slot; what is not whole leaves nothing. */
#ifndef VT_LEDGER_KEEP_H
#define VT_LEDGER_KEEP_H

#include "ledger/beside.h"
#include "ledger/ledger.h"
#include "ledger/serve_message.h"

/* All zeros: nothing is under way. */
struct vt_keeps {
    struct vt_beside_draft *drafts[VT_SERVE_SLOTS]; /* NULL: free */
};

bool vt_keeps_is_for(uint16_t type); /* is a message of this type for us? */
/* One message of the front.  What comes of a predicate is no failure of ours: answer_out
 * gets the KEPT, and stays empty where nothing is to be said.
 * Errors: VT_MALFORMED the front said what makes no sense */
VT_CHECKED bool vt_keeps_hear(struct vt_keeps *keeps, struct vt_ledger *ledger,
                              const struct vt_message *message, struct vt_buf *answer_out,
                              struct vt_error *err);
void vt_keeps_clear(struct vt_keeps *keeps); /* before the ledger is closed */

#endif
