/* First step: is this evidence one whole, and about this file? */
#include "evidence/inquiry.h"

static bool is_about_file(struct vt_inquiry *q)
{
    const struct vt_release *release = &q->release;

    for (size_t i = 0; i < release->output_count; i++) {
        const struct vt_output *output = &release->outputs[i];

        if (!vt_hash_equal(&output->hash, &q->question->file_hash))
            continue;
        if (output->size_bytes != q->question->file_bytes)
            return vt_refuse(q, VT_REASON_MALFORMED,
                             "the release gives its output %.*s a wrong size",
                             VT_SLICE_ARGS(output->name));
        vt_fact_text(q, "output", output->name);
        return true;
    }
    return vt_refuse(q, VT_REASON_ALTERED,
                     "its SHA-256 is not among those that %.*s %.*s was released with",
                     VT_SLICE_ARGS(release->product), VT_SLICE_ARGS(release->version));
}

static bool has_envelope(const struct vt_evidence *evidence,
                         const struct vt_attachment *wanted)
{
    for (size_t i = 0; i < evidence->envelope_count; i++)
        if (vt_hash_equal(&evidence->envelopes[i].digest, &wanted->digest))
            return evidence->envelopes[i].statement.type == wanted->type;
    return false;
}

/* The release names every other envelope: none is missing, and (since it names none twice)
 * with equal counts none is there that it does not name. */
static bool set_matches(struct vt_inquiry *q)
{
    const struct vt_release *release = &q->release;
    size_t others = q->evidence->envelope_count - 1;

    for (size_t i = 0; i < release->attachment_count; i++)
        if (!has_envelope(q->evidence, &release->attachments[i]))
            return vt_refuse(q, VT_REASON_MIXED,
                             "the %s that the release names is not in the evidence, or is "
                             "another one",
                             vt_predicate_name(release->attachments[i].type));
    if (release->attachment_count != others)
        return vt_refuse(q, VT_REASON_MIXED,
                         "the release names %zu other statements, the evidence has %zu",
                         release->attachment_count, others);
    return true;
}

/* The channel that was asked for; else one in which this customer has the product already;
 * else stable.  Nobody is moved to another channel unseen. */
static bool is_of_our_channel(struct vt_inquiry *q)
{
    static const char next_step[] =
        "take the release of your own channel; to change it, demand the other one "
        "(--channel, or `channel` in your policy)";
    const struct vt_question *question = q->question;
    vt_slice origin = question->trust->release_origin, wanted = question->channel;

    if (wanted.len == 0)
        wanted = question->demands->channel;
    if (wanted.len == 0 && vt_memory_has_channel(question->state, origin,
                                                 q->release.product, q->release.channel))
        return true;
    if (wanted.len == 0)
        wanted = vt_memory_channel(question->state, origin, q->release.product);
    if (wanted.len == 0)
        wanted = VT_LIT("stable");
    if (vt_slice_equal(wanted, q->release.channel))
        return true;
    (void)vt_refuse(q, VT_REASON_MIXED,
                    "it is a release of the channel %.*s, and yours is %.*s",
                    VT_SLICE_ARGS(q->release.channel), VT_SLICE_ARGS(wanted));
    q->verdict->next_step = next_step;
    return false;
}

static void take_facts(struct vt_inquiry *q)
{
    const struct vt_release *release = &q->release;

    vt_fact_text(q, "product", release->product);
    vt_fact_text(q, "version", release->version);
    vt_fact_text(q, "channel", release->channel);
    vt_fact_text(q, "kind", release->kind);
    vt_fact_text(q, "site", release->site);
    vt_fact_number(q, "sequence", release->sequence);
    vt_fact_hash(q, "source", &release->source);
    vt_fact_hash(q, "recipe", &release->recipe);
    vt_fact_hash(q, "environment", &release->environment);
    vt_fact_number(q, "withdrawals", q->withdrawals.version);
    vt_fact_number(q, "trust", q->question->trust->version);
}

bool vt_inquire_bundle(struct vt_inquiry *q)
{
    vt_slice wanted = q->question->product;
    struct vt_error err = { 0 };

    if (!vt_evidence_parse(q->question->evidence, &q->evidence, &err))
        return vt_refuse_error(
            q, err.code == VT_REJECTED ? VT_REASON_MIXED : VT_REASON_MALFORMED, &err);
    if (!vt_release_read(&q->evidence->release->statement, &q->release, &err) ||
        !vt_withdrawals_read(&q->evidence->withdrawals.statement, &q->withdrawals, &err))
        return vt_refuse_error(q, VT_REASON_MALFORMED, &err);
    if (wanted.len != 0 && !vt_slice_equal(wanted, q->release.product))
        return vt_refuse(q, VT_REASON_MIXED, "the evidence is about %.*s, not %.*s",
                         VT_SLICE_ARGS(q->release.product), VT_SLICE_ARGS(wanted));
    if (!is_of_our_channel(q))
        return false;
    take_facts(q);
    return is_about_file(q) && set_matches(q);
}
