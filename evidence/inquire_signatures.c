/* Second and fourth step: did vendor and supervisor sign the release and the list, and did
 * their keys count when the witnesses saw it?
 *
 * Whether anybody signed is asked before the ledger is looked at; whether the keys were
 * good can be asked only afterwards, for the ledger's quorum gives the time. */
#include "evidence/inquiry.h"

static const struct {
    enum vt_trust_role role;
    enum vt_reason missing;
} PARTIES[] = {
    { VT_ROLE_VENDOR, VT_REASON_VENDOR_MISSING },
    { VT_ROLE_SUPERVISOR, VT_REASON_SUPERVISOR_MISSING },
};

/* Who of the role signed, as seen at that time. */
static enum vt_regard judge(const struct vt_inquiry *q, enum vt_trust_role role,
                            const struct vt_envelope *envelope, int64_t time_unix_s,
                            struct vt_signers *signers)
{
    /* A key for some products only speaks for these; the list is about all of them. */
    vt_slice product =
        envelope->statement.type == VT_RELEASE ? q->release.product : (vt_slice){ 0 };

    signers->count = 0;
    (void)vt_signers_add(signers, &q->keyring, role, envelope, time_unix_s, product);
    return vt_signers_judge(signers, &q->question->trust->thresholds[role]);
}

bool vt_inquire_signatures(struct vt_inquiry *q)
{
    const struct vt_envelope *both[] = { q->evidence->release, &q->evidence->withdrawals };

    for (size_t e = 0; e < 2; e++)
        for (size_t p = 0; p < 2; p++) {
            struct vt_signers signers;

            if (judge(q, PARTIES[p].role, both[e], 0, &signers) == VT_REGARD_ABSENT)
                return vt_refuse(q, PARTIES[p].missing,
                                 "the %s lacks the signatures that the trust root demands "
                                 "of the %s",
                                 e == 0 ? "release" : "list of withdrawals",
                                 vt_trust_role_name(PARTIES[p].role));
        }
    return true;
}

static bool stands(struct vt_inquiry *q, size_t party, const struct vt_envelope *envelope,
                   int64_t time_unix_s, struct vt_signers *signers)
{
    enum vt_regard standing = judge(q, PARTIES[party].role, envelope, time_unix_s, signers);
    const char *what =
        envelope->statement.type == VT_RELEASE ? "release" : "list of withdrawals";

    if (standing == VT_REGARD_GOOD)
        return true;
    return vt_refuse(q,
                     standing == VT_REGARD_MANDATE ? VT_REASON_MANDATE_EXPIRED
                                                   : PARTIES[party].missing,
                     "the %s is signed, as %s, by %s", what,
                     vt_trust_role_name(PARTIES[party].role), vt_regard_words(standing));
}

bool vt_inquire_standing(struct vt_inquiry *q)
{
    const struct vt_evidence *evidence = q->evidence;
    int64_t release_time = q->release_log.time_unix_s;
    int64_t list_time = q->withdrawals_log.time_unix_s;
    struct vt_signers ignored;

    if (!stands(q, 0, evidence->release, release_time, &q->vendors) ||
        !stands(q, 1, evidence->release, release_time, &q->supervisors) ||
        !stands(q, 0, &evidence->withdrawals, list_time, &ignored) ||
        !stands(q, 1, &evidence->withdrawals, list_time, &ignored))
        return false;
    vt_fact_signers(q, "vendors", &q->vendors);
    vt_fact_signers(q, "supervisors", &q->supervisors);
    return true;
}
