/* The customer's policy, out of strict JSON. */
#include "evidence/demands.h"
#include "evidence/schema.h"

static const char *const REBUILDS[] = { "equal", "equal-robust", NULL };

static const struct vt_field DEMANDS[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "reviews", VT_FIELD_NUMBER, true, 0, NULL, NULL },
    { "rebuild", VT_FIELD_WORD, true, 0, NULL, REBUILDS },
    { "builder_sites", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "builder_jurisdictions", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "signer_sites", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "signer_jurisdictions", VT_FIELD_TEXTS, true, 64, NULL, NULL },
    { "max_age_s", VT_FIELD_NUMBER, true, 0, NULL, NULL },
    { "channel", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { "collection_delay_s", VT_FIELD_NUMBER, true, 0, NULL, NULL },
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

/* The schema was checked: only absence can make this fail. */
static bool take_number(const json_t *json, const char *name, uint64_t *out,
                        struct vt_error *err)
{
    return !vt_json_has(json, name) || vt_json_get_number(json, "policy", name, out, err);
}

bool vt_demands_parse(vt_slice text, struct vt_demands *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    struct vt_demands demands = vt_demands_usual();
    uint64_t version = 0, max_age_s = UINT64_MAX, delay_s = 86400;
    const char *rebuild;

    if (text.len > VT_DEMANDS_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "policy: %zu bytes, at most %zu", text.len,
                       VT_DEMANDS_BYTES_MAX);
    if (!vt_json_parse(text, "policy", &json, err) ||
        !vt_schema_verify(json, "policy", DEMANDS, err) ||
        !take_number(json, "v", &version, err) ||
        !take_number(json, "reviews", &demands.reviews, err) ||
        !take_number(json, "max_age_s", &max_age_s, err) ||
        !take_number(json, "collection_delay_s", &delay_s, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "policy: version %ju, only 1 is known",
                       (uintmax_t)version);
    rebuild = json_string_value(json_object_get(json, "rebuild"));
    demands.is_robust_needed = rebuild != NULL && strcmp(rebuild, "equal-robust") == 0;
    demands.channel =
        vt_slice_from_cstr(json_string_value(json_object_get(json, "channel")));
    demands.builder_sites = json_object_get(json, "builder_sites");
    demands.builder_jurisdictions = json_object_get(json, "builder_jurisdictions");
    demands.signer_sites = json_object_get(json, "signer_sites");
    demands.signer_jurisdictions = json_object_get(json, "signer_jurisdictions");
    if (max_age_s != UINT64_MAX)
        demands.max_age_s = (int64_t)max_age_s;    /* at most 2^53 - 1 */
    demands.collection_delay_s = (int64_t)delay_s; /* at most 2^53 - 1 */
    demands.json = json_incref(json);
    *out = demands;
    return true;
}
