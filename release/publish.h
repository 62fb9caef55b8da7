/* From two signatures to a folder that anyone can serve: ledger entries with a quorum of
 * witnesses, evidence files, static files.
 *
 * Each step can be done again: the ledger gives equal bytes the index they have, files are
 * replaced whole, and what makes a release count (its proof on the desk) comes before what
 * shows it.  So after a kill at any instant the same command completes it. */
#ifndef VT_RELEASE_PUBLISH_H
#define VT_RELEASE_PUBLISH_H

#include "ledger/ledger.h"
#include "release/gaps.h"
#include "release/list_history.h"

/* Where statements become history. */
struct vt_publisher {
    struct vt_desk *desk;
    const struct vt_trust *trust;
    struct vt_ledger *ledger;
    const struct vt_env *env;
    struct vt_list_history *history; /* what the ledger has; read on where it is asked */
};

/* Add entries that the trust root admits, publish a checkpoint with its quorum, and return
 * each entry's proof, appended to proofs[i].
 * Errors: VT_REJECTED not admitted, a list that contradicts one on the ledger, or no
 * quorum; nothing is undone, calling again is safe
 */
VT_CHECKED bool vt_publish_entries(const struct vt_publisher *publisher,
                                   const vt_slice *entries, size_t count,
                                   struct vt_buf *proofs, struct vt_error *err);

/* The vendor's last step: sign the approved release and its list, log both, keep the proofs
 * on the desk.  Rejections and refusing reviews of this version that the ledger has and the
 * desk lacks are laid on the desk again first; that reads the whole ledger.
 * Errors: VT_REJECTED what is missing, a rejection, or the key is no vendor's */
VT_CHECKED bool vt_publish_release(const struct vt_publisher *publisher,
                                   struct vt_docket *docket, const struct vt_key *key,
                                   struct vt_error *err);

/* The desk may lack the newest list, the ledger does not: lay it down again with its proof.
 * history: what the reader's ledger has.
 * Errors: VT_REJECTED its proof does not satisfy the trust root; VT_IO */
VT_CHECKED bool vt_publish_recall_list(struct vt_desk *desk,
                                       const struct vt_list_history *history,
                                       struct vt_ledger_reader *reader,
                                       struct vt_error *err);

/* Log a list that vendor and supervisor signed, and keep it on the desk as the newest. */
VT_CHECKED bool vt_publish_list(const struct vt_publisher *publisher, vt_slice envelope,
                                struct vt_error *err);

/* Before anything is signed: may the public folder be written, and is there room for the
 * artefacts of this release?  The folder is made if it is missing.
 * Errors: VT_IO */
VT_CHECKED bool vt_publish_check_folder(const struct vt_docket *docket, const char *folder,
                                        struct vt_error *err);

/* Releases that could not be written; of one, why. */
struct vt_behind {
    size_t count;
    enum vt_code code; /* VT_IO if one failed for that; else of the first */
};

/* (Re)write the public folder from the desk: the newest list and the trust root, the
 * evidence of what is withdrawn, every other published release, index.json last.  Evidence
 * gets the newest list.  What lies at an artefact's name and is not it is replaced.  A
 * release that cannot be written is told through desk->passed_over and counted, and stays
 * as it was; the others are written.
 * Errors: VT_REJECTED nothing is published; VT_IO list, index or folder */
VT_CHECKED bool vt_publish_folder(struct vt_desk *desk, const struct vt_trust *trust,
                                  vt_slice trust_bytes, const char *folder,
                                  int64_t now_unix_s, struct vt_behind *behind_out,
                                  struct vt_error *err);

#endif
