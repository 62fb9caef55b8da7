/* First step: is this evidence one whole, and about this file? */
#include "evidence/inquiry.h"

static void take_facts(struct vt_inquiry *q)
{
    static const char *const texts[] = { "product", "version", "channel",     "source",
                                         "recipe",  "site",    "environment", NULL };

    q->release = q->evidence->release->statement.predicate;
    q->product = vt_field_text(q->release, "product");
    q->channel = vt_field_text(q->release, "channel");
    q->sequence = vt_field_number(q->release, "sequence");
    q->source = vt_field_hash(q->release, "source");
    for (size_t i = 0; texts[i] != NULL; i++)
        vt_fact_text(q, texts[i], vt_field_text(q->release, texts[i]));
    vt_fact_number(q, "sequence", q->sequence);
}

/* Outputs and subjects must name the same files. */
static bool outputs_are_subjects(struct vt_inquiry *q)
{
    const json_t *outputs = json_object_get(q->release, "outputs");
    const struct vt_statement *statement = &q->evidence->release->statement;

    if (json_array_size(outputs) != json_array_size(statement->subjects))
        return vt_refuse(q, VT_REASON_MALFORMED,
                         "the release names %zu outputs and %zu "
                         "subjects",
                         json_array_size(outputs), json_array_size(statement->subjects));
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const json_t *output = json_array_get(outputs, i);
        vt_hash hash = vt_field_hash(output, "sha256");
        vt_slice name;

        if (!vt_statement_has_subject(statement, &hash, &name))
            return vt_refuse(q, VT_REASON_MALFORMED,
                             "output %zu of the release is none of "
                             "its subjects",
                             i + 1);
    }
    return true;
}

static bool file_is_an_output(struct vt_inquiry *q)
{
    const json_t *outputs = json_object_get(q->release, "outputs");

    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const json_t *output = json_array_get(outputs, i);
        vt_hash hash = vt_field_hash(output, "sha256");

        if (vt_hash_equal(&hash, &q->question->file_hash) &&
            vt_field_number(output, "size") == q->question->file_bytes) {
            vt_fact_text(q, "output", vt_field_text(output, "name"));
            return true;
        }
    }
    return vt_refuse(q, VT_REASON_ALTERED,
                     "its SHA-256 is none of the %zu that %.*s %.*s was "
                     "released with",
                     json_array_size(outputs), VT_SLICE_ARGS(q->product),
                     VT_SLICE_ARGS(vt_field_text(q->release, "version")));
}

/* The release names every other envelope by digest and type: none missing, none more. */
static bool set_matches(struct vt_inquiry *q)
{
    const json_t *named = json_object_get(q->release, "envelopes");
    size_t others = q->evidence->envelope_count - 1;

    if (json_array_size(named) != others)
        return vt_refuse(q, VT_REASON_MIXED,
                         "the release names %zu other statements, the "
                         "evidence has %zu",
                         json_array_size(named), others);
    for (size_t i = 0; i < json_array_size(named); i++) {
        const json_t *row = json_array_get(named, i);
        vt_hash hash = vt_field_hash(row, "sha256");
        bool found = false;

        for (size_t j = 0; j < q->evidence->envelope_count && !found; j++)
            found =
                vt_hash_equal(&q->evidence->envelopes[j].digest, &hash) &&
                vt_slice_is(vt_field_text(row, "type"),
                            vt_predicate_type(q->evidence->envelopes[j].statement.type));
        if (!found)
            return vt_refuse(q, VT_REASON_MIXED,
                             "the evidence lacks a statement that the "
                             "release names (%.16s...), or holds another's",
                             json_string_value(json_object_get(row, "sha256")));
    }
    return true;
}

bool vt_inquire_bundle(struct vt_inquiry *q)
{
    struct vt_error err = { 0 };

    if (!vt_evidence_parse(q->question->evidence, &q->evidence, &err))
        return vt_refuse(q, VT_REASON_MALFORMED, "%s", err.message);
    take_facts(q);
    if (q->question->product.len != 0 && !vt_slice_equal(q->question->product, q->product))
        return vt_refuse(q, VT_REASON_MIXED, "the evidence is about %.*s, not %.*s",
                         VT_SLICE_ARGS(q->product), VT_SLICE_ARGS(q->question->product));
    return outputs_are_subjects(q) && file_is_an_output(q) && set_matches(q);
}
