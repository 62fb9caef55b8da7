/* What relocation/v1 says of a move, checked with nothing but papers and the trust root.
 * Spec: custody/DESIGN-relocation.md; evidence/DESIGN.md, "Statements" */
#ifndef VT_CUSTODY_RELOCATION_H
#define VT_CUSTODY_RELOCATION_H

#include "base/base.h"
#include "custody/manifest.h"
#include "evidence/trust.h"

struct vt_relocation_papers {
    vt_slice begun, begun_proof; /* an envelope, and the tlog-proof of its entry */
    vt_slice done, done_proof;
    vt_slice countersigned; /* `done` with the supervisor's signature too */
    vt_slice origin;        /* of the source's access ledger */
};

struct vt_relocation {
    char from[65], to[65], country[3];
    struct vt_manifest_root manifest, arrived; /* at the beginning; in the end */
    int64_t begun_unix_s, done_unix_s;         /* by the witnesses */
    uint64_t begun_index, done_index;          /* on the ledger */
};

/* Was the manifest on the ledger before the end was; are both papers of one move, by a key
 * of the source's cell; does the destination's own read-back equal the source's manifest
 * behind the fence; and did the supervisor countersign?
 * Errors: VT_REJECTED what does not hold; VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_relocation_confirm(const struct vt_relocation_papers *papers,
                                      const struct vt_trust *trust,
                                      struct vt_relocation *out, struct vt_error *err);

#endif
