/* The verdict: five steps in a fixed order, the first "no" ends it. */
#include "evidence/inquiry.h"

static const struct {
    const char *name, *next_step;
} REASONS[VT_REASONS] = {
    [VT_REASON_NONE] = { "yes", "nothing: the file may be used" },
    [VT_REASON_ALTERED] = { "altered",
                            "delete the file and fetch it again; if it is altered "
                            "again, tell the supervisor where it came from" },
    [VT_REASON_VENDOR_MISSING] = { "vendor-missing", "do not install; ask the vendor "
                                                     "whether it released this" },
    [VT_REASON_SUPERVISOR_MISSING] = { "supervisor-missing", "do not install; send the "
                                                             "evidence to the supervisor" },
    [VT_REASON_NOT_LOGGED] = { "not-logged", "do not install; send the evidence to the "
                                             "supervisor and to a monitor" },
    [VT_REASON_NO_QUORUM] = { "no-quorum", "fetch the evidence again; if it stays so, "
                                           "treat it as a split "
                                           "view and send it to the witnesses" },
    [VT_REASON_FORK] = { "fork",
                         "keep both checkpoints: together they prove that the ledger "
                         "showed two histories; send them to the witnesses" },
    [VT_REASON_SUPERSEDED] = { "superseded", "fetch the current release" },
    [VT_REASON_STALE] = { "stale",
                          "fetch newer evidence; if there is none, somebody may be "
                          "withholding it" },
    [VT_REASON_WITHDRAWN] = { "withdrawn",
                              "do not install; remove it where it is installed, "
                              "and fetch the current release" },
    [VT_REASON_SITE] = { "site", "ask the vendor for a release built at a site that your "
                                 "policy allows" },
    [VT_REASON_JURISDICTION] = { "jurisdiction",
                                 "ask the vendor for a release signed in the "
                                 "jurisdictions that your policy demands" },
    [VT_REASON_MANDATE_EXPIRED] = { "mandate-expired",
                                    "fetch the newest trust root; if the mandate was not "
                                    "renewed, ask the foundation" },
    [VT_REASON_UNREVIEWED] = { "unreviewed",
                               "wait for the reviews that your policy demands" },
    [VT_REASON_DIFFERS] = { "differs",
                            "do not install; ask the vendor for the diagnosis of "
                            "the two builds" },
    [VT_REASON_MIXED] = { "mixed", "fetch file and evidence again from the same release" },
    [VT_REASON_MALFORMED] = { "malformed", "fetch the evidence again; it was damaged or is "
                                           "not an evidence file" },
};

const char *vt_reason_name(enum vt_reason reason)
{
    return REASONS[reason].name;
}

const char *vt_reason_next_step(enum vt_reason reason)
{
    return REASONS[reason].next_step;
}

void vt_verdict_clear(struct vt_verdict *verdict)
{
    vt_json_clear(&verdict->facts);
}

bool vt_verdict_reach(const struct vt_question *question, struct vt_verdict *out,
                      struct vt_error *err)
{
    struct vt_inquiry q = { .question = question, .verdict = out };

    *out = (struct vt_verdict){ .reason = VT_REASON_NONE, .facts = json_object() };
    if (out->facts == NULL)
        return vt_fail(err, VT_IO, "verdict: out of memory");
    vt_fact_number(&q, "trust", question->trust->version);
    if (vt_inquire_bundle(&q) && vt_inquire_signatures(&q) && vt_inquire_ledger(&q) &&
        vt_inquire_freshness(&q))
        (void)vt_inquire_attestations(&q);
    vt_evidence_free(q.evidence);
    return true;
}

bool vt_verdict_write(const struct vt_verdict *verdict, struct vt_buf *out,
                      struct vt_error *err)
{
    VT_AUTO_JSON all = json_deep_copy(verdict->facts);

    if (all == NULL ||
        json_object_set_new(all, "ok", json_boolean(verdict->reason == VT_REASON_NONE)) !=
            0 ||
        json_object_set_new(all, "reason", json_string(vt_reason_name(verdict->reason))) !=
            0 ||
        json_object_set_new(all, "next",
                            json_string(vt_reason_next_step(verdict->reason))) != 0)
        return vt_fail(err, VT_IO, "verdict: out of memory");
    /* A sentence that was cut inside a UTF-8 sequence is left out rather than wrong. */
    (void)json_object_set_new(all, "sentence", json_string(verdict->sentence));
    return vt_json_write_canonical(all, out, err);
}

/* ---- what the steps share -------------------------------------------------------------
 */

bool vt_refuse(struct vt_inquiry *q, enum vt_reason reason, const char *format, ...)
{
    struct vt_error shown = { 0 };
    va_list args;

    va_start(args, format);
    (void)vsnprintf(q->verdict->sentence, sizeof q->verdict->sentence, format, args);
    va_end(args);
    (void)vt_fail(&shown, VT_REJECTED, "%s", q->verdict->sentence); /* printable */
    memcpy(q->verdict->sentence, shown.message, sizeof q->verdict->sentence);
    q->verdict->reason = reason;
    return false;
}

void vt_fact_text(struct vt_inquiry *q, const char *name, vt_slice text)
{
    (void)json_object_set_new(
        q->verdict->facts, name,
        json_stringn(text.data != NULL ? (const char *)text.data : "", text.len));
}

void vt_fact_number(struct vt_inquiry *q, const char *name, uint64_t number)
{
    /* Above 2^53 - 1 there is no exact JSON number; no real ledger or size gets there. */
    json_int_t shown =
        number > (uint64_t)VT_JSON_INTEGER_MAX ? VT_JSON_INTEGER_MAX : (json_int_t)number;

    (void)json_object_set_new(q->verdict->facts, name, json_integer(shown));
}

void vt_fact_time(struct vt_inquiry *q, const char *name, int64_t unix_s)
{
    char text[VT_TIME_TEXT_BYTES];

    vt_time_write(unix_s, text);
    vt_fact_text(q, name, vt_slice_from_cstr(text));
}

void vt_fact_hash(struct vt_inquiry *q, const char *name, const vt_hash *hash)
{
    char text[65];

    vt_hash_text(hash, text);
    vt_fact_text(q, name, vt_slice_from_cstr(text));
}

void vt_fact_key(struct vt_inquiry *q, const char *name, const struct vt_trust_key *key)
{
    json_t *list = json_object_get(q->verdict->facts, name);

    if (list == NULL && json_object_set_new(q->verdict->facts, name, json_array()) == 0)
        list = json_object_get(q->verdict->facts, name);
    (void)json_array_append_new(
        list,
        json_pack("{s:s%,s:s%,s:s%,s:s%}", "holder", (const char *)key->holder.data,
                  key->holder.len, "jurisdiction", (const char *)key->jurisdiction.data,
                  key->jurisdiction.len, "site",
                  key->site.data != NULL ? (const char *)key->site.data : "", key->site.len,
                  "keyid", (const char *)key->keyid.data, key->keyid.len));
}

vt_slice vt_field_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return vt_slice_of(json_string_value(value), json_string_length(value));
}

uint64_t vt_field_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));

    return value < 0 ? 0 : (uint64_t)value;
}

vt_hash vt_field_hash(const json_t *object, const char *name)
{
    vt_hash hash = { { 0 } };

    (void)!vt_hash_parse_hex(vt_field_text(object, name), &hash);
    return hash;
}

bool vt_list_has(const json_t *texts, vt_slice text)
{
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *at = json_array_get(texts, i);

        if (vt_slice_equal(vt_slice_of(json_string_value(at), json_string_length(at)),
                           text))
            return true;
    }
    return false;
}
