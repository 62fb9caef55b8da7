/* One of two Centres that are compared: its folder, or the URL at which it is served.  What
 * it shows is asked for once; of its ledgers the checkpoints are verified, by the trust
 * root of whoever compares, so that a ledger is not what a Centre says but what was signed.
 */
#ifndef VT_CENTRE_SIDE_H
#define VT_CENTRE_SIDE_H

#include "centre/digests.h"
#include "centre/holding.h"
#include "http/client.h"

struct vt_side {
    const char *where; /* borrowed */
    struct vt_digests digests;
    json_t *problems;          /* owned; what a Centre's folder left out, as sentences */
    struct vt_holding holding; /* of a folder */
    struct vt_http_client *client; /* of a URL */
};

void vt_side_close(struct vt_side *side);
#define VT_AUTO_SIDE __attribute__((cleanup(vt_side_close))) struct vt_side

/* where: a Centre's folder or an http(s) URL; borrowed as long.
 * Errors: VT_MALFORMED, VT_REJECTED what it shows is no list of digests; VT_ABSENT it has
 *         none; VT_IO */
VT_CHECKED bool vt_side_open(const char *where, int64_t now_unix_s, struct vt_side *out,
                             struct vt_error *err);
/* The trust root that a folder holds; NULL: a URL's is not taken from there. */
const struct vt_trust *vt_side_trust(const struct vt_side *side);
/* Read the checkpoint of the ledger with this name, and verify it by this trust root.
 * Errors: VT_REJECTED, VT_MALFORMED; VT_ABSENT; VT_IO */
VT_CHECKED bool vt_side_head(struct vt_side *side, const char *name, vt_slice origin,
                             const struct vt_trust *trust, struct vt_head *out,
                             struct vt_error *err);
/* A proof that the tree of `size` entries is the beginning of this side's; not checked. */
VT_CHECKED bool vt_side_consistency(struct vt_side *side, const char *name, uint64_t size,
                                    struct vt_proof *out, struct vt_error *err);

#endif
