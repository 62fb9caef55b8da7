/* What a keeper goes by when somebody wants to give it something: the signed table of
 * residency, the trust root, the cell's newest head, and the recipients that it selects.
 * The first two are read when the keeper starts; the head is looked at again when another
 * one is shown. */
#ifndef VT_CELL_KEEPER_RULES_H
#define VT_CELL_KEEPER_RULES_H

#include "cell/decide.h"
#include "cell/head_check.h"
#include "cell/recipient.h"
#include "cell/residency_record.h"
#include "cell/samples.h"

enum { VT_KEEPER_RECIPIENTS_MAX = 256 };

struct vt_keeper_rules {
    const char *cell;
    struct vt_trust *trust;             /* owned */
    struct vt_residency_record *policy; /* owned */
    struct vt_statistic_schema schema;  /* owned; json NULL: no reports are counted */
    struct vt_disk *published;          /* owned: DIR/public */
    int64_t head_age_s, collection_delay_s;
    /* of the head that counts now */
    struct vt_head_verdict head; /* file NULL: there is none */
    vt_hash shown;               /* SHA-256 of the file that was looked at last */
    struct vt_recipient recipients[VT_KEEPER_RECIPIENTS_MAX];
    size_t recipient_count;
};

/* Where from.  policy_proof: the tlog-proof of its entry in the release ledger.  schema may
 * be NULL. */
struct vt_keeper_sources {
    const char *cell, *published, *trust, *policy, *policy_proof, *schema;
    int64_t head_age_s, collection_delay_s; /* 0: the usual ones */
};

/* Read and check; end with clear, also after failure.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_REJECTED a table or root that does not count; VT_IO */
VT_CHECKED bool vt_keeper_rules_read(struct vt_keeper_rules *rules,
                                     const struct vt_keeper_sources *sources,
                                     struct vt_error *err);
void vt_keeper_rules_clear(struct vt_keeper_rules *rules);

/* Look whether another head is shown, and judge it as a client would.  A head that is no
 * good leaves none; *why_not says why (empty: all is well).  VT_IO. */
VT_CHECKED bool vt_keeper_rules_look(struct vt_keeper_rules *rules, int64_t now_unix_s,
                                     char why_not[240], struct vt_error *err);

/* May data of that country and class come here now?  Else the answer is filled (421 or
 * 503), and *right_out is the cell that takes them.  VT_IO. */
VT_CHECKED bool vt_keeper_rules_place(const struct vt_keeper_rules *rules,
                                      const char country[3], enum vt_data_class data,
                                      int64_t now_unix_s, struct vt_sample_answer *out,
                                      const struct vt_residency_cell **right_out,
                                      struct vt_error *err);
/* Does the trust root certify that recipient, by its document's digest, for this cell now,
 * and for that country where a head selects it?  VT_REJECTED. */
VT_CHECKED bool vt_keeper_rules_seal_for(const struct vt_keeper_rules *rules,
                                         const vt_hash *recipient, const char country[3],
                                         int64_t now_unix_s, struct vt_error *err);
/* The rest of what is asked before a wish to share reaches the store: is it for this cell,
 * sealed to a recipient that counts, and on the collection list?  Else the answer says why
 * not. */
void vt_keeper_rules_judge(const struct vt_keeper_rules *rules,
                           const struct vt_share_request *request, int64_t now_unix_s,
                           struct vt_sample_answer *out);

#endif
