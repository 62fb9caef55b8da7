/* The supervisor's rules, read and asked. */
#include "custody/policy.h"
#include "evidence/field.h"

enum { DURATION_S_MAX = 366 * 24 * 3600 };

/* ---- reading ----------------------------------------------------------------------------
 */

static vt_slice text_at(const json_t *list, size_t i)
{
    const json_t *text = json_array_get(list, i);

    return vt_slice_of(json_string_value(text), json_string_length(text));
}

static bool read_roles(const json_t *list, struct vt_custody *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_ROLES_MAX; i++) {
        const json_t *row = json_array_get(list, i);
        struct vt_custody_role *role = &out->roles[i];
        struct vt_key_id id;

        role->name = vt_field_text(row, "name");
        if (!vt_json_get_sha256(row, "custody", "public", role->key.bytes, err))
            return false;
        id = vt_public_key_id(&role->key);
        if (!vt_hash_parse_hex(vt_slice_from_cstr(id.text), &role->id))
            return vt_fail(err, VT_MALFORMED, "custody: a key id without a form");
        for (size_t j = 0; j < i; j++)
            if (vt_slice_equal(out->roles[j].name, role->name) ||
                vt_hash_equal(&out->roles[j].id, &role->id))
                return vt_fail(err, VT_MALFORMED,
                               "custody: the role '%.*s', or its key, stands there twice",
                               VT_SLICE_ARGS(role->name));
        out->role_count++;
    }
    return true;
}

static bool knows_role(const struct vt_custody *custody, vt_slice name)
{
    for (size_t i = 0; i < custody->role_count; i++)
        if (vt_slice_equal(custody->roles[i].name, name))
            return true;
    return false;
}

static bool rule_is_sound(const struct vt_custody *custody,
                          const struct vt_custody_rule *rule, struct vt_error *err)
{
    const char *reason = vt_access_reason_name(rule->reason);

    for (size_t i = 0; i < json_array_size(rule->roles); i++)
        if (!knows_role(custody, text_at(rule->roles, i)))
            return vt_fail(err, VT_MALFORMED,
                           "custody: a rule for %s names the role '%.*s', which has no key",
                           reason, VT_SLICE_ARGS(text_at(rule->roles, i)));
    if (json_array_size(rule->roles) == 0 || json_array_size(rule->countries) == 0 ||
        json_array_size(rule->classes) == 0 || json_array_size(rule->jurisdictions) == 0 ||
        rule->terms.objects == 0 || rule->terms.per_day == 0 || rule->terms.valid_s == 0)
        return vt_fail(err, VT_MALFORMED,
                       "custody: a rule for %s allows nothing; leave it out", reason);
    if (rule->terms.valid_s > DURATION_S_MAX || rule->terms.delay_s > DURATION_S_MAX)
        return vt_fail(err, VT_MALFORMED, "custody: a rule for %s waits over a year",
                       reason);
    return rule->reason != VT_ACCESS_EMERGENCY || rule->terms.delay_s > 0 ||
           vt_fail(err, VT_MALFORMED,
                   "custody: an emergency is slower than the rest, give it a delay_s");
}

static bool read_rules(const json_t *list, struct vt_custody *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_RULES_MAX; i++) {
        const json_t *row = json_array_get(list, i);
        struct vt_custody_rule *rule = &out->rules[i];

        *rule = (struct vt_custody_rule){
            .roles = json_object_get(row, "roles"),
            .countries = json_object_get(row, "countries"),
            .classes = json_object_get(row, "classes"),
            .jurisdictions = json_object_get(row, "jurisdictions"),
            .terms = { .approvals = vt_field_number(row, "approvals"),
                       .objects = vt_field_number(row, "objects"),
                       .per_day = vt_field_number(row, "per_day"),
                       /* at most 2^53 - 1 */
                       .valid_s = (int64_t)vt_field_number(row, "valid_s"),
                       .delay_s = (int64_t)vt_field_number(row, "delay_s") },
        };
        if (!vt_access_reason_of(vt_field_text(row, "reason"), &rule->reason))
            return vt_fail(err, VT_MALFORMED, "custody: no reason that we know");
        if (!rule_is_sound(out, rule, err))
            return false;
        out->rule_count++;
    }
    return true;
}

static bool read_published(const json_t *list, struct vt_custody *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_PUBLISHED_MAX; i++) {
        vt_hash digest;

        if (!vt_hash_parse_hex(text_at(list, i), &digest))
            return vt_fail(err, VT_MALFORMED, "custody: published rules %zu: no SHA-256",
                           i + 1);
        if (vt_custody_is_published(out, &digest))
            return vt_fail(err, VT_MALFORMED, "custody: published rules %zu: named twice",
                           i + 1);
        out->published[out->published_count++] = digest;
    }
    return true;
}

static bool read_destinations(const json_t *list, struct vt_custody *out,
                              struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_DESTINATIONS_MAX; i++) {
        struct vt_age_recipient recipient;

        if (!vt_age_recipient_parse(text_at(list, i), &recipient, err))
            return vt_within(err, "custody: destination %zu", i + 1);
        if (vt_custody_is_destination(out, &recipient))
            return vt_fail(err, VT_MALFORMED, "custody: destination %zu: named twice",
                           i + 1);
        out->destinations[out->destination_count++] = recipient;
    }
    for (size_t i = 0; i < out->rule_count; i++)
        if (out->rules[i].reason == VT_ACCESS_RELOCATION && out->destination_count == 0)
            return vt_fail(err, VT_MALFORMED,
                           "custody: a rule for relocation, and no destination is named");
    return true;
}

static bool read_retention(const json_t *list, struct vt_custody *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_RETENTION_MAX; i++) {
        const json_t *row = json_array_get(list, i);
        struct vt_custody_retention *at = &out->retention[i];

        *at = (struct vt_custody_retention){ json_object_get(row, "countries"),
                                             json_object_get(row, "classes"),
                                             vt_field_number(row, "days") };
        if (json_array_size(at->countries) == 0 || json_array_size(at->classes) == 0 ||
            at->days == 0 || at->days > VT_CUSTODY_DAYS_MAX)
            return vt_fail(err, VT_MALFORMED,
                           "custody: schedule %zu of what is kept names no country or "
                           "class, or not 1 to %d days",
                           i + 1, VT_CUSTODY_DAYS_MAX);
        out->retention_count++;
    }
    return true;
}

static bool read_held(const json_t *list, struct vt_custody_hold *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_HELD_MAX; i++)
        if (!vt_hash_parse_hex(text_at(list, i), &out->objects[out->object_count++]))
            return vt_fail(err, VT_MALFORMED,
                           "custody: the hold '%.*s' names an object by no id of 64 hex "
                           "digits",
                           VT_SLICE_ARGS(out->name));
    return list == NULL || out->object_count != 0 ||
           vt_fail(err, VT_MALFORMED,
                   "custody: the hold '%.*s' has an empty list of objects: leave it out to "
                   "hold all of a country",
                   VT_SLICE_ARGS(out->name));
}

static bool read_holds(const json_t *list, struct vt_custody *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list) && i < VT_CUSTODY_HOLDS_MAX; i++) {
        const json_t *row = json_array_get(list, i);
        struct vt_custody_hold *at = &out->holds[i];

        *at = (struct vt_custody_hold){ .name = vt_field_text(row, "name"),
                                        .reason = vt_field_text(row, "reason"),
                                        .countries = json_object_get(row, "countries"),
                                        .classes = json_object_get(row, "classes") };
        if (json_array_size(at->countries) == 0 || json_array_size(at->classes) == 0)
            return vt_fail(err, VT_MALFORMED,
                           "custody: the hold '%.*s' names no country or class",
                           VT_SLICE_ARGS(at->name));
        if (!vt_json_get_time(row, "custody", "since", &at->since_unix_s, err) ||
            !read_held(json_object_get(row, "objects"), at, err))
            return false;
        out->hold_count++;
    }
    return true;
}

bool vt_custody_read(const struct vt_statement *statement, struct vt_custody *out,
                     struct vt_error *err)
{
    const json_t *predicate = statement->predicate;

    *out = (struct vt_custody){ .version = vt_field_number(predicate, "version"),
                                .cell = vt_field_text(predicate, "cell"),
                                .ledger = vt_field_text(predicate, "ledger"),
                                /* at most 2^53 - 1 */
                                .fresh_s = (int64_t)vt_field_number(predicate, "fresh_s"),
                                .requests = vt_field_number(predicate, "requests") };
    if (statement->type != VT_CUSTODY)
        return vt_fail(err, VT_MALFORMED,
                       "this is a statement of kind '%s', not a custody policy",
                       vt_predicate_name(statement->type));
    if (out->version == 0 || out->fresh_s == 0 || out->fresh_s > DURATION_S_MAX)
        return vt_fail(err, VT_MALFORMED,
                       "custody: versions begin at 1, and fresh_s is 1 to a year");
    return vt_statement_is_about_itself(statement, err) &&
           vt_json_get_time(predicate, "custody", "created", &out->created_unix_s, err) &&
           read_roles(json_object_get(predicate, "roles"), out, err) &&
           read_rules(json_object_get(predicate, "rules"), out, err) &&
           read_published(json_object_get(predicate, "published"), out, err) &&
           read_destinations(json_object_get(predicate, "destinations"), out, err) &&
           read_retention(json_object_get(predicate, "retention"), out, err) &&
           read_holds(json_object_get(predicate, "holds"), out, err);
}

/* ---- asking -----------------------------------------------------------------------------
 */

const struct vt_custody_role *vt_custody_role(const struct vt_custody *custody,
                                              vt_slice name, const vt_hash *id)
{
    for (size_t i = 0; i < custody->role_count; i++)
        if (vt_slice_equal(custody->roles[i].name, name) &&
            vt_hash_equal(&custody->roles[i].id, id))
            return &custody->roles[i];
    return NULL;
}

bool vt_custody_is_destination(const struct vt_custody *custody,
                               const struct vt_age_recipient *recipient)
{
    for (size_t i = 0; i < custody->destination_count; i++)
        if (memcmp(&custody->destinations[i], recipient, sizeof *recipient) == 0)
            return true;
    return false;
}

bool vt_custody_is_published(const struct vt_custody *custody, const vt_hash *rules)
{
    for (size_t i = 0; i < custody->published_count; i++)
        if (vt_hash_equal(&custody->published[i], rules))
            return true;
    return false;
}

struct vt_custody_terms vt_custody_terms_none(void)
{
    return (struct vt_custody_terms){ .objects = UINT64_MAX,
                                      .per_day = UINT64_MAX,
                                      .valid_s = INT64_MAX };
}

static bool names(const json_t *list, vt_slice text)
{
    return vt_list_has(list, text) || vt_list_has(list, VT_LIT("*"));
}

uint64_t vt_custody_days(const struct vt_custody *custody, vt_slice country,
                         vt_slice data_class)
{
    uint64_t days = 0;

    for (size_t i = 0; i < custody->retention_count; i++) {
        const struct vt_custody_retention *at = &custody->retention[i];

        if (names(at->countries, country) && vt_list_has(at->classes, data_class) &&
            (days == 0 || at->days < days))
            days = at->days;
    }
    return days;
}

static bool holds_object(const struct vt_custody_hold *hold, const vt_hash *object)
{
    for (size_t i = 0; i < hold->object_count; i++)
        if (vt_hash_equal(&hold->objects[i], object))
            return true;
    return hold->object_count == 0;
}

const struct vt_custody_hold *vt_custody_held(const struct vt_custody *custody,
                                              const vt_hash *object, vt_slice country,
                                              vt_slice data_class)
{
    for (size_t i = 0; i < custody->hold_count; i++) {
        const struct vt_custody_hold *at = &custody->holds[i];

        if ((country.len == 0 || names(at->countries, country)) &&
            (data_class.len == 0 || vt_list_has(at->classes, data_class)) &&
            holds_object(at, object))
            return at;
    }
    return NULL;
}

static void add_terms(struct vt_custody_terms *all, const struct vt_custody_terms *one)
{
    if (one->approvals > all->approvals)
        all->approvals = one->approvals;
    if (one->objects < all->objects)
        all->objects = one->objects;
    if (one->per_day < all->per_day)
        all->per_day = one->per_day;
    if (one->valid_s < all->valid_s)
        all->valid_s = one->valid_s;
    if (one->delay_s > all->delay_s)
        all->delay_s = one->delay_s;
}

bool vt_custody_allows(const struct vt_custody *custody, const struct vt_access *access,
                       vt_slice country, vt_slice data_class,
                       struct vt_custody_terms *terms, struct vt_error *err)
{
    bool has_role = false, has_data = false, has_place = false;

    for (size_t i = 0; i < custody->rule_count; i++) {
        const struct vt_custody_rule *rule = &custody->rules[i];

        if (rule->reason != access->reason || !vt_list_has(rule->roles, access->role))
            continue;
        has_role = true;
        if (!names(rule->countries, country) || !vt_list_has(rule->classes, data_class))
            continue;
        has_data = true;
        if (!names(rule->jurisdictions, access->jurisdiction))
            continue;
        has_place = true;
        add_terms(terms, &rule->terms);
    }
    if (has_place)
        return true;
    if (has_data)
        return vt_fail(err, VT_REJECTED,
                       "the policy lets nobody in %.*s read data of %.*s for %s",
                       VT_SLICE_ARGS(access->jurisdiction), VT_SLICE_ARGS(country),
                       vt_access_reason_name(access->reason));
    return vt_fail(err, VT_REJECTED, "the policy has no rule by which %.*s may read %s%.*s",
                   VT_SLICE_ARGS(access->role), has_role ? "data of " : "for ",
                   VT_SLICE_ARGS(has_role ? country
                                          : vt_slice_from_cstr(
                                                vt_access_reason_name(access->reason))));
}
