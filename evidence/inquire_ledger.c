/* Third step: are release and list in the one ledger that everybody sees?  The origin is
 * the trust root's, never the evidence's. */
#include "evidence/inquiry.h"

static bool is_logged(struct vt_inquiry *q, vt_slice text, const vt_hash *leaf,
                      const char *what, struct vt_tlog_verdict *out)
{
    const struct vt_trust *trust = q->question->trust;
    struct vt_tlog_proof *proof = calloc(1, sizeof *proof);
    struct vt_error err = { 0 };
    bool ok;

    if (proof == NULL) {
        (void)vt_fail(&err, VT_IO, "verdict: out of memory");
        return vt_refuse_error(q, VT_REASON_NOT_LOGGED, &err);
    }
    out->outcome = VT_TLOG_MALFORMED;
    ok =
        vt_tlog_proof_parse(text, proof, &err) &&
        vt_tlog_proof_verify(proof, leaf, &trust->policy, trust->release_origin, out, &err);
    free(proof);
    if (ok)
        return true;
    (void)vt_within(&err, "the %s is not proven to be in the ledger", what);
    return vt_refuse_error(
        q, out->outcome == VT_TLOG_NO_QUORUM ? VT_REASON_NO_QUORUM : VT_REASON_NOT_LOGGED,
        &err);
}

/* Two trees of one size with different roots: somebody was shown another history. */
static bool contradict(uint64_t size_a, const vt_hash *root_a, uint64_t size_b,
                       const vt_hash *root_b)
{
    return size_a == size_b && !vt_hash_equal(root_a, root_b);
}

/* What this customer saw, against what this evidence says. */
static bool agrees_with_memory(struct vt_inquiry *q)
{
    vt_slice origin = q->question->trust->release_origin;
    struct vt_seen_ledger seen = vt_memory_ledger(q->question->state, origin);
    struct vt_seen_release before = vt_memory_release(
        q->question->state, origin, q->release.product, q->release.channel);
    vt_hash list = vt_envelope_payload_digest(&q->evidence->withdrawals);
    vt_hash release = vt_envelope_payload_digest(q->evidence->release);

    if (contradict(seen.size, &seen.root, q->release_log.size, &q->release_log.root) ||
        contradict(seen.size, &seen.root, q->withdrawals_log.size,
                   &q->withdrawals_log.root))
        return vt_refuse(q, VT_REASON_FORK,
                         "the ledger showed you another history of %ju entries before",
                         (uintmax_t)seen.size);
    if (contradict(seen.withdrawals, &seen.list, q->withdrawals.version, &list))
        return vt_refuse(q, VT_REASON_FORK,
                         "you were shown another list of withdrawals number %ju before",
                         (uintmax_t)seen.withdrawals);
    if (contradict(before.sequence, &before.release, q->release.sequence, &release))
        return vt_refuse(q, VT_REASON_FORK,
                         "you were shown another release number %ju of %.*s before",
                         (uintmax_t)before.sequence, VT_SLICE_ARGS(q->release.product));
    return true;
}

/* The names of the jurisdictions (groups) whose witnesses cosigned the list. */
static void take_witnesses(struct vt_inquiry *q)
{
    const struct vt_policy *policy = &q->question->trust->policy;
    VT_AUTO_JSON list = json_array();

    for (size_t i = 0; i < policy->witness_count; i++) {
        const struct vt_policy_witness *witness = &policy->witnesses[i];
        vt_slice group;

        if (!q->withdrawals_log.is_cosigned[i] || witness->parent == VT_POLICY_NO_PARENT)
            continue;
        group = policy->groups[witness->parent].name;
        if (json_array_append_new(list, json_pack("{s:s%,s:s%}", "jurisdiction",
                                                  (const char *)group.data, group.len,
                                                  "name", (const char *)witness->name.data,
                                                  witness->name.len)) != 0)
            (void)vt_fail(&q->trouble, VT_IO, "verdict: out of memory");
    }
    vt_fact_json(q, "witnesses", list);
}

bool vt_inquire_ledger(struct vt_inquiry *q)
{
    const struct vt_evidence *evidence = q->evidence;
    const struct vt_tlog_verdict *a = &q->release_log, *b = &q->withdrawals_log;

    if (!is_logged(q, evidence->proof, &evidence->release_leaf, "release",
                   &q->release_log) ||
        !is_logged(q, evidence->withdrawals_proof, &evidence->withdrawals_leaf,
                   "list of withdrawals", &q->withdrawals_log))
        return false;
    if (contradict(a->size, &a->root, b->size, &b->root))
        return vt_refuse(q, VT_REASON_FORK,
                         "the two proofs show two histories of %ju entries",
                         (uintmax_t)a->size);
    if (!agrees_with_memory(q))
        return false;
    vt_fact_text(q, "ledger", q->question->trust->release_origin);
    vt_fact_number(q, "entry", a->index);
    vt_fact_number(q, "tree_size", b->size > a->size ? b->size : a->size);
    vt_fact_hash(q, "tree_root", b->size > a->size ? &b->root : &a->root);
    vt_fact_time(q, "logged_at", a->time_unix_s);
    vt_fact_time(q, "as_of", b->time_unix_s);
    take_witnesses(q);
    return true;
}
