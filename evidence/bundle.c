/* Evidence files: read and written. */
#include "evidence/bundle.h"

void vt_evidence_free(struct vt_evidence *evidence)
{
    if (evidence == NULL)
        return;
    for (size_t i = 0; i < evidence->envelope_count; i++)
        vt_envelope_clear(&evidence->envelopes[i]);
    vt_envelope_clear(&evidence->withdrawals);
    vt_json_clear(&evidence->json);
    free(evidence);
}

void vt_evidence_free_pointer(struct vt_evidence **evidence)
{
    vt_evidence_free(*evidence);
}

/* An envelope as it stands in the file: back to its canonical bytes, and apart. */
static bool take_envelope(const json_t *object, struct vt_envelope *out, vt_hash *leaf,
                          struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_json_write_canonical(object, &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), out, err))
        return vt_within(err, "evidence");
    *leaf = vt_sha256_leaf(vt_buf_slice(&bytes));
    return true;
}

static bool take_envelopes(const json_t *list, struct vt_evidence *evidence,
                           struct vt_error *err)
{
    if (json_array_size(list) > VT_EVIDENCE_ENVELOPES_MAX)
        return vt_fail(err, VT_LIMIT, "evidence: %zu envelopes, at most %d",
                       json_array_size(list), VT_EVIDENCE_ENVELOPES_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct vt_envelope *at = &evidence->envelopes[i];
        vt_hash leaf;

        if (!take_envelope(json_array_get(list, i), at, &leaf, err))
            return false;
        evidence->envelope_count++;
        if (at->statement.type != VT_RELEASE)
            continue;
        if (evidence->release != NULL)
            return vt_fail(err, VT_REJECTED, "evidence: two release statements");
        evidence->release = at;
        evidence->release_leaf = leaf;
    }
    if (evidence->release == NULL)
        return vt_fail(err, VT_MALFORMED, "evidence: no release statement");
    return true;
}

static bool take_apart(struct vt_evidence *evidence, struct vt_error *err)
{
    static const char *const names[] = { "v", "envelopes", "proof", "withdrawals", NULL };
    static const char *const inner[] = { "envelope", "proof", NULL };
    json_t *list, *withdrawals, *envelope;
    uint64_t version;

    if (!vt_json_only(evidence->json, "evidence", names, err) ||
        !vt_json_get_number(evidence->json, "evidence", "v", &version, err) ||
        !vt_json_get_array(evidence->json, "evidence", "envelopes", &list, err) ||
        !vt_json_get_text(evidence->json, "evidence", "proof", &evidence->proof, err) ||
        !vt_json_get_object(evidence->json, "evidence", "withdrawals", &withdrawals, err) ||
        !vt_json_only(withdrawals, "evidence", inner, err) ||
        !vt_json_get_object(withdrawals, "evidence", "envelope", &envelope, err) ||
        !vt_json_get_text(withdrawals, "evidence", "proof", &evidence->withdrawals_proof,
                          err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "evidence: version %ju, only 1 is known",
                       (uintmax_t)version);
    if (!take_envelopes(list, evidence, err) ||
        !take_envelope(envelope, &evidence->withdrawals, &evidence->withdrawals_leaf, err))
        return false;
    if (evidence->withdrawals.statement.type != VT_WITHDRAWALS)
        return vt_fail(err, VT_MALFORMED, "evidence: its list of withdrawals is none");
    return true;
}

bool vt_evidence_parse(vt_slice bytes, struct vt_evidence **evidence_out,
                       struct vt_error *err)
{
    VT_AUTO_EVIDENCE evidence = NULL;

    if (bytes.len > VT_EVIDENCE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "evidence: %zu bytes, at most %zu", bytes.len,
                       VT_EVIDENCE_BYTES_MAX);
    if (bytes.len == 0 || bytes.data[bytes.len - 1] != '\n')
        return vt_fail(err, VT_MALFORMED, "evidence: its last line has no end");
    evidence = calloc(1, sizeof *evidence);
    if (evidence == NULL)
        return vt_fail(err, VT_IO, "evidence: out of memory");
    if (!vt_json_parse_canonical(vt_slice_sub(bytes, 0, bytes.len - 1), "evidence",
                                 &evidence->json, err) ||
        !take_apart(evidence, err))
        return false;
    *evidence_out = evidence;
    evidence = NULL;
    return true;
}

/* ---- writing ---------------------------------------------------------------------------
 */

struct listed {
    vt_slice bytes;
    vt_hash digest;
};

static int compare_digests(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;

    return memcmp(a->digest.bytes, b->digest.bytes, VT_SHA256_BYTES);
}

static bool pack_envelopes(const vt_slice *envelopes, size_t count, json_t *list,
                           struct vt_error *err)
{
    struct listed sorted[VT_EVIDENCE_ENVELOPES_MAX];

    if (count > VT_EVIDENCE_ENVELOPES_MAX)
        return vt_fail(err, VT_LIMIT, "evidence: %zu envelopes, at most %d", count,
                       VT_EVIDENCE_ENVELOPES_MAX);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct listed){ envelopes[i], vt_envelope_digest(envelopes[i]) };
    qsort(sorted, count, sizeof sorted[0], compare_digests);
    for (size_t i = 0; i < count; i++) {
        json_t *object;

        if (!vt_json_parse_canonical(sorted[i].bytes, "envelope", &object, err))
            return false;
        if (json_array_append_new(list, object) != 0)
            return vt_fail(err, VT_IO, "evidence: out of memory");
    }
    return true;
}

bool vt_evidence_write(const vt_slice *envelopes, size_t count, vt_slice proof,
                       vt_slice withdrawals, vt_slice withdrawals_proof, struct vt_buf *out,
                       struct vt_error *err)
{
    VT_AUTO_JSON list = json_array();
    VT_AUTO_JSON withdrawn = NULL;
    VT_AUTO_JSON json = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    VT_AUTO_EVIDENCE again = NULL;

    if (!pack_envelopes(envelopes, count, list, err) ||
        !vt_json_parse_canonical(withdrawals, "withdrawals", &withdrawn, err))
        return false;
    json =
        json_pack("{s:i,s:O,s:s%,s:{s:O,s:s%}}", "v", 1, "envelopes", list, "proof",
                  (const char *)proof.data, proof.len, "withdrawals", "envelope", withdrawn,
                  "proof", (const char *)withdrawals_proof.data, withdrawals_proof.len);
    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "evidence: a proof is not UTF-8");
    if (!vt_json_write_canonical(json, &text, err))
        return false;
    vt_buf_put_u8(&text, '\n');
    /* What we write, we must be able to read. */
    if (!vt_buf_check(&text, "evidence", err) ||
        !vt_evidence_parse(vt_buf_slice(&text), &again, err))
        return false;
    vt_buf_put(out, vt_buf_slice(&text));
    return vt_buf_check(out, "evidence", err);
}
