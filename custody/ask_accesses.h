/* A client asks the key agent who had the key of an object that it sealed, and believes
 * nothing: not the agent without its signature, not the list without the ledger.
 * Spec: custody/disclosure.h */
#ifndef VT_CUSTODY_ASK_ACCESSES_H
#define VT_CUSTODY_ASK_ACCESSES_H

#include "custody/ask.h"
#include "custody/disclosure.h"

/* What the client kept when it sealed; all is borrowed. */
struct vt_ask_sealed {
    struct vt_age_recipient recipient;
    const uint8_t *bond; /* VT_AGE_BOND_BYTES */
    vt_slice header;
};

/* Ask; the answer is signed by an agent of the cell, new, and about this object.
 *
 * bytes_out   appended: the signed answer, to be kept
 * out         its slices point into its own JSON; end with vt_disclosure_clear
 *
 * Errors: VT_REJECTED the agent says no, or its answer does not hold
 *         VT_IO no answer; VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_ask_accesses(const struct vt_asker *asker,
                                const struct vt_ask_sealed *sealed,
                                struct vt_buf *bytes_out, struct vt_disclosure *out,
                                struct vt_error *err);
/* Order the key never to be released again; the answer is the list of accesses, which says
 * by which record of the agent that is so: the proof.  Again: the same record.
 * Errors: as above, and VT_REJECTED the list does not say so; VT_ABSENT: the key of its
 *         period was destroyed, so nothing is released any more and nothing is proven here
 */
VT_CHECKED bool vt_ask_withdraw(const struct vt_asker *asker,
                                const struct vt_ask_sealed *sealed,
                                struct vt_buf *bytes_out, struct vt_disclosure *out,
                                struct vt_error *err);
/* Hold the list against the access ledger at asker->ledger (a URL, or a folder with a
 * copy): its checkpoint has a quorum and continues the one that the agent saw, and each
 * access is the entry that it names. *time_out: when the quorum had cosigned. Errors:
 * VT_REJECTED something does not hold; VT_ABSENT, VT_IO no ledger there */
VT_CHECKED bool vt_ask_accesses_are_logged(const struct vt_asker *asker,
                                           const struct vt_disclosure *list,
                                           int64_t *time_out, struct vt_error *err);

#endif
