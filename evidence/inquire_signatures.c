/* Second step: did vendor and supervisor sign, with keys that counted when the witnesses
 * saw it?  The ledger's proof is read here for its time; whether it is good is the next
 * step. */
#include "evidence/inquiry.h"

static void read_proof(struct vt_inquiry *q, vt_slice text, const vt_hash *leaf,
                       struct vt_tlog_verdict *out)
{
    struct vt_error ignored;
    struct vt_tlog_proof proof;

    *out = (struct vt_tlog_verdict){ .outcome = VT_TLOG_MALFORMED };
    if (vt_tlog_proof_parse(text, &proof, &ignored))
        (void)!vt_tlog_proof_verify(&proof, leaf, &q->question->trust->policy,
                                    q->question->trust->release_origin, out, &ignored);
}

static bool signed_by(struct vt_inquiry *q, const struct vt_envelope *envelope,
                      const char *what, enum vt_trust_role role, enum vt_reason missing,
                      int64_t time_unix_s, const char *fact)
{
    struct vt_count count = vt_trust_count(
        q->question->trust, role, envelope, time_unix_s,
        envelope->statement.type == VT_RELEASE ? q->product : (vt_slice){ 0 });
    const char *name = vt_trust_role_name(role);

    if (count.outcome == VT_COUNT_MISSING)
        return vt_refuse(q, missing,
                         "the %s lacks the signature that the trust root demands "
                         "of the %s",
                         what, name);
    if (count.outcome == VT_COUNT_INTERVAL)
        return vt_refuse(q, missing,
                         "the %s's signature on the %s was made with a key that "
                         "was not, or no longer, valid",
                         name, what);
    if (count.outcome == VT_COUNT_MANDATE)
        return vt_refuse(q, VT_REASON_MANDATE_EXPIRED,
                         "the mandate of the %s who signed the "
                         "%s had ended",
                         name, what);
    for (size_t i = 0; fact != NULL && i < count.signer_count; i++)
        vt_fact_key(q, fact, count.signers[i]);
    return true;
}

/* Each jurisdiction that the customer demands must be among the signers'. */
static bool signers_are_where_demanded(struct vt_inquiry *q)
{
    const json_t *demanded = q->question->demands->signer_jurisdictions;
    static const char *const lists[] = { "vendors", "supervisors" };

    for (size_t i = 0; i < json_array_size(demanded); i++) {
        const char *jurisdiction = json_string_value(json_array_get(demanded, i));
        bool found = false;

        for (size_t l = 0; l < 2; l++) {
            const json_t *list = json_object_get(q->verdict->facts, lists[l]);

            for (size_t k = 0; k < json_array_size(list); k++)
                found = found ||
                        vt_slice_is(vt_field_text(json_array_get(list, k), "jurisdiction"),
                                    jurisdiction);
        }
        if (!found)
            return vt_refuse(q, VT_REASON_JURISDICTION,
                             "nobody in %s signed the release, and "
                             "your policy demands it",
                             jurisdiction);
    }
    return true;
}

bool vt_inquire_signatures(struct vt_inquiry *q)
{
    const struct vt_evidence *evidence = q->evidence;
    int64_t now = q->question->now_unix_s, list_time;

    read_proof(q, evidence->proof, &evidence->release_leaf, &q->release_log);
    read_proof(q, evidence->withdrawals_proof, &evidence->withdrawals_leaf,
               &q->withdrawals_log);
    q->time_unix_s =
        q->release_log.outcome == VT_TLOG_OK ? q->release_log.time_unix_s : now;
    list_time =
        q->withdrawals_log.outcome == VT_TLOG_OK ? q->withdrawals_log.time_unix_s : now;
    return signed_by(q, evidence->release, "release", VT_ROLE_VENDOR,
                     VT_REASON_VENDOR_MISSING, q->time_unix_s, "vendors") &&
           signed_by(q, evidence->release, "release", VT_ROLE_SUPERVISOR,
                     VT_REASON_SUPERVISOR_MISSING, q->time_unix_s, "supervisors") &&
           signed_by(q, &evidence->withdrawals, "list of withdrawals", VT_ROLE_VENDOR,
                     VT_REASON_VENDOR_MISSING, list_time, NULL) &&
           signed_by(q, &evidence->withdrawals, "list of withdrawals", VT_ROLE_SUPERVISOR,
                     VT_REASON_SUPERVISOR_MISSING, list_time, NULL) &&
           signers_are_where_demanded(q);
}
