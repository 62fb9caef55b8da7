/* What relocation/v1 says of a move, checked with nothing but papers and the trust root.
 * Spec: custody/DESIGN-relocation.md; evidence/DESIGN.md, "Statements" */
#ifndef VT_CUSTODY_RELOCATION_H
#define VT_CUSTODY_RELOCATION_H

#include "base/base.h"
#include "crypto/age_key.h"
#include "custody/manifest.h"
#include "evidence/trust.h"

enum { VT_RELOCATION_CANARIES_MAX = 16, VT_RELOCATION_CELL_CHARS_MAX = 64 };

/* A file that was planted at the source, and followed: its id there, and in the end. */
struct vt_relocation_canary {
    vt_hash object, here;
};

/* What one paper says. */
struct vt_relocation_words {
    bool is_done; /* else begun, and the rest behind `manifest` is not said */
    char from[VT_RELOCATION_CELL_CHARS_MAX + 1], to[VT_RELOCATION_CELL_CHARS_MAX + 1];
    char country[3];
    struct vt_age_recipient recipient; /* the destination's */
    int64_t at_unix_s;
    struct vt_manifest_root manifest;           /* of the source, at the beginning */
    vt_hash begun;                              /* payload of the first paper */
    struct vt_manifest_root settled, read_back; /* behind the fence, at each end */
    struct vt_relocation_canary canaries[VT_RELOCATION_CANARIES_MAX];
    size_t canary_count;
};

/* Append the payload: equal words are equal bytes, whoever writes them.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_relocation_write(const struct vt_relocation_words *words,
                                    struct vt_buf *payload, struct vt_error *err);

struct vt_relocation_papers {
    vt_slice begun, begun_proof; /* an envelope, and the tlog-proof of its entry */
    vt_slice done, done_proof;
    vt_slice countersigned; /* `done` with the supervisor's signature too */
    vt_slice origin;        /* of the source's access ledger */
};

struct vt_relocation {
    char from[VT_RELOCATION_CELL_CHARS_MAX + 1], to[VT_RELOCATION_CELL_CHARS_MAX + 1];
    char country[3];
    struct vt_age_recipient recipient;
    struct vt_manifest_root manifest, arrived; /* at the beginning; in the end */
    vt_hash begun;                             /* payload of the first paper */
    int64_t begun_unix_s, done_unix_s;         /* by the witnesses */
    uint64_t begun_index, done_index;          /* on the ledger */
    struct vt_relocation_canary canaries[VT_RELOCATION_CANARIES_MAX];
    size_t canary_count;
};

/* The first paper alone: is it on the ledger, by a key of the source's cell?  What is said
 * of the end stays zero.  Errors: as vt_relocation_confirm */
VT_CHECKED bool vt_relocation_begun(const struct vt_relocation_papers *papers,
                                    const struct vt_trust *trust, struct vt_relocation *out,
                                    struct vt_error *err);
/* Both papers: all but the supervisor's signature.  Errors: as vt_relocation_confirm */
VT_CHECKED bool vt_relocation_done(const struct vt_relocation_papers *papers,
                                   const struct vt_trust *trust, struct vt_relocation *out,
                                   struct vt_error *err);
/* Was the manifest on the ledger before the end was; are both papers of one move, by a key
 * of the source's cell, and the end by one of the destination's too; does the destination's
 * own read-back equal the source's manifest behind the fence; and did the supervisor
 * countersign?
 * Errors: VT_REJECTED what does not hold; VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_relocation_confirm(const struct vt_relocation_papers *papers,
                                      const struct vt_trust *trust,
                                      struct vt_relocation *out, struct vt_error *err);

/* A claim that a key was destroyed (erasure/v1 of a period), and the proof of its entry. */
struct vt_relocation_claim {
    vt_slice claim, proof, origin;
};

/* Did the source's key agent destroy a key for files of that country, behind the end of the
 * move?  period_out: of the key, borrowed from *envelope, which is the caller's to clear.
 * Errors: VT_REJECTED what does not hold; VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_relocation_destroyed(const struct vt_relocation_claim *claim,
                                        const struct vt_relocation *move,
                                        const struct vt_keyring *keyring,
                                        struct vt_envelope *envelope, vt_slice *period_out,
                                        struct vt_error *err);

#endif
