/* The customer's policy and memory, as strict JSON. */
#include "evidence/inquiry.h"

static const char *const REBUILDS[] = { "equal", "equal-robust", NULL };

static const struct vt_field DEMANDS[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "reviews", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "rebuild", VT_FIELD_WORD, false, 0, NULL, REBUILDS },
    { "sites", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "builder_jurisdictions", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "signer_jurisdictions", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "max_age_s", VT_FIELD_NUMBER, true, 0, NULL, NULL },
    { "collection_delay_s", VT_FIELD_NUMBER, true, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static const struct vt_field SEEN_LEDGER[] = {
    { "origin", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "size", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "root", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field SEEN_PRODUCT[] = {
    { "product", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "channel", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "sequence", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field STATE[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "ledgers", VT_FIELD_OBJECTS, false, 256, SEEN_LEDGER, NULL },
    { "products", VT_FIELD_OBJECTS, false, 4096, SEEN_PRODUCT, NULL },
    { "withdrawals", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "trust", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

void vt_demands_clear(struct vt_demands *demands)
{
    vt_json_clear(&demands->json);
}

struct vt_demands vt_demands_usual(void)
{
    return (
        struct vt_demands){ .reviews = 1, .max_age_s = -1, .collection_delay_s = 86400 };
}

bool vt_demands_parse(vt_slice text, struct vt_demands *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    struct vt_demands demands = vt_demands_usual();

    if (!vt_json_parse(text, "policy", &json, err) ||
        !vt_schema_verify(json, "policy", DEMANDS, err))
        return false;
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "policy: only version 1 is known");
    demands.reviews = vt_field_number(json, "reviews");
    demands.is_robust_needed = vt_slice_is(vt_field_text(json, "rebuild"), "equal-robust");
    demands.sites = json_object_get(json, "sites");
    demands.builder_jurisdictions = json_object_get(json, "builder_jurisdictions");
    demands.signer_jurisdictions = json_object_get(json, "signer_jurisdictions");
    if (vt_json_has(json, "max_age_s"))
        demands.max_age_s = (int64_t)vt_field_number(json, "max_age_s"); /* below 2^53 */
    if (vt_json_has(json, "collection_delay_s"))
        demands.collection_delay_s = (int64_t)vt_field_number(json, "collection_delay_s");
    demands.json = json_incref(json);
    *out = demands;
    return true;
}

bool vt_state_parse(vt_slice text, json_t **state_out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse(text, "state", &json, err) ||
        !vt_schema_verify(json, "state", STATE, err))
        return false;
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "state: only version 1 is known");
    *state_out = json_incref(json);
    return true;
}

/* The row whose `names` all equal those of `like`, or a new one. */
static json_t *row_for(json_t *rows, const json_t *like, const char *const names[])
{
    json_t *row;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        bool same = true;

        row = json_array_get(rows, i);
        for (size_t n = 0; names[n] != NULL; n++)
            same = same && json_equal(json_object_get(row, names[n]),
                                      json_object_get(like, names[n]));
        if (same)
            return row;
    }
    row = json_object();
    for (size_t n = 0; row != NULL && names[n] != NULL; n++)
        (void)json_object_set(row, names[n], json_object_get(like, names[n]));
    return json_array_append_new(rows, row) == 0 ? row : NULL;
}

static void raise_number(json_t *object, const char *name, uint64_t value)
{
    if (value > vt_field_number(object, name) || !vt_json_has(object, name))
        (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

static bool remember(json_t *state, const json_t *facts)
{
    static const char *const product_names[] = { "product", "channel", NULL };
    static const char *const ledger_names[] = { "origin", NULL };
    VT_AUTO_JSON like = json_pack("{s:O}", "origin", json_object_get(facts, "ledger"));
    json_t *product = row_for(json_object_get(state, "products"), facts, product_names);
    json_t *ledger = row_for(json_object_get(state, "ledgers"), like, ledger_names);
    uint64_t size = vt_field_number(facts, "tree_size");

    if (product == NULL || ledger == NULL)
        return false;
    raise_number(product, "sequence", vt_field_number(facts, "sequence"));
    raise_number(state, "withdrawals", vt_field_number(facts, "withdrawals"));
    raise_number(state, "trust", vt_field_number(facts, "trust"));
    if (!vt_json_has(ledger, "size") || size > vt_field_number(ledger, "size"))
        return json_object_set(ledger, "root", json_object_get(facts, "tree_root")) == 0 &&
               json_object_set_new(ledger, "size", json_integer((json_int_t)size)) == 0;
    return true;
}

bool vt_verdict_state(const json_t *old, const struct vt_verdict *verdict,
                      struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON state = old != NULL
                             ? json_deep_copy(old)
                             : json_pack("{s:i,s:[],s:[],s:i,s:i}", "v", 1, "ledgers",
                                         "products", "withdrawals", 0, "trust", 0);

    if (state == NULL || verdict->reason != VT_REASON_NONE ||
        !remember(state, verdict->facts))
        return vt_fail(err, VT_IO, "state: nothing to remember, or out of memory");
    return vt_json_write_canonical(state, out, err);
}
