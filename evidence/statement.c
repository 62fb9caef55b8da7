/* Statements and their envelopes: written, taken apart, signed. */
#include "evidence/statement.h"
#include "crypto/ed25519.h"
#include "wire/hex.h"

enum { SUBJECTS_MAX = 256 };

static const struct vt_field SUBJECT_DIGEST[] = {
    { "sha256", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field SUBJECT[] = {
    { "name", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "digest", VT_FIELD_OBJECT, false, 0, SUBJECT_DIGEST, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

/* Subjects as their JSON array; NULL if memory ran out or a name is not UTF-8. */
static json_t *pack_subjects(const struct vt_subject *subjects, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < count; i++) {
        char hash[VT_HEX256_BYTES];

        vt_hash_text(&subjects[i].hash, hash);
        if (json_array_append_new(list, json_pack("{s:s,s:{s:s}}", "name", subjects[i].name,
                                                  "digest", "sha256", hash)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

bool vt_statement_write(enum vt_predicate type, const struct vt_subject *subjects,
                        size_t count, const json_t *predicate, struct vt_buf *payload,
                        struct vt_error *err)
{
    VT_AUTO_JSON list = pack_subjects(subjects, count);
    VT_AUTO_JSON statement = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT again = { 0 };

    if (list == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: a subject's name is not UTF-8",
                       vt_predicate_name(type));
    statement = json_pack("{s:s,s:O,s:s,s:O}", "_type", VT_STATEMENT_TYPE, "subject", list,
                          "predicateType", vt_predicate_type(type), "predicate", predicate);
    if (statement == NULL)
        return vt_fail(err, VT_IO, "%s: out of memory", vt_predicate_name(type));
    /* What we write, we must be able to read: the same schemas decide. */
    if (!vt_json_write_canonical(statement, &text, err) ||
        !vt_statement_parse(vt_buf_slice(&text), &again, err))
        return false;
    vt_buf_put(payload, vt_buf_slice(&text));
    return vt_buf_check(payload, vt_predicate_name(type), err);
}

bool vt_statement_write_about_itself(enum vt_predicate type, const json_t *predicate,
                                     struct vt_buf *payload, struct vt_error *err)
{
    struct vt_subject self = { .name = vt_predicate_name(type) };

    return vt_predicate_digest(predicate, &self.hash, err) &&
           vt_statement_write(type, &self, 1, predicate, payload, err);
}

bool vt_predicate_digest(const json_t *predicate, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_json_write_canonical(predicate, &text, err))
        return false;
    *out = vt_sha256_of(vt_buf_slice(&text));
    return true;
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
    if (json_array_size(subjects) == 0 || json_array_size(subjects) > SUBJECTS_MAX)
        return vt_fail(err, VT_LIMIT, "statement: %zu subjects, 1 to %d are taken",
                       json_array_size(subjects), SUBJECTS_MAX);
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

size_t vt_statement_subject_count(const struct vt_statement *statement)
{
    return json_array_size(statement->subjects);
}

struct vt_subject vt_statement_subject(const struct vt_statement *statement, size_t i)
{
    const json_t *subject = json_array_get(statement->subjects, i);
    struct vt_subject out = { .name = json_string_value(json_object_get(subject, "name")) };
    struct vt_error ignored;

    /* The schema was checked when the statement was parsed. */
    if (out.name == NULL ||
        !vt_json_get_sha256(json_object_get(subject, "digest"), "subject", "sha256",
                            out.hash.bytes, &ignored))
        return (struct vt_subject){ .name = "" };
    return out;
}

bool vt_statement_has_subject(const struct vt_statement *statement, const vt_hash *hash,
                              vt_slice *name_out)
{
    for (size_t i = 0; i < vt_statement_subject_count(statement); i++) {
        struct vt_subject subject = vt_statement_subject(statement, i);

        if (subject.name[0] != '\0' && vt_hash_equal(&subject.hash, hash)) {
            if (name_out != NULL)
                *name_out = vt_slice_from_cstr(subject.name);
            return true;
        }
    }
    return false;
}

bool vt_statement_is_about_itself(const struct vt_statement *statement,
                                  struct vt_error *err)
{
    const char *name = vt_predicate_name(statement->type);
    struct vt_subject subject = vt_statement_subject(statement, 0);
    vt_hash digest;

    if (!vt_predicate_digest(statement->predicate, &digest, err))
        return false;
    if (vt_statement_subject_count(statement) != 1 || strcmp(subject.name, name) != 0 ||
        !vt_hash_equal(&subject.hash, &digest))
        return vt_fail(err, VT_MALFORMED, "%s: its subject is not its own predicate", name);
    return true;
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

vt_hash vt_envelope_payload_digest(const struct vt_envelope *envelope)
{
    return vt_sha256_of(vt_buf_slice(&envelope->dsse.payload));
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
