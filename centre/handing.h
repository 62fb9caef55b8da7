/* Signed statements that officers of the supervisor and of the foundation hand in: each
 * signs on his own machine, and the Centre takes nothing but the statement.
 *
 *   FOLDER/handed/SHA256.json   the envelope, under its digest, until it is taken to the
 *                               desk or the ledger (`vitrine centre handed`)
 *
 * Whoever runs the Centre makes that folder; without it nothing is taken.  What lies there
 * is believed by nobody: it is judged again by whoever takes it. */
#ifndef VT_CENTRE_HANDING_H
#define VT_CENTRE_HANDING_H

#include "evidence/trust.h"
#include "store/disk.h"
#include "wire/json.h"

#define VT_CENTRE_HANDED "handed"
#define VT_HANDED_MAX    256 /* that wait at once */

/* Where a statement goes from here. */
enum vt_handed_place {
    VT_HANDED_NOWHERE, /* its kind is not handed in */
    VT_HANDED_DESK,    /* to the release that it names */
    VT_HANDED_LIST,    /* to the approval that it goes with: the next list of withdrawals */
    VT_HANDED_LEDGER,
};

enum vt_handed_place vt_handed_place_of(enum vt_predicate type);

/* Is this a statement of the supervisor's or the foundation's that counts now?  Each
 * signature is by a key of theirs in the trust root; they are looked at before the payload
 * is read, so a stranger's payload is not.  out: returned; end with vt_envelope_clear.
 * Errors: VT_MALFORMED no statement in the one form; VT_REJECTED it does not count, and
 *         why; VT_LIMIT; VT_IO memory */
VT_CHECKED bool vt_handed_judge(const struct vt_trust *trust, vt_slice bytes,
                                int64_t now_unix_s, struct vt_envelope *out,
                                struct vt_error *err);

/* Keep it in FOLDER/handed (under its lock), durably.  is_there_out: it was there already.
 * Errors: VT_LIMIT too many wait; VT_IO */
VT_CHECKED bool vt_handed_put(struct vt_disk *handed, vt_slice bytes, bool *is_there_out,
                              struct vt_error *err);

/* Call `each` with every statement there, sorted by digest, that still counts;
 * `passed_over` hears of the others.  Either may be NULL. */
struct vt_handed_walk {
    bool (*each)(void *context, const char *name, vt_slice bytes,
                 const struct vt_envelope *envelope, struct vt_error *err);
    void (*passed_over)(void *context, const char *name, const struct vt_error *why);
    void *context;
};
VT_CHECKED bool vt_handed_each(struct vt_disk *handed, const struct vt_trust *trust,
                               int64_t now_unix_s, const struct vt_handed_walk *walk,
                               struct vt_error *err);

/* {"sha256","kind","product","version","created","signers"}; product and version of what
 * names a release.  Returned. */
json_t *vt_handed_json(const struct vt_trust *trust, const struct vt_envelope *envelope);

#endif
