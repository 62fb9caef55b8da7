/* See judging.h.  What is trusted is a digest, a proof, a known key, or the verdict. */
#include "centre/judging.h"
#include "centre/centre.h"
#include "evidence/field.h"
#include "evidence/release.h"
#include "evidence/verdict.h"
#include "ledger/tlog_proof.h"

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

const char *vt_judging_sibling(const struct vt_judging *j, const char *name)
{
    return vt_arena_printf(j->arena, "%s/%s", j->folder, name);
}

bool vt_judging_is_digest(const char *name, const char *ending, vt_hash *out)
{
    return strlen(name) == 64 + strlen(ending) && strcmp(name + 64, ending) == 0 &&
           vt_hash_parse_hex((vt_slice){ (const uint8_t *)name, 64 }, out);
}

static bool is_signed(const struct vt_judging *j, const struct vt_envelope *envelope)
{
    const struct vt_keyring alone = { .trust = j->trust };
    const struct vt_keyring *keyring = j->roll != NULL ? &j->roll->keyring : &alone;

    for (size_t i = 0; i < envelope->dsse.signature_count; i++)
        for (unsigned role = 0; role < VT_ROLES; role++) {
            const struct vt_trust_key *key = vt_keyring_find(
                keyring, envelope->dsse.signatures[i].keyid, (enum vt_trust_role)role);

            if (key != NULL && vt_envelope_is_signed_by(envelope, &key->key))
                return true;
        }
    return false;
}

/* DIGEST.json: an envelope that has this digest, by somebody whom we know: what strangers
 * made would fill a release's folder until it holds no more. */
static bool take_statement(struct vt_judging *j, vt_slice bytes, struct vt_envelope *out,
                           struct vt_error *err)
{
    vt_hash named;

    if (!vt_judging_is_digest(base_of(j->file), ".json", &named))
        return vt_fail(err, VT_REJECTED, "its name is no digest");
    if (!vt_envelope_parse(bytes, out, err))
        return false;
    if (!vt_hash_equal(&out->digest, &named))
        return vt_fail(err, VT_REJECTED, "its bytes have another digest than its name");
    return is_signed(j, out) ||
           vt_fail(err, VT_REJECTED, "nobody signed it whom trust root or desk name");
}

static bool judge_statement(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };

    return take_statement(j, bytes, &envelope, err);
}

/* ... in the folder of a release: drafts and releases are of that one. */
static bool judge_of_release(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    const json_t *says;
    const char *of;

    if (!take_statement(j, bytes, &envelope, err))
        return false;
    if (envelope.statement.type != VT_DRAFT && envelope.statement.type != VT_RELEASE)
        return true;
    says = envelope.statement.predicate;
    of = vt_arena_printf(j->arena, "%.*s/%.*s",
                         VT_SLICE_ARGS(vt_field_text(says, "product")),
                         VT_SLICE_ARGS(vt_field_text(says, "version")));
    return strcmp(j->folder + strlen(VT_CENTRE_DESK "/releases/"), of) == 0 ||
           vt_fail(err, VT_REJECTED, "it is of %s", of);
}

static bool is_proven(const struct vt_judging *j, vt_slice entry, vt_slice text,
                      struct vt_error *err)
{
    VT_AUTO_FREE struct vt_tlog_proof *proof = vt_alloc(sizeof *proof);
    struct vt_tlog_verdict verdict;
    vt_hash leaf = vt_sha256_leaf(entry);

    return vt_tlog_proof_parse(text, proof, err) &&
           vt_tlog_proof_verify(proof, &leaf, &j->trust->policy, j->trust->release_origin,
                                &verdict, err);
}

/* NAME.tlog-proof beside NAME.json, which was copied before. */
static bool judge_proof(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const char *name = base_of(j->file);
    int len = (int)(strlen(name) - strlen(".tlog-proof"));

    return vt_disk_read(
               j->ours,
               vt_judging_sibling(j, vt_arena_printf(j->arena, "%.*s.json", len, name)),
               &entry, err) &&
           is_proven(j, vt_buf_slice(&entry), bytes, err);
}

struct proving {
    struct vt_judging *judging;
    vt_slice proof;
    bool is_found;
};

static bool try_release(void *context, const char *name, bool is_folder,
                        struct vt_error *err)
{
    struct proving *p = context;
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error ignored = { 0 };
    vt_hash hash;

    (void)err;
    if (!is_folder && !p->is_found && vt_judging_is_digest(name, ".json", &hash) &&
        vt_disk_read(p->judging->ours, vt_judging_sibling(p->judging, name), &entry,
                     &ignored))
        p->is_found = is_proven(p->judging, vt_buf_slice(&entry), p->proof, &ignored);
    return true;
}

/* release.tlog-proof: of a statement beside it. */
static bool judge_release_proof(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    struct proving p = { j, bytes, false };

    return vt_disk_list(j->ours, j->folder, try_release, &p, err) &&
           (p.is_found || vt_fail(err, VT_REJECTED, "it proves no statement beside it"));
}

/* A list of withdrawals, on its way or whole: signed by nobody whom we do not know. */
static bool take_list(const struct vt_judging *j, vt_slice bytes, struct vt_envelope *out,
                      struct vt_error *err)
{
    if (!vt_envelope_parse(bytes, out, err))
        return false;
    if (out->statement.type != VT_WITHDRAWALS)
        return vt_fail(err, VT_REJECTED, "it is no list of withdrawals");
    for (size_t i = 0; i < j->trust->key_count; i++) {
        const struct vt_trust_key *key = &j->trust->keys[i];

        if ((key->role == VT_ROLE_SUPERVISOR || key->role == VT_ROLE_VENDOR) &&
            vt_envelope_is_signed_by(out, &key->key))
            return true;
    }
    return vt_fail(err, VT_REJECTED, "no supervisor or vendor signed it");
}

static bool judge_list(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };

    return take_list(j, bytes, &envelope, err);
}

/* N.json: the list of this version.  The highest number is the newest list of a desk, so an
 * old list must not come under a new number. */
static bool judge_numbered(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    vt_slice name = vt_slice_from_cstr(base_of(j->file));
    struct vt_withdrawals list;
    uint64_t number;

    if (!take_list(j, bytes, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return false;
    return (vt_decimal_parse(vt_slice_sub(name, 0, name.len - strlen(".json")), &number) &&
            number == list.version) ||
           vt_fail(err, VT_REJECTED, "it is the list of version %ju",
                   (uintmax_t)list.version);
}

/* Bad whatever a customer demands. */
static bool is_forged(enum vt_reason reason)
{
    switch ((int)reason) {
    case VT_REASON_ALTERED:
    case VT_REASON_VENDOR_MISSING:
    case VT_REASON_SUPERVISOR_MISSING:
    case VT_REASON_NOT_LOGGED:
    case VT_REASON_NO_QUORUM:
    case VT_REASON_FORK:
    case VT_REASON_MIXED:
    case VT_REASON_MALFORMED:
        return true;
    default:
        return false;
    }
}

/* Is it the release whose folder, TOP/PRODUCT/VERSION, is being walked? */
static bool is_of_folder(const struct vt_judging *j, const struct vt_release *release)
{
    return vt_slice_is(vt_slice_from_cstr(j->folder),
                       vt_arena_printf(j->arena, VT_CENTRE_PUBLIC "/%.*s/%.*s",
                                       VT_SLICE_ARGS(release->product),
                                       VT_SLICE_ARGS(release->version)));
}

/* Evidence of an older release is good too, but not here: it would bring the old file in
 * under the new name. */
bool vt_judging_find_output(const struct vt_judging *j, const struct vt_evidence *evidence,
                            const char *name, struct vt_output *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_release *release = vt_alloc(sizeof *release);

    if (!vt_release_read(&evidence->release->statement, release, err))
        return false;
    if (!is_of_folder(j, release))
        return vt_fail(err, VT_REJECTED, "it is evidence of %.*s %.*s",
                       VT_SLICE_ARGS(release->product), VT_SLICE_ARGS(release->version));
    for (size_t i = 0; i < release->output_count; i++)
        if (vt_slice_is(release->outputs[i].name, name)) {
            *out = release->outputs[i];
            return true;
        }
    return vt_fail(err, VT_REJECTED, "its release has no output of this name");
}

/* FILE.evidence: the verdict on its file is no forgery. */
static bool judge_evidence(struct vt_judging *j, vt_slice bytes, struct vt_error *err)
{
    struct vt_demands demands = vt_demands_usual();
    VT_AUTO_VERDICT verdict = { .facts = NULL };
    VT_AUTO_EVIDENCE evidence = NULL;
    const char *name = base_of(j->file);
    struct vt_output output;
    struct vt_question question = { .evidence = bytes,
                                    .trust = j->trust,
                                    .demands = &demands,
                                    .now_unix_s = j->now_unix_s };
    bool is_ok;

    name =
        vt_arena_printf(j->arena, "%.*s", (int)(strlen(name) - strlen(".evidence")), name);
    is_ok = vt_evidence_parse(bytes, &evidence, err) &&
            vt_judging_find_output(j, evidence, name, &output, err);
    if (is_ok) {
        question.file_hash = output.hash;
        question.file_bytes = output.size_bytes;
        is_ok = vt_verdict_reach(&question, &verdict, err) &&
                (!is_forged(verdict.reason) ||
                 vt_fail(err, VT_REJECTED, "%s: %s", vt_reason_name(verdict.reason),
                         verdict.sentence));
    }
    vt_demands_clear(&demands);
    return is_ok;
}

uint64_t vt_judging_list_of(vt_slice bytes)
{
    VT_AUTO_EVIDENCE evidence = NULL;
    struct vt_error ignored = { 0 };

    return vt_evidence_parse(bytes, &evidence, &ignored)
               ? vt_field_number(evidence->withdrawals.statement.predicate, "version")
               : 0;
}

/* ---- the rules --------------------------------------------------------------------------
 */

const struct vt_judging_rule vt_judging_release[] = {
    { "list.json", NULL, judge_list, VT_REPLACED_WHEN_GOOD },
    { "release.tlog-proof", NULL, judge_release_proof, VT_REPLACED_NEVER },
    { NULL, ".json", judge_of_release, VT_REPLACED_NEVER },
    { NULL, NULL, NULL, VT_REPLACED_NEVER },
};
const struct vt_judging_rule vt_judging_authorisations[] = {
    { NULL, ".json", judge_statement, VT_REPLACED_NEVER },
    { NULL, ".tlog-proof", judge_proof, VT_REPLACED_NEVER },
    { NULL, NULL, NULL, VT_REPLACED_NEVER },
};
const struct vt_judging_rule vt_judging_lists[] = {
    { "next.json", NULL, judge_list, VT_REPLACED_WHEN_GOOD },
    { NULL, ".json", judge_numbered, VT_REPLACED_NOT_EVEN_ELSE },
    { NULL, ".tlog-proof", judge_proof, VT_REPLACED_NEVER },
    { NULL, NULL, NULL, VT_REPLACED_NEVER },
};
const struct vt_judging_rule vt_judging_published[] = {
    { NULL, ".evidence", judge_evidence, VT_REPLACED_WHEN_LATER },
    { NULL, NULL, NULL, VT_REPLACED_NEVER },
};

const struct vt_judging_rule *vt_judging_rule_for(const struct vt_judging_rule *rules,
                                                  const char *name)
{
    vt_slice text = vt_slice_from_cstr(name);

    for (; rules->judge != NULL; rules++)
        if (rules->name != NULL
                ? strcmp(rules->name, name) == 0
                : vt_slice_ends_with(text, vt_slice_from_cstr(rules->ending)))
            return rules;
    return NULL;
}
