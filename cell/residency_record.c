/* Signed tables: parsed, and held against a trust root and a ledger. */
#include "cell/residency_record.h"
#include "ledger/tlog_proof.h"

void vt_residency_record_free(struct vt_residency_record *record)
{
    if (record == NULL)
        return;
    vt_envelope_clear(&record->envelope);
    free(record);
}

void vt_residency_record_free_pointer(struct vt_residency_record **record)
{
    vt_residency_record_free(*record);
}

bool vt_residency_record_parse(vt_slice bytes, struct vt_residency_record **out,
                               struct vt_error *err)
{
    VT_AUTO_RESIDENCY record = vt_alloc(sizeof *record);
    const struct vt_statement *statement = &record->envelope.statement;

    if (bytes.len != 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--; /* files end with a line break, envelopes do not */
    if (!vt_envelope_parse(bytes, &record->envelope, err))
        return vt_within(err, "residency");
    if (statement->type != VT_RESIDENCY)
        return vt_fail(err, VT_MALFORMED, "residency: is a statement of kind '%s'",
                       vt_predicate_name(statement->type));
    if (!vt_statement_is_about_itself(statement, err) ||
        !vt_residency_read(statement->predicate, false, &record->table, err) ||
        !vt_residency_is_sound(&record->table, err))
        return false;
    record->leaf = vt_sha256_leaf(bytes);
    *out = record;
    record = NULL;
    return true;
}

static bool is_signed(const struct vt_residency_record *record,
                      const struct vt_trust *trust, int64_t time_unix_s,
                      struct vt_error *err)
{
    struct vt_keyring keyring = { .trust = trust };
    struct vt_signers signers = { .count = 0 };
    enum vt_regard standing;

    (void)vt_signers_add(&signers, &keyring, VT_ROLE_RESIDENCY, &record->envelope,
                         time_unix_s, (vt_slice){ 0 });
    standing = vt_signers_judge(&signers, &trust->thresholds[VT_ROLE_RESIDENCY]);
    return standing == VT_REGARD_GOOD ||
           vt_fail(err, VT_REJECTED, "residency version %ju is signed by %s",
                   (uintmax_t)record->table.version, vt_regard_words(standing));
}

bool vt_residency_record_verify(const struct vt_residency_record *record,
                                const struct vt_trust *trust, vt_slice proof,
                                int64_t *logged_unix_s_out, struct vt_error *err)
{
    struct vt_tlog_verdict verdict = { .outcome = VT_TLOG_MALFORMED };
    struct vt_tlog_proof parsed;

    if (!vt_tlog_proof_parse(proof, &parsed, err) ||
        !vt_tlog_proof_verify(&parsed, &record->leaf, &trust->policy, trust->release_origin,
                              &verdict, err))
        return vt_within(err, "residency version %ju", (uintmax_t)record->table.version);
    if (!is_signed(record, trust, verdict.time_unix_s, err))
        return false;
    *logged_unix_s_out = verdict.time_unix_s;
    return true;
}

vt_hash vt_residency_record_digest(const struct vt_residency_record *record)
{
    return vt_envelope_payload_digest(&record->envelope);
}
