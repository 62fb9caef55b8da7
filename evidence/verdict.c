/* The verdict: steps in a fixed order, the first "no" ends it.  Facts are gathered on the
 * way and handed out only with a yes: what was not proven is not told. */
#include "evidence/inquiry.h"

void vt_verdict_clear(struct vt_verdict *verdict)
{
    vt_json_clear(&verdict->facts);
}

static bool begin(const vt_hash *file_hash, uint64_t file_bytes, struct vt_verdict *out,
                  struct vt_error *err)
{
    *out = (struct vt_verdict){ .reason = VT_REASON_NONE,
                                .next_step = vt_reason_next_step(VT_REASON_NONE),
                                .file_hash = *file_hash,
                                .file_bytes = file_bytes,
                                .facts = json_object() };
    return out->facts != NULL || vt_fail(err, VT_IO, "verdict: out of memory");
}

static const struct {
    bool (*ask)(struct vt_inquiry *q);
} STEPS[] = {
    { vt_inquire_bundle },   { vt_inquire_signatures }, { vt_inquire_ledger },
    { vt_inquire_standing }, { vt_inquire_freshness },  { vt_inquire_attestations },
    { vt_inquire_places },
};

static void inquire(struct vt_inquiry *q)
{
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++)
        if (!STEPS[i].ask(q))
            return;
}

/* What the memory will hold; slices out of the facts, which outlive the evidence. */
static void take_sighting(struct vt_inquiry *q)
{
    const struct vt_tlog_verdict *a = &q->release_log, *b = &q->withdrawals_log;
    const struct vt_tlog_verdict *larger = b->size > a->size ? b : a;
    const json_t *facts = q->verdict->facts;

    q->verdict->sighting = (struct vt_sighting){
        .trust = q->question->trust->version,
        .origin = vt_field_text(facts, "ledger"),
        .product = vt_field_text(facts, "product"),
        .channel = vt_field_text(facts, "channel"),
        .ledger = { larger->size, larger->root, q->withdrawals.version,
                    vt_envelope_payload_digest(&q->evidence->withdrawals) },
        .release = { q->release.sequence,
                     vt_envelope_payload_digest(q->evidence->release) },
    };
}

bool vt_verdict_reach(const struct vt_question *question, struct vt_verdict *out,
                      struct vt_error *err)
{
    struct vt_inquiry *q = calloc(1, sizeof *q);
    struct vt_error trouble;

    if (q == NULL)
        return vt_fail(err, VT_IO, "verdict: out of memory");
    if (!begin(&question->file_hash, question->file_bytes, out, err)) {
        free(q);
        return false;
    }
    q->question = question;
    q->verdict = out;
    q->keyring.trust = question->trust;
    inquire(q);
    if (out->reason == VT_REASON_NONE)
        take_sighting(q);
    else
        (void)json_object_clear(out->facts);
    trouble = q->trouble;
    vt_evidence_free(q->evidence);
    free(q);
    if (trouble.code == VT_OK)
        return true;
    vt_verdict_clear(out);
    *err = trouble;
    return false;
}

bool vt_verdict_refuse(const vt_hash *file_hash, uint64_t file_bytes,
                       const struct vt_error *why, struct vt_verdict *out,
                       struct vt_error *err)
{
    struct vt_inquiry q = { .verdict = out };

    if (why->code == VT_IO) {
        *err = *why;
        return false;
    }
    if (!begin(file_hash, file_bytes, out, err))
        return false;
    (void)vt_refuse(&q, VT_REASON_MALFORMED, "%s", why->message);
    return true;
}

bool vt_verdict_remember(const struct vt_verdict *verdict, const json_t *state,
                         struct vt_buf *out, struct vt_error *err)
{
    if (verdict->reason != VT_REASON_NONE)
        return vt_fail(err, VT_REJECTED, "state: a file that was refused leaves no trace");
    return vt_memory_write(state, &verdict->sighting, out, err);
}

/* ---- what the steps share ---------------------------------------------------------------
 */

bool vt_refuse(struct vt_inquiry *q, enum vt_reason reason, const char *format, ...)
{
    struct vt_error shown = { 0 };
    char text[sizeof q->verdict->sentence];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    while (text[0] != '\0' && !vt_slice_is_utf8(vt_slice_from_cstr(text)))
        text[strlen(text) - 1] = '\0';              /* it was cut inside a character */
    (void)vt_fail(&shown, VT_REJECTED, "%s", text); /* printable */
    memcpy(q->verdict->sentence, shown.message, sizeof q->verdict->sentence);
    q->verdict->reason = reason;
    q->verdict->next_step = vt_reason_next_step(reason);
    return false;
}

bool vt_refuse_error(struct vt_inquiry *q, enum vt_reason reason,
                     const struct vt_error *failure)
{
    if (failure->code == VT_IO)
        q->trouble = *failure;
    return vt_refuse(q, reason, "%s", failure->message);
}

static void set_fact(struct vt_inquiry *q, const char *name, json_t *value)
{
    if (json_object_set_new(q->verdict->facts, name, value) != 0)
        (void)vt_fail(&q->trouble, VT_IO, "verdict: out of memory");
}

void vt_fact_text(struct vt_inquiry *q, const char *name, vt_slice text)
{
    set_fact(q, name,
             json_stringn(text.data != NULL ? (const char *)text.data : "", text.len));
}

void vt_fact_number(struct vt_inquiry *q, const char *name, uint64_t number)
{
    /* Above 2^53 - 1 there is no exact JSON number; no real ledger or size gets there. */
    json_int_t shown =
        number > (uint64_t)VT_JSON_INTEGER_MAX ? VT_JSON_INTEGER_MAX : (json_int_t)number;

    set_fact(q, name, json_integer(shown));
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

void vt_fact_json(struct vt_inquiry *q, const char *name, const json_t *value)
{
    set_fact(q, name, json_deep_copy(value));
}

static json_t *pack_key(const struct vt_trust_key *key)
{
    return json_pack(
        "{s:s%,s:s%,s:s%,s:s%}", "holder", (const char *)key->holder.data, key->holder.len,
        "jurisdiction", (const char *)key->jurisdiction.data, key->jurisdiction.len,
        "keyid", (const char *)key->keyid.data, key->keyid.len, "site",
        key->site.data != NULL ? (const char *)key->site.data : "", key->site.len);
}

static bool is_listed(const json_t *list, const struct vt_trust_key *key)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (vt_slice_equal(vt_field_text(json_array_get(list, i), "keyid"), key->keyid))
            return true;
    return false;
}

void vt_fact_signers(struct vt_inquiry *q, const char *name,
                     const struct vt_signers *signers)
{
    json_t *list = json_object_get(q->verdict->facts, name);

    if (list == NULL) {
        set_fact(q, name, json_array());
        list = json_object_get(q->verdict->facts, name);
    }
    for (size_t i = 0; i < signers->count; i++)
        if (signers->rows[i].standing == VT_REGARD_GOOD &&
            !is_listed(list, signers->rows[i].key) &&
            json_array_append_new(list, pack_key(signers->rows[i].key)) != 0)
            (void)vt_fail(&q->trouble, VT_IO, "verdict: out of memory");
}
