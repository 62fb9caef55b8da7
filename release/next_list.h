/* The next list of withdrawals, where it does not come with a release: taking a release
 * back, or renewing the list so that customers who demand fresh news see some.  Vendor and
 * supervisor sign it one after the other, in either order; between the two it lies on the
 * desk as withdrawals/next.json. */
#ifndef VT_RELEASE_NEXT_LIST_H
#define VT_RELEASE_NEXT_LIST_H

#include "release/compose.h"
#include "release/publish.h"

/* What the signer wants to say. */
struct vt_list_wish {
    enum vt_list_change change;     /* VT_LIST_RENEW or VT_LIST_WITHDRAW */
    const struct vt_docket *docket; /* of the release to withdraw; else NULL */
    const char *reason;             /* of a withdrawal: needed from the first who signs */
};

struct vt_next_list {
    uint64_t version;
    bool lacks_reason;   /* it failed because the first who signs must give one */
    bool is_complete;    /* both signed: it may be published */
    const char *waits;   /* role whose signature is missing; NULL when complete */
    struct vt_buf bytes; /* the list as it is now; end with vt_buf_clear */
};

/* Begin the next list, or add the second signature to the one that lies on the desk, if
 * that says what this signer would have written himself.  A beginning that another list has
 * overtaken is begun anew.
 * Errors: VT_REJECTED not published, withdrawn already, no list to renew, the key is
 *                     neither the vendor's nor the supervisor's or does not count now,
 *                     another list waits for its second signature
 *         VT_MALFORMED the first who signs gives no reason (out->lacks_reason) */
VT_CHECKED bool vt_next_list_sign(struct vt_desk *desk, const struct vt_trust *trust,
                                  const struct vt_list_wish *wish, const struct vt_key *key,
                                  int64_t now_unix_s, struct vt_next_list *out,
                                  struct vt_error *err);

/* The list that lies there half-signed. */
struct vt_pending_list {
    uint64_t version;              /* 0: none waits */
    int64_t since_unix_s;          /* when the first says that he signed */
    const char *waits;             /* role; NULL: both signed, and it is not logged yet */
    const char *product, *release; /* what it withdraws; NULL: it renews */
    const char *how;               /* the command that completes it */
};

/* Texts are in the arena.  Errors: VT_MALFORMED, VT_IO what lies there cannot be read */
VT_CHECKED bool vt_next_list_look(struct vt_desk *desk, const struct vt_trust *trust,
                                  int64_t now_unix_s, struct vt_arena *arena,
                                  struct vt_pending_list *out, struct vt_error *err);

/* Log the complete list and take next.json away.  May be done again after a kill. */
VT_CHECKED bool vt_next_list_publish(const struct vt_publisher *publisher,
                                     const struct vt_next_list *list, struct vt_error *err);

#endif
