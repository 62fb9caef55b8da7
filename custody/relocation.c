/* A move's papers, held against each other. */
#include "custody/relocation.h"
#include "custody/erasure.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

/* ---- writing ----------------------------------------------------------------------------
 */

static json_t *canaries_json(const struct vt_relocation_words *words)
{
    json_t *list = json_array();

    for (size_t i = 0; i < words->canary_count; i++)
        (void)json_array_append_new(
            list,
            json_pack("{s:o,s:o}", "object", vt_field_of_hash(&words->canaries[i].object),
                      "here", vt_field_of_hash(&words->canaries[i].here)));
    return list;
}

bool vt_relocation_write(const struct vt_relocation_words *words, struct vt_buf *payload,
                         struct vt_error *err)
{
    char recipient[VT_AGE_RECIPIENT_CHARS + 1];
    VT_AUTO_JSON says = NULL;

    vt_age_recipient_text(&words->recipient, recipient);
    says = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "phase",
                     words->is_done ? "done" : "begun", "from", words->from, "to",
                     words->to, "country", words->country, "class", "file", "recipient",
                     recipient, "at", vt_field_of_time(words->at_unix_s), "manifest",
                     vt_manifest_root_json(&words->manifest));
    if (words->is_done) {
        (void)json_object_set_new(says, "begun", vt_field_of_hash(&words->begun));
        (void)json_object_set_new(says, "settled", vt_manifest_root_json(&words->settled));
        (void)json_object_set_new(says, "read_back",
                                  vt_manifest_root_json(&words->read_back));
    }
    if (words->canary_count != 0)
        (void)json_object_set_new(says, "canaries", canaries_json(words));
    if (says == NULL)
        return vt_fail(err, VT_MALFORMED, "the words of a move are no texts and times");
    return vt_statement_write_about_itself(VT_RELOCATION, says, payload, err);
}

/* ---- reading ----------------------------------------------------------------------------
 */

/* One paper: parsed, on the ledger, by the source's cell. */
struct paper {
    struct vt_envelope envelope;
    const json_t *says;
    uint64_t index;
    int64_t time_unix_s;
};

static bool read_paper(vt_slice bytes, const char *phase, struct paper *out,
                       struct vt_error *err)
{
    if (!vt_envelope_parse(bytes, &out->envelope, err) ||
        !vt_statement_is_about_itself(&out->envelope.statement, err))
        return vt_within(err, "the paper '%s'", phase);
    out->says = out->envelope.statement.predicate;
    return (out->envelope.statement.type == VT_RELOCATION &&
            vt_slice_is(vt_field_text(out->says, "phase"), phase)) ||
           vt_fail(err, VT_REJECTED, "the paper '%s' is no relocation of that phase",
                   phase);
}

static bool is_logged(vt_slice bytes, vt_slice text, vt_slice origin,
                      const struct vt_trust *trust, struct paper *out, struct vt_error *err)
{
    vt_hash leaf = vt_sha256_leaf(bytes);
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;

    if (!vt_tlog_proof_parse(text, &proof, err) ||
        !vt_tlog_proof_verify(&proof, &leaf, &trust->policy, origin, &verdict, err))
        return false;
    out->index = proof.index;
    out->time_unix_s = verdict.time_unix_s;
    return true;
}

/* end: "from" or "to". */
static bool is_by(const struct vt_trust *trust, const struct paper *paper, const char *end,
                  struct vt_error *err)
{
    vt_slice cell = vt_field_text(paper->says, end);
    struct vt_count count =
        vt_trust_count(trust, VT_ROLE_CELL, &paper->envelope, paper->time_unix_s, cell);

    return count.signer_count != 0 ||
           vt_fail(err, VT_REJECTED, "it is not signed by a key of the cell %.*s",
                   VT_SLICE_ARGS(cell));
}

static bool take_paper(const struct vt_trust *trust, vt_slice bytes, vt_slice proof,
                       vt_slice origin, const char *phase, struct paper *out,
                       struct vt_error *err)
{
    return read_paper(bytes, phase, out, err) &&
           ((is_logged(bytes, proof, origin, trust, out, err) &&
             is_by(trust, out, "from", err)) ||
            vt_within(err, "the paper '%s'", phase));
}

static bool are_of_one_move(const struct paper *begun, const struct paper *done,
                            struct vt_error *err)
{
    static const char *const same[] = { "from",  "to",        "country",
                                        "class", "recipient", "manifest" };
    vt_hash named = vt_field_hash(done->says, "begun"),
            payload = vt_sha256_of(vt_buf_slice(&begun->envelope.dsse.payload));

    if (!vt_json_has(done->says, "begun") || !vt_hash_equal(&named, &payload))
        return vt_fail(err, VT_REJECTED, "the end belongs to another beginning");
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!json_equal(json_object_get(begun->says, same[i]),
                        json_object_get(done->says, same[i])))
            return vt_fail(err, VT_REJECTED, "beginning and end differ in '%s'", same[i]);
    return begun->index < done->index ||
           vt_fail(err, VT_REJECTED,
                   "the manifest was logged at entry %ju, behind the end at %ju",
                   (uintmax_t)begun->index, (uintmax_t)done->index);
}

static bool has_all_arrived(const struct paper *done, struct vt_error *err)
{
    const json_t *settled = json_object_get(done->says, "settled"),
                 *read_back = json_object_get(done->says, "read_back");

    return (settled != NULL && read_back != NULL && json_equal(settled, read_back)) ||
           vt_fail(err, VT_REJECTED,
                   "what the destination read back is not what the source had");
}

static bool is_countersigned(const struct vt_relocation_papers *papers,
                             const struct vt_trust *trust, const struct paper *done,
                             struct vt_error *err)
{
    VT_AUTO_ENVELOPE both = { 0 };

    if (papers->countersigned.len == 0)
        return vt_fail(err, VT_REJECTED, "the supervisor did not countersign");
    if (!vt_envelope_parse(papers->countersigned, &both, err))
        return vt_within(err, "the countersigned paper");
    if (!vt_slice_equal(vt_buf_slice(&both.dsse.payload),
                        vt_buf_slice(&done->envelope.dsse.payload)))
        return vt_fail(err, VT_REJECTED, "the supervisor countersigned another end");
    return vt_trust_count(trust, VT_ROLE_SUPERVISOR, &both, done->time_unix_s,
                          (vt_slice){ 0 })
                   .outcome == VT_COUNT_ENOUGH ||
           vt_fail(err, VT_REJECTED, "the supervisor did not countersign");
}

static bool tell_begun(const struct paper *begun, struct vt_relocation *out,
                       struct vt_error *err)
{
    static_assert(sizeof out->from == sizeof out->to, "names of cells");
    vt_slice from = vt_field_text(begun->says, "from"),
             to = vt_field_text(begun->says, "to"),
             country = vt_field_text(begun->says, "country");

    if (from.len >= sizeof out->from || to.len >= sizeof out->to || country.len != 2)
        return vt_fail(err, VT_MALFORMED, "the paper 'begun' names no two cells");
    *out = (struct vt_relocation){ .manifest = vt_manifest_root_of(
                                       json_object_get(begun->says, "manifest")),
                                   .begun = vt_envelope_payload_digest(&begun->envelope),
                                   .begun_unix_s = begun->time_unix_s,
                                   .begun_index = begun->index };
    memcpy(out->from, from.data, from.len);
    memcpy(out->to, to.data, to.len);
    memcpy(out->country, country.data, country.len);
    return vt_age_recipient_parse(vt_field_text(begun->says, "recipient"), &out->recipient,
                                  err);
}

static void tell_done(const struct paper *done, struct vt_relocation *out)
{
    const json_t *canaries = json_object_get(done->says, "canaries");

    out->arrived = vt_manifest_root_of(json_object_get(done->says, "read_back"));
    out->done_unix_s = done->time_unix_s;
    out->done_index = done->index;
    for (size_t i = 0; i < json_array_size(canaries); i++) /* bounded by its schema */
        out->canaries[out->canary_count++] = (struct vt_relocation_canary){
            vt_field_hash(json_array_get(canaries, i), "object"),
            vt_field_hash(json_array_get(canaries, i), "here")
        };
}

bool vt_relocation_begun(const struct vt_relocation_papers *papers,
                         const struct vt_trust *trust, struct vt_relocation *out,
                         struct vt_error *err)
{
    struct paper begun = { .index = 0 };
    bool is_ok = take_paper(trust, papers->begun, papers->begun_proof, papers->origin,
                            "begun", &begun, err) &&
                 tell_begun(&begun, out, err);

    vt_envelope_clear(&begun.envelope);
    return is_ok;
}

static bool judge(const struct vt_relocation_papers *papers, const struct vt_trust *trust,
                  bool needs_supervisor, struct vt_relocation *out, struct vt_error *err)
{
    struct paper begun = { .index = 0 }, done = { .index = 0 };
    bool is_ok = take_paper(trust, papers->begun, papers->begun_proof, papers->origin,
                            "begun", &begun, err) &&
                 take_paper(trust, papers->done, papers->done_proof, papers->origin, "done",
                            &done, err) &&
                 (is_by(trust, &done, "to", err) || vt_within(err, "the paper 'done'")) &&
                 are_of_one_move(&begun, &done, err) && has_all_arrived(&done, err) &&
                 (!needs_supervisor || is_countersigned(papers, trust, &done, err)) &&
                 tell_begun(&begun, out, err);

    if (is_ok)
        tell_done(&done, out);
    vt_envelope_clear(&begun.envelope);
    vt_envelope_clear(&done.envelope);
    return is_ok;
}

bool vt_relocation_done(const struct vt_relocation_papers *papers,
                        const struct vt_trust *trust, struct vt_relocation *out,
                        struct vt_error *err)
{
    return judge(papers, trust, false, out, err);
}

bool vt_relocation_confirm(const struct vt_relocation_papers *papers,
                           const struct vt_trust *trust, struct vt_relocation *out,
                           struct vt_error *err)
{
    return judge(papers, trust, true, out, err);
}

/* ---- the key ----------------------------------------------------------------------------
 */

static bool is_of_move(const struct vt_erasure *erasure, const struct vt_relocation *move,
                       struct vt_error *err)
{
    return (erasure->is_period && vt_slice_is(erasure->cell, move->from) &&
            vt_slice_is(erasure->country, move->country) &&
            vt_slice_is(erasure->data_class, "file")) ||
           vt_fail(err, VT_REJECTED,
                   "the claim is not of a key for files of %s in the cell %s",
                   move->country, move->from);
}

static bool is_later(const struct vt_relocation_claim *claim,
                     const struct vt_relocation *move, const struct vt_trust *trust,
                     int64_t *time_out, struct vt_error *err)
{
    vt_hash leaf = vt_sha256_leaf(claim->claim);
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;

    if (!vt_tlog_proof_parse(claim->proof, &proof, err) ||
        !vt_tlog_proof_verify(&proof, &leaf, &trust->policy, claim->origin, &verdict, err))
        return false;
    *time_out = verdict.time_unix_s;
    return proof.index > move->done_index ||
           vt_fail(err, VT_REJECTED,
                   "the key was gone at entry %ju, before all had arrived at %ju",
                   (uintmax_t)proof.index, (uintmax_t)move->done_index);
}

bool vt_relocation_destroyed(const struct vt_relocation_claim *claim,
                             const struct vt_relocation *move,
                             const struct vt_keyring *keyring, struct vt_envelope *envelope,
                             vt_slice *period_out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);
    int64_t time_unix_s;

    if (!vt_envelope_parse(claim->claim, envelope, err) ||
        !vt_erasure_read(&envelope->statement, erasure, err) ||
        !is_of_move(erasure, move, err) ||
        !is_later(claim, move, keyring->trust, &time_unix_s, err))
        return false;
    *period_out = erasure->period;
    return vt_erasure_signed_by(keyring, envelope, erasure, time_unix_s).agent ||
           vt_fail(err, VT_REJECTED, "the claim is not signed by a key agent of the cell");
}
