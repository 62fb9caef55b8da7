/* A signed table of residency, and whether it counts. */
#ifndef VT_CELL_RESIDENCY_RECORD_H
#define VT_CELL_RESIDENCY_RECORD_H

#include "cell/residency.h"
#include "evidence/trust.h"

struct vt_residency_record {
    struct vt_envelope envelope; /* owned */
    vt_hash leaf;                /* of its entry in a ledger */
    struct vt_residency table;   /* slices point into the envelope */
};

void vt_residency_record_free(struct vt_residency_record *record); /* NULL allowed */
void vt_residency_record_free_pointer(struct vt_residency_record **record);
#define VT_AUTO_RESIDENCY                                                                  \
    __attribute__((cleanup(vt_residency_record_free_pointer))) struct vt_residency_record *

/* Parse an envelope (a line break at its end is passed over) whose table holds together.
 * Signatures are not checked here.  out: returned.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_REJECTED, VT_IO memory */
VT_CHECKED bool vt_residency_record_parse(vt_slice bytes, struct vt_residency_record **out,
                                          struct vt_error *err);

/* Was it signed by the trust root's threshold of residency keys, and is it in the release
 * ledger, seen by a quorum of witnesses?  The time that counts is theirs.
 * proof: a tlog-proof.
 * Errors: VT_MALFORMED the proof; VT_REJECTED */
VT_CHECKED bool vt_residency_record_verify(const struct vt_residency_record *record,
                                           const struct vt_trust *trust, vt_slice proof,
                                           int64_t *logged_unix_s_out,
                                           struct vt_error *err);

/* The digest that the next version names. */
vt_hash vt_residency_record_digest(const struct vt_residency_record *record);

#endif
