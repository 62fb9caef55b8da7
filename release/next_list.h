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
    /* What the ledger has: no list that contradicts it is signed; NULL: the publisher looks
     * when it is complete. */
    const struct vt_list_history *history;
};

struct vt_next_list {
    uint64_t version;
    bool lacks_reason;   /* it failed because the first who signs must give one */
    bool is_made;        /* nothing was signed: the newest list withdraws it already */
    bool was_signed;     /* nothing was added: this signer had signed it before */
    bool is_complete;    /* both signed: it may be published */
    const char *waits;   /* role whose signature is missing; NULL when complete */
    struct vt_buf bytes; /* the list as it is now; end with vt_buf_clear */
    char reason[VT_REASON_BYTES_MAX + 1]; /* that stands, of a withdrawal; may be cut */
};

/* Begin the next list, or add the second signature to the one that lies on the desk, if
 * that says what this signer would have written himself.  A beginning that another list has
 * overtaken is begun anew.
 * Errors: VT_REJECTED not published, no list to renew, the key is neither the vendor's nor
 *                     the supervisor's or does not count now, another list waits for its
 *                     second signature, or the same with another reason; it contradicts
 *                     a list on the ledger
 *         VT_MALFORMED the first who signs gives no reason (out->lacks_reason) */
VT_CHECKED bool vt_next_list_sign(struct vt_desk *desk, const struct vt_trust *trust,
                                  const struct vt_list_wish *wish, const struct vt_key *key,
                                  int64_t now_unix_s, struct vt_next_list *out,
                                  struct vt_error *err);

/* The list that lies there half-signed. */
struct vt_pending_list {
    uint64_t version;              /* 0: none waits */
    int64_t since_unix_s;          /* when the first says that he signed */
    bool is_logged;                /* and on the desk, but perhaps not shown */
    const char *waits;             /* role; NULL: both signed, and it is not shown yet */
    const char *product, *release; /* what it withdraws; NULL: it renews */
    const char *how;               /* the command that completes it */
};

/* Texts are in the arena.  Errors: VT_MALFORMED, VT_IO what lies there cannot be read */
VT_CHECKED bool vt_next_list_look(struct vt_desk *desk, const struct vt_trust *trust,
                                  int64_t now_unix_s, struct vt_arena *arena,
                                  struct vt_pending_list *out, struct vt_error *err);

/* Log the complete list and keep it on the desk.  next.json stays there until the public
 * folder shows the list, as a mark that this is to be done: then comes vt_next_list_end.
 * May be done again after a kill. */
VT_CHECKED bool vt_next_list_publish(const struct vt_publisher *publisher,
                                     const struct vt_next_list *list, struct vt_error *err);
/* Does that mark lie there: a run before this one logged the newest list, and did not come
 * to show it?  *version_out: its number, 0: no. */
VT_CHECKED bool vt_next_list_is_to_be_shown(struct vt_desk *desk, uint64_t *version_out,
                                            struct vt_error *err);
/* It is shown: take the mark away. */
VT_CHECKED bool vt_next_list_end(struct vt_desk *desk, struct vt_error *err);

#endif
