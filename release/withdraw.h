/* Taking a release back: the next list of withdrawals, signed by vendor and supervisor one
 * after the other, in either order.  Between the two it lies on the desk as
 * withdrawals/next.json. */
#ifndef VT_RELEASE_WITHDRAW_H
#define VT_RELEASE_WITHDRAW_H

#include "release/publish.h"

struct vt_withdrawal {
    bool is_complete;    /* both signed: it may be published */
    const char *waits;   /* role whose signature is missing; NULL when complete */
    struct vt_buf bytes; /* the list as it is now; end with vt_buf_clear */
};

/* Sign the withdrawal of this release: begin the next list, or add the second signature to
 * the one that lies on the desk.  A beginning that another list has overtaken is begun
 * anew.
 * Errors: VT_REJECTED not published, withdrawn already, the key is neither the vendor's nor
 *                     the supervisor's, another withdrawal waits for its second signature
 */
VT_CHECKED bool vt_withdraw_sign(struct vt_docket *docket, const char *reason,
                                 const struct vt_key *key, int64_t now_unix_s,
                                 struct vt_withdrawal *out, struct vt_error *err);

/* Log the complete list and take next.json away.  May be done again after a kill. */
VT_CHECKED bool vt_withdraw_publish(const struct vt_publisher *publisher,
                                    const struct vt_withdrawal *withdrawal,
                                    struct vt_error *err);

#endif
