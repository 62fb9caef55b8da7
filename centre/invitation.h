/* Invitations: whom vendor and supervisor together let read the source of which products,
 * from when until when.  Each is an invitation/v1 statement below FOLDER/invitations; an
 * invitation-end/v1 statement of either of the two ends it, for good.
 *
 * The person gets a code by another way than the Centre; the invitation holds its SHA-256.
 * With it one passkey is registered, once (centre/porter.h). */
#ifndef VT_CENTRE_INVITATION_H
#define VT_CENTRE_INVITATION_H

#include "evidence/trust.h"
#include "store/disk.h"

#define VT_CENTRE_INVITATIONS  "invitations"
#define VT_INVITATIONS_MAX     4096
#define VT_INVITATION_CODE_HEX 64

struct vt_invitation {
    struct vt_envelope envelope; /* owned */
    vt_hash payload;             /* its digest: what ends name, and passkeys */
    vt_slice id, reviewer;       /* in the envelope, as products */
    const json_t *products;      /* an array of names */
    vt_hash code;
    int64_t from_unix_s, until_unix_s, created_unix_s;
    bool is_ended;
};

struct vt_invitations {
    struct vt_invitation *rows; /* owned */
    size_t count;
};

void vt_invitations_clear(struct vt_invitations *invitations);

/* Does it bear what it needs at that time: signatures of vendor and supervisor, each to its
 * threshold, by keys that count now and may speak for each of its products?
 * Errors: VT_REJECTED saying who is missing; VT_MALFORMED a product twice, ends before it
 * begins */
VT_CHECKED bool vt_invitation_verify(const struct vt_trust *trust,
                                     const struct vt_envelope *envelope, int64_t now_unix_s,
                                     struct vt_error *err);

/* All that count now, below an open folder; what was read and does not is told to
 * `tell` in a sentence and is none; one that cannot be read may be an end, so none counts
 * then.  No such folder: none.
 * Errors: VT_LIMIT, VT_IO */
VT_CHECKED bool vt_invitations_read(struct vt_disk *above, const struct vt_trust *trust,
                                    int64_t now_unix_s,
                                    void (*tell)(void *context, const char *sentence),
                                    void *context, struct vt_invitations *out,
                                    struct vt_error *err);

/* What lies there, without reading it: names, files, their times and sizes.  The same stamp
 * within the same second: vt_invitations_read says the same.
 * Errors: those of reading; VT_ABSENT no such folder */
VT_CHECKED bool vt_invitations_stamp(struct vt_disk *above, vt_hash *out,
                                     struct vt_error *err);

/* May whoever holds it read now? */
bool vt_invitation_is_open(const struct vt_invitation *invitation, int64_t now_unix_s);
bool vt_invitation_covers(const struct vt_invitation *invitation, vt_slice product);
/* By the digest of its payload, or by the code; NULL: there is none.  Borrowed. */
const struct vt_invitation *vt_invitations_find(const struct vt_invitations *invitations,
                                                const vt_hash *payload);
const struct vt_invitation *vt_invitations_find_code(
    const struct vt_invitations *invitations, vt_slice code);

#endif
