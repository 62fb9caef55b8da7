/* Files that are shared in tests: sealed for a recipient of ours, with the signed wish. */
#ifndef VT_TESTS_SHARING_H
#define VT_TESTS_SHARING_H

#include "cell/recipient.h"
#include "cell/share_request.h"
#include "tests/harness.h"

struct vt_shared {
    struct vt_share_request request; /* slices live as long as the case */
    vt_slice body;
};

/* The recipient of cell zurich for files of CH, from before `at_unix_s` until behind it,
 * and its identity. */
struct vt_recipient vt_sharing_recipient(int64_t at_unix_s);
struct vt_age_identity *vt_sharing_identity(void);

/* A client's pseudonym: one for each number. */
struct vt_key *vt_sharing_pseudonym(unsigned number);
/* plain: sealed for that recipient under a file key of its own, signed at that time. */
struct vt_shared vt_sharing_seal(vt_slice plain, unsigned pseudonym, int64_t at_unix_s);
/* The same with other dice: equal dice make equal objects. */
struct vt_shared vt_sharing_seal_by(const struct vt_env *env, vt_slice plain,
                                    unsigned pseudonym, int64_t at_unix_s);
/* The same for another cell's recipient, whose document was parsed or written. */
struct vt_shared vt_sharing_seal_for(const struct vt_recipient *recipient,
                                     const struct vt_env *env, vt_slice plain,
                                     unsigned pseudonym, int64_t at_unix_s);
/* The same object, signed at another time. */
void vt_sharing_sign_again(struct vt_shared *shared, unsigned pseudonym, int64_t at_unix_s);

#endif
