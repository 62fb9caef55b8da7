/* Statements and their envelopes: written, taken apart, signed. */
#include "evidence/statement.h"
#include "crypto/ed25519.h"

static const struct vt_field SUBJECT_DIGEST[] = {
    { "sha256", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field SUBJECT[] = {
    { "name", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "digest", VT_FIELD_OBJECT, false, 0, SUBJECT_DIGEST, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

bool vt_statement_write(enum vt_predicate type, const struct vt_subject *subjects,
                        size_t count, const json_t *predicate, struct vt_buf *payload,
                        struct vt_error *err)
{
    VT_AUTO_JSON list = json_array();
    VT_AUTO_JSON statement = NULL;

    if (!vt_schema_verify(predicate, vt_predicate_name(type), vt_predicate_schema(type),
                          err))
        return false;
    for (size_t i = 0; i < count; i++) {
        char hash[65];

        vt_hash_text(&subjects[i].hash, hash);
        if (json_array_append_new(list, json_pack("{s:s,s:{s:s}}", "name", subjects[i].name,
                                                  "digest", "sha256", hash)) != 0)
            return vt_fail(err, VT_MALFORMED, "%s: the name of a subject is not UTF-8",
                           vt_predicate_name(type));
    }
    statement = json_pack("{s:s,s:O,s:s,s:O}", "_type", VT_STATEMENT_TYPE, "subject", list,
                          "predicateType", vt_predicate_type(type), "predicate", predicate);
    if (statement == NULL)
        return vt_fail(err, VT_IO, "statement: out of memory");
    return vt_json_write_canonical(statement, payload, err);
}

void vt_statement_clear(struct vt_statement *statement)
{
    vt_json_clear(&statement->json);
    *statement = (struct vt_statement){ 0 };
}

static bool check_subjects(const json_t *subjects, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(subjects); i++)
        if (!vt_schema_verify(json_array_get(subjects, i), "subject", SUBJECT, err))
            return false;
    if (json_array_size(subjects) == 0 || json_array_size(subjects) > 256)
        return vt_fail(err, VT_LIMIT, "statement: %zu subjects, 1 to 256 are taken",
                       json_array_size(subjects));
    return true;
}

static bool take_apart(json_t *json, struct vt_statement *out, struct vt_error *err)
{
    static const char *const names[] = { "_type", "subject", "predicateType", "predicate",
                                         NULL };
    vt_slice type, predicate_type;

    if (!vt_json_only(json, "statement", names, err) ||
        !vt_json_get_text(json, "statement", "_type", &type, err) ||
        !vt_json_get_text(json, "statement", "predicateType", &predicate_type, err) ||
        !vt_json_get_array(json, "statement", "subject", &out->subjects, err) ||
        !vt_json_get_object(json, "statement", "predicate", &out->predicate, err))
        return false;
    if (!vt_slice_is(type, VT_STATEMENT_TYPE))
        return vt_fail(err, VT_MALFORMED,
                       "statement: its _type is not in-toto Statement v1");
    if (!vt_predicate_of(predicate_type, &out->type))
        return vt_fail(err, VT_MALFORMED, "statement: unknown predicate type '%.*s'",
                       VT_SLICE_ARGS(predicate_type));
    return check_subjects(out->subjects, err) &&
           vt_schema_verify(out->predicate, vt_predicate_name(out->type),
                            vt_predicate_schema(out->type), err);
}

bool vt_statement_parse(vt_slice payload, struct vt_statement *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    struct vt_statement statement = { 0 };

    if (!vt_json_parse_canonical(payload, "statement", &json, err) ||
        !take_apart(json, &statement, err))
        return false;
    statement.json = json_incref(json);
    *out = statement;
    return true;
}

bool vt_statement_has_subject(const struct vt_statement *statement, const vt_hash *hash,
                              vt_slice *name_out)
{
    struct vt_error ignored;

    for (size_t i = 0; i < json_array_size(statement->subjects); i++) {
        const json_t *subject = json_array_get(statement->subjects, i);
        vt_hash at;

        if (vt_json_get_sha256(json_object_get(subject, "digest"), "subject", "sha256",
                               at.bytes, &ignored) &&
            vt_hash_equal(&at, hash))
            return name_out == NULL ||
                   vt_json_get_text(subject, "subject", "name", name_out, &ignored);
    }
    return false;
}

/* ---- envelopes ------------------------------------------------------------------------
 */

void vt_envelope_clear(struct vt_envelope *envelope)
{
    vt_dsse_clear(&envelope->dsse);
    vt_statement_clear(&envelope->statement);
    *envelope = (struct vt_envelope){ 0 };
}

vt_hash vt_envelope_digest(vt_slice canonical)
{
    return vt_sha256_of(canonical);
}

bool vt_envelope_parse(vt_slice bytes, struct vt_envelope *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_dsse_parse_canonical(bytes, &envelope.dsse, err))
        return false;
    if (!vt_slice_is(vt_buf_slice(&envelope.dsse.payload_type), VT_PAYLOAD_TYPE))
        return vt_fail(err, VT_MALFORMED,
                       "envelope: its payload is not an in-toto statement");
    if (!vt_statement_parse(vt_buf_slice(&envelope.dsse.payload), &envelope.statement, err))
        return false;
    envelope.digest = vt_envelope_digest(bytes);
    *out = envelope;
    envelope = (struct vt_envelope){ 0 };
    return true;
}

bool vt_envelope_sign(vt_slice payload, const struct vt_key *const *keys, size_t count,
                      struct vt_buf *out, struct vt_error *err)
{
    struct vt_dsse_signature signatures[VT_DSSE_SIGNATURES_MAX];
    struct vt_key_id ids[VT_DSSE_SIGNATURES_MAX];
    uint8_t bytes[VT_DSSE_SIGNATURES_MAX][64];

    if (count > VT_DSSE_SIGNATURES_MAX)
        return vt_fail(err, VT_LIMIT, "envelope: %zu signatures, at most %d", count,
                       VT_DSSE_SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        ids[i] = vt_public_key_id(vt_key_public(keys[i]));
        if (!vt_dsse_sign(keys[i], VT_LIT(VT_PAYLOAD_TYPE), payload, bytes[i], err))
            return false;
        signatures[i] = (struct vt_dsse_signature){ vt_slice_from_cstr(ids[i].text),
                                                    vt_slice_of(bytes[i], 64) };
    }
    return vt_dsse_write(VT_LIT(VT_PAYLOAD_TYPE), payload, signatures, count, out, err);
}

bool vt_envelope_add_signature(vt_slice bytes, const struct vt_key *key, struct vt_buf *out,
                               struct vt_error *err)
{
    VT_AUTO_DSSE dsse = { 0 };
    struct vt_dsse_signature signatures[VT_DSSE_SIGNATURES_MAX + 1];
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    uint8_t signature[64];
    size_t count = 0;

    if (!vt_dsse_parse_canonical(bytes, &dsse, err) ||
        !vt_dsse_sign(key, vt_buf_slice(&dsse.payload_type), vt_buf_slice(&dsse.payload),
                      signature, err))
        return false;
    for (size_t i = 0; i < dsse.signature_count; i++)
        if (!vt_slice_is(dsse.signatures[i].keyid, id.text))
            signatures[count++] = dsse.signatures[i];
    signatures[count++] = (struct vt_dsse_signature){ vt_slice_from_cstr(id.text),
                                                      vt_slice_of(signature, 64) };
    return vt_dsse_write(vt_buf_slice(&dsse.payload_type), vt_buf_slice(&dsse.payload),
                         signatures, count, out, err);
}

bool vt_envelope_is_signed_by(const struct vt_envelope *envelope,
                              const struct vt_public_key *key)
{
    const struct vt_dsse *dsse = &envelope->dsse;
    struct vt_key_id id = vt_public_key_id(key);
    VT_AUTO_BUF pae = vt_buf_init(dsse->payload.len + dsse->payload_type.len + 64);

    vt_dsse_write_pae(&pae, vt_buf_slice(&dsse->payload_type),
                      vt_buf_slice(&dsse->payload));
    for (size_t i = 0; i < dsse->signature_count && !pae.is_full; i++)
        if (vt_slice_is(dsse->signatures[i].keyid, id.text))
            return vt_ed25519_verify(key->bytes, vt_buf_slice(&pae),
                                     dsse->signatures[i].bytes);
    return false;
}
