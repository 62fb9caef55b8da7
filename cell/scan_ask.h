/* File keys for a dispatcher, from a key agent: a statement for the whole batch, its
 * commitment on the access ledger, the agent's answer (custody/ask.h).  No ledger, no
 * quorum or no agent: no keys, and the batch waits.
 *
 * What is noted with a batch: 32 bytes of salt, and the envelope.  Whoever has both can
 * show what the entry on the ledger says; neither opens anything. */
#ifndef VT_CELL_SCAN_ASK_H
#define VT_CELL_SCAN_ASK_H

#include "cell/scan_dispatch.h"
#include "custody/ask.h"

/* Who asks; all is borrowed. */
struct vt_scan_asker {
    struct vt_asker asker;
    const struct vt_key *scanner;  /* enrolled by the supervisor, in the role scanner */
    const struct vt_key *role_key; /* of the policy's role */
    vt_slice cell, ledger;         /* ledger: origin of the access ledger */
    vt_slice role;                 /* as the policy names it */
    vt_slice place, jurisdiction;  /* of the enrolment */
    uint64_t policy;               /* version of custody/v1 */
    uint32_t valid_s;              /* of a statement */
    const struct vt_age_identity *identity; /* that answers are sealed for */
    /* The X25519 key behind a recipient's document, which the queue names by its digest. */
    bool (*recipient)(void *context, const vt_hash *document, struct vt_age_recipient *out);
    void *context;
};

/* To be put into a dispatch.  asker: borrowed, as long as that is used. */
struct vt_scan_keys vt_scan_keys_of(struct vt_scan_asker *asker);

#endif
