/* What the ledgers show, handed to the agent by its supervisor: numbers of government
 * requests that the foundation issued, and heads of the cell that name the rules which
 * scan. Each is held against its ledger at every start; what does not hold stops the agent,
 * since somebody has changed its papers. */
#include "custody/agent_inside.h"
#include "custody/government_request.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

/* Files end with a line break, envelopes do not. */
static vt_slice without_break(vt_slice text)
{
    return text.len != 0 && text.data[text.len - 1] == '\n'
               ? vt_slice_of(text.data, text.len - 1)
               : text;
}

static struct vt_agent_issued *find_issued(struct vt_agent_rules *rules, uint64_t number)
{
    for (size_t i = 0; i < rules->issued_count; i++)
        if (rules->issued[i].number == number)
            return &rules->issued[i];
    return NULL;
}

static bool take_request(struct vt_agent_rules *rules, const struct vt_envelope *envelope,
                         vt_slice statement, vt_slice proof, struct vt_error *err)
{
    uint64_t number = vt_field_number(envelope->statement.predicate, "number");
    struct vt_agent_issued *row;
    struct vt_request_told told;

    if (!vt_request_is_told(rules->trust, number, statement, proof, &told, err))
        return false;
    row = find_issued(rules, number);
    if (row == NULL) {
        row = &rules->issued[rules->issued_count++];
        *row = (struct vt_agent_issued){ .number = number };
    }
    row->is_ended |= told.is_ended;
    return true;
}

/* Signed by the cell, in its ledger of heads, with a quorum. */
static bool is_head_of_cell(const struct vt_agent_rules *rules,
                            const struct vt_envelope *envelope, vt_slice statement,
                            vt_slice proof_text, struct vt_error *err)
{
    vt_slice cell = vt_field_text(envelope->statement.predicate, "cell"), origin;
    vt_hash leaf = vt_sha256_leaf(statement);
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;
    struct vt_count count;

    if (!vt_slice_equal(cell, rules->custody.cell) ||
        !vt_trust_head_origin(rules->trust, cell, &origin))
        return vt_fail(
            err, VT_REJECTED,
            "a head of the cell %.*s: it is not ours, or the trust root knows no "
            "ledger of its heads",
            VT_SLICE_ARGS(cell));
    if (!vt_tlog_proof_parse(proof_text, &proof, err) ||
        !vt_tlog_proof_verify(&proof, &leaf, &rules->trust->policy, origin, &verdict, err))
        return false;
    count = vt_trust_count(rules->trust, VT_ROLE_CELL, envelope, verdict.time_unix_s, cell);
    return count.outcome == VT_COUNT_ENOUGH ||
           vt_fail(err, VT_REJECTED, "the head is not signed by the cell %.*s",
                   VT_SLICE_ARGS(cell));
}

static bool take_head(struct vt_agent_rules *rules, const struct vt_envelope *envelope,
                      vt_slice statement, vt_slice proof, struct vt_error *err)
{
    vt_hash digest = vt_field_hash(envelope->statement.predicate, "rules");

    if (!is_head_of_cell(rules, envelope, statement, proof, err))
        return false;
    if (!vt_agent_rules_has_shown(rules, &digest))
        rules->shown[rules->shown_count++] = digest;
    return true;
}

bool vt_agent_rules_take_shown(struct vt_agent_rules *rules,
                               const struct vt_agent_shown *shown, struct vt_error *err)
{
    vt_slice statement = without_break(shown->statement);
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (rules->issued_count + rules->shown_count >= VT_AGENT_SHOWN_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d of them", VT_AGENT_SHOWN_MAX);
    if (!vt_envelope_parse(statement, &envelope, err))
        return false;
    if (envelope.statement.type == VT_REQUEST)
        return take_request(rules, &envelope, statement, shown->proof, err);
    if (envelope.statement.type == VT_HEAD)
        return take_head(rules, &envelope, statement, shown->proof, err);
    return vt_fail(err, VT_MALFORMED,
                   "is a statement of kind '%s', not a government request or a head",
                   vt_predicate_name(envelope.statement.type));
}

bool vt_agent_rules_has_issued(const struct vt_agent_rules *rules, uint64_t number)
{
    for (size_t i = 0; i < rules->issued_count; i++)
        if (rules->issued[i].number == number)
            return !rules->issued[i].is_ended;
    return false;
}

bool vt_agent_rules_has_shown(const struct vt_agent_rules *rules, const vt_hash *digest)
{
    for (size_t i = 0; i < rules->shown_count; i++)
        if (vt_hash_equal(&rules->shown[i], digest))
            return true;
    return false;
}
