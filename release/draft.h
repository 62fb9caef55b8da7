/* How a release begins: the vendor says what shall be built, of what, in what. */
#ifndef VT_RELEASE_DRAFT_H
#define VT_RELEASE_DRAFT_H

#include "line/line.h"
#include "release/desk.h"

#define VT_DRAFT_DOCUMENTS_MAX 64

struct vt_draft_request {
    struct vt_desk *desk;
    const struct vt_trust *trust;
    struct vt_line_store *store; /* has the source */
    const struct vt_recipe *recipe;
    const struct vt_lock *lock;
    const struct vt_source *source;
    const char *channel;          /* "stable" */
    const char *const *documents; /* files for the reviewers; their last parts are names */
    size_t document_count;
    const struct vt_key *key; /* the vendor's */
    int64_t now_unix_s;
};

struct vt_drafted {
    uint64_t sequence;
    bool is_there;
};

/* Compose and sign draft/v1, and lay it on the desk with everything that it names.  The
 * sequence is vt_number_find's (release/numbers.h).  The desk is locked from then on.
 * out->is_there: the draft that counts says just this, so nothing was signed.
 * Errors: VT_REJECTED the version is approved or published already, a name that the public
 *                     folder needs itself, the key is not the
 *                     vendor's, two documents have one name
 *         VT_IO, VT_LIMIT */
VT_CHECKED bool vt_draft(const struct vt_draft_request *request, struct vt_drafted *out,
                         struct vt_error *err);

#endif
