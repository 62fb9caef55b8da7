/* The Centre's folder, open: the trust root, and the copies of ledgers that it judges. */
#ifndef VT_CENTRE_HOLDING_H
#define VT_CENTRE_HOLDING_H

#include "centre/claims.h"
#include "cell/residency_record.h"
#include "custody/story.h"
#include "evidence/demands.h"

/* Tables of residency on the release ledger, as of this head. */
struct vt_tables {
    bool is_read;
    struct vt_head head;
    struct vt_residency_record *newest; /* owned; NULL: none counts */
    uint64_t index;                     /* its entry */
    int64_t seen_unix_s;                /* by a quorum of witnesses */
    struct vt_strays strays;            /* tables that do not count, and why */
};

void vt_tables_clear(struct vt_tables *tables);

struct vt_holding {
    struct vt_buf trust_bytes; /* of the signed trust root, as everybody may check it */
    struct vt_trust *trust;
    struct vt_demands demands;
    struct vt_disk *ledgers; /* the folder above them; NULL: there is none */
    struct vt_held *rows;
    size_t count;
    /* What was said on the release ledger, kept from look to look, as of this head. */
    struct vt_story *story; /* NULL: it was not read yet */
    struct vt_head story_head;
    struct vt_tables tables; /* kept likewise */
    struct vt_claims claims; /* and these */
};

/* Nothing is written.
 * Errors: VT_MALFORMED, VT_REJECTED trust root or policy
 *         VT_IO, VT_LIMIT too many ledgers */
VT_CHECKED bool vt_holding_open(const char *folder, struct vt_holding *out,
                                struct vt_error *err);
void vt_holding_close(struct vt_holding *holding);
void vt_holding_refresh(struct vt_holding *holding);
/* The copy of the trust root's release ledger; NULL: none that was verified. */
struct vt_held *vt_holding_release(struct vt_holding *holding);
struct vt_held *vt_holding_find(struct vt_holding *holding, vt_slice name); /* or NULL */

#endif
