/* A desk on which lamp 1.4.0 waits for the vendor's signature, beside an empty ledger. */
#ifndef VT_TESTS_OWN_DESK_H
#define VT_TESTS_OWN_DESK_H

#include "release/publish.h"
#include "tests/harness.h"

/* The good world's trust root, for which the log alone is enough: witnesses are not what is
 * tried.  Returned; end with vt_trust_free. */
struct vt_trust *vt_own_desk_trust(void);
/* Make DIR/desk, with everything up to the approval, and DIR/log. */
void vt_own_desk_prepare(const char *dir);
/* Its parts: a draft, and the approval of what lies there, as of these times. */
void vt_own_desk_draft(struct vt_desk *desk, int64_t created);
void vt_own_desk_approve(struct vt_desk *desk, const struct vt_trust *trust,
                         int64_t created);
/* The vendor's last step; nothing if it is done. */
bool vt_own_desk_publish(const char *dir, struct vt_desk *desk,
                         const struct vt_trust *trust, struct vt_error *err);
/* Both sign that it is withdrawn, and the ledger gets the list; nothing if it has it. */
bool vt_own_desk_withdraw(const char *dir, struct vt_desk *desk,
                          const struct vt_trust *trust, struct vt_error *err);
/* Put an entry into the ledger, and nothing on the desk. */
void vt_own_desk_log(const char *dir, struct vt_desk *desk, const struct vt_trust *trust,
                     vt_slice entry);

#endif
