/* Openings to a reviewer who is not on the agent's machine, over the agent's HTTP service.
 *
 *   POST /openings   "vitrine/openings/v1\n" ‖ id of the reviewer's key (32) ‖ u64 his time
 *                    ‖ u64 offset ‖ signature (64)
 *   the signature    Ed25519 over "vitrine/openings/v1\n" ‖ SHA-256(cell ‖ "\n" ‖ ledger)
 *                    ‖ key id ‖ time ‖ offset
 *   the answer       bytes of the agent's file from there on, VT_HANDOVER_BYTES_MAX at
 * most; none: there are no more
 *
 * The pieces one behind the other are the file that `custody accesses`, `open` and
 * `reconcile` read; its chain is in the agent's signed count.  Numbers are big-endian. */
#ifndef VT_CUSTODY_HANDOVER_H
#define VT_CUSTODY_HANDOVER_H

#include "base/base.h"
#include "crypto/key.h"
#include "crypto/sha256.h"

#define VT_HANDOVER_REQUEST_TYPE "application/vnd.vitrine.openings-request"
#define VT_HANDOVER_TYPE         "application/vnd.vitrine.openings"
#define VT_HANDOVER_BYTES_MAX    VT_MIB(1)

enum { VT_HANDOVER_REQUEST_BYTES = 20 + 32 + 8 + 8 + 64 };

struct vt_handover_request {
    vt_hash key_id;
    int64_t at_unix_s;
    uint64_t offset;
    uint8_t signature[64];
};

/* VT_MALFORMED. */
VT_CHECKED bool vt_handover_request_parse(vt_slice bytes, struct vt_handover_request *out,
                                          struct vt_error *err);
/* The exact inverse: append it. */
void vt_handover_request_write(const struct vt_handover_request *request,
                               struct vt_buf *out);

/* Fill in key id and signature, for the agent of that cell and access ledger.  Errors: the
 * key's */
VT_CHECKED bool vt_handover_request_sign(struct vt_handover_request *request, vt_slice cell,
                                         vt_slice ledger, const struct vt_key *key,
                                         struct vt_error *err);
bool vt_handover_request_is_by(const struct vt_handover_request *request, vt_slice cell,
                               vt_slice ledger, const struct vt_public_key *key);

#endif
