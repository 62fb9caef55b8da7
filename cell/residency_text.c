/* The table of residency as a predicate, in one spelling.
 *
 * 249 countries in four classes would not fit into a ledger's entry a row each.  So a rule
 * speaks for several countries and classes at once: all lines that have the same step
 * share one, as far as they have it in the same classes. */
#include "cell/residency.h"
#include "evidence/field.h"

enum { RULES_MAX = 1024 }; /* as the schema says */

/* ---- reading ----------------------------------------------------------------------------
 */

struct rule {
    struct vt_residency_step step;
    bool countries[VT_COUNTRIES];
    unsigned classes; /* a bit for each */
};

static bool take_cells(const json_t *list, struct vt_residency *out, struct vt_error *err)
{
    if (json_array_size(list) > VT_RESIDENCY_CELLS_MAX)
        return vt_fail(err, VT_LIMIT, "residency: more than %d cells",
                       VT_RESIDENCY_CELLS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        out->cells[i] = (struct vt_residency_cell){ vt_field_text(row, "name"),
                                                    vt_field_text(row, "jurisdiction"),
                                                    vt_field_text(row, "url") };
    }
    out->cell_count = json_array_size(list);
    return true;
}

static bool take_cell(const struct vt_residency *policy, const json_t *row,
                      const char *field, uint8_t *out, struct vt_error *err)
{
    vt_slice name = vt_field_text(row, field);
    size_t i = vt_residency_find_cell(policy, name);

    if (i == policy->cell_count)
        return vt_fail(err, VT_MALFORMED,
                       "residency: a rule names the cell '%.*s', which "
                       "is not listed",
                       VT_SLICE_ARGS(name));
    *out = (uint8_t)i; /* below VT_RESIDENCY_CELLS_MAX */
    return true;
}

static bool take_step(const struct vt_residency *policy, const json_t *row,
                      struct vt_residency_step *out, struct vt_error *err)
{
    bool is_moving;

    *out = (struct vt_residency_step){ 0 };
    if (!vt_residency_state_of(vt_field_text(row, "state"), &out->state) ||
        !vt_json_get_time(row, "residency", "from", &out->from_unix_s, err) ||
        !take_cell(policy, row, "cell", &out->cell, err))
        return false;
    is_moving = out->state == VT_RESIDENCY_MOVING;
    out->to = out->cell;
    if (vt_json_has(row, "to") != is_moving || vt_json_has(row, "fence") != is_moving)
        return vt_fail(err, VT_MALFORMED,
                       "residency: 'to' and 'fence' belong to a rule that is moving, and "
                       "to no other");
    return !is_moving ||
           (take_cell(policy, row, "to", &out->to, err) &&
            vt_json_get_time(row, "residency", "fence", &out->fence_unix_s, err));
}

static bool take_countries(const json_t *list, struct rule *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *code = json_string_value(json_array_get(list, i));
        size_t country;

        if (!vt_country_of(vt_slice_from_cstr(code), &country))
            return vt_fail(err, VT_MALFORMED, "residency: '%s' is no country of ISO 3166",
                           code);
        out->countries[country] = true;
    }
    return true;
}

static bool take_classes(const json_t *list, struct rule *out, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        enum vt_data_class data;

        if (!vt_data_class_of(vt_slice_from_cstr(name), &data))
            return vt_fail(err, VT_MALFORMED, "residency: '%s' is no class of data", name);
        out->classes |= 1u << data;
    }
    return true;
}

/* A step that is there already must not be given again. */
static bool add_step(struct vt_residency_line *line, const struct vt_residency_step *step,
                     const char *country, struct vt_error *err)
{
    for (size_t i = 0; i < line->count; i++)
        if (line->steps[i].from_unix_s == step->from_unix_s)
            return vt_fail(err, VT_MALFORMED,
                           "residency: two rules for %s begin at the same time", country);
    return vt_residency_set(line, step, err);
}

static bool take_rule(const json_t *row, struct vt_residency *out, struct vt_error *err)
{
    struct rule rule = { .classes = 0 };

    if (!take_step(out, row, &rule.step, err) ||
        !take_countries(json_object_get(row, "countries"), &rule, err) ||
        !take_classes(json_object_get(row, "classes"), &rule, err))
        return false;
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            if (rule.countries[country] && (rule.classes >> data & 1) != 0 &&
                !add_step(&out->lines[country][data], &rule.step, vt_country_code(country),
                          err))
                return false;
    return true;
}

static bool take_all(const json_t *predicate, struct vt_residency *out,
                     struct vt_error *err)
{
    const json_t *rules = json_object_get(predicate, "rules");

    memset(out, 0, sizeof *out);
    out->version = vt_field_number(predicate, "version");
    out->has_previous = vt_json_has(predicate, "previous");
    out->previous = vt_field_hash(predicate, "previous");
    if (!vt_json_get_time(predicate, "residency", "created", &out->created_unix_s, err) ||
        !take_cells(json_object_get(predicate, "cells"), out, err))
        return false;
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (!take_rule(json_array_get(rules, i), out, err))
            return false;
    return true;
}

bool vt_residency_read(const json_t *predicate, bool is_draft, struct vt_residency *out,
                       struct vt_error *err)
{
    VT_AUTO_JSON again = NULL;

    if (!vt_schema_verify(predicate, "residency", vt_predicate_schema(VT_RESIDENCY), err) ||
        !take_all(predicate, out, err))
        return false;
    if (is_draft)
        return true;
    if (!vt_residency_write(out, &again, err))
        return false;
    /* Two spellings of one table would be two statements that say the same. */
    return json_equal(again, predicate) ||
           vt_fail(err, VT_MALFORMED, "residency: is not in its one spelling");
}

/* ---- writing ----------------------------------------------------------------------------
 */

/* A step and the classes in which one country has it. */
struct group {
    struct vt_residency_step step;
    unsigned classes;
};

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    const int64_t keys[][2] = {
        { a->step.from_unix_s, b->step.from_unix_s },
        { a->step.state, b->step.state },
        { a->step.cell, b->step.cell },
        { a->step.to, b->step.to },
        { a->step.fence_unix_s, b->step.fence_unix_s },
        { a->classes, b->classes },
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i][0] != keys[i][1])
            return by_number(keys[i][0], keys[i][1]);
    return 0;
}

static bool is_equal_step(const struct vt_residency_step *a,
                          const struct vt_residency_step *b)
{
    struct group x = { *a, 0 }, y = { *b, 0 };

    return compare_groups(&x, &y) == 0;
}

static bool has_step(const struct vt_residency_line *line,
                     const struct vt_residency_step *step)
{
    for (size_t i = 0; i < line->count; i++)
        if (is_equal_step(&line->steps[i], step))
            return true;
    return false;
}

/* In which classes does this country have the step? */
static unsigned classes_of(const struct vt_residency *policy, size_t country,
                           const struct vt_residency_step *step)
{
    unsigned classes = 0;

    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        if (has_step(&policy->lines[country][data], step))
            classes |= 1u << data;
    return classes;
}

/* All groups of all countries, sorted, each once.  Returned, end with free(). */
static struct group *list_groups(const struct vt_residency *policy, size_t *count_out)
{
    struct group *groups = vt_alloc_array(
        (size_t)VT_COUNTRIES * VT_DATA_CLASSES * VT_RESIDENCY_STEPS_MAX, sizeof *groups);
    size_t count = 0, kept = 0;

    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            const struct vt_residency_line *line = &policy->lines[country][data];

            for (size_t i = 0; i < line->count; i++)
                groups[count++] =
                    (struct group){ line->steps[i],
                                    classes_of(policy, country, &line->steps[i]) };
        }
    qsort(groups, count, sizeof *groups, compare_groups);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_groups(&groups[kept - 1], &groups[i]) != 0)
            groups[kept++] = groups[i];
    *count_out = kept;
    return groups;
}

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *pack_rule(const struct vt_residency *policy, const struct group *group)
{
    const struct vt_residency_step *step = &group->step;
    json_t *countries = json_array(), *classes = json_array(), *rule;

    for (size_t country = 0; country < VT_COUNTRIES; country++)
        if (classes_of(policy, country, step) == group->classes)
            (void)json_array_append_new(countries, json_string(vt_country_code(country)));
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        if ((group->classes >> data & 1) != 0)
            (void)json_array_append_new(
                classes, json_string(vt_data_class_name((enum vt_data_class)data)));
    rule = json_pack("{s:o,s:o,s:o,s:s,s:o}", "countries", countries, "classes", classes,
                     "cell", text_of(policy->cells[step->cell].name), "state",
                     vt_residency_state_name(step->state), "from",
                     vt_field_of_time(step->from_unix_s));
    if (step->state == VT_RESIDENCY_MOVING) {
        (void)json_object_set_new(rule, "to", text_of(policy->cells[step->to].name));
        (void)json_object_set_new(rule, "fence", vt_field_of_time(step->fence_unix_s));
    }
    return rule;
}

static json_t *pack_cells(const struct vt_residency *policy)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < policy->cell_count; i++)
        (void)json_array_append_new(
            cells, json_pack("{s:o,s:o,s:o}", "name", text_of(policy->cells[i].name),
                             "jurisdiction", text_of(policy->cells[i].jurisdiction), "url",
                             text_of(policy->cells[i].url)));
    return cells;
}

bool vt_residency_write(const struct vt_residency *policy, json_t **out,
                        struct vt_error *err)
{
    size_t count;
    VT_AUTO_FREE struct group *groups = list_groups(policy, &count);
    json_t *rules, *all;

    if (count > RULES_MAX)
        return vt_fail(err, VT_LIMIT, "residency: %zu rules, at most %d", count, RULES_MAX);
    rules = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(rules, pack_rule(policy, &groups[i]));
    all = json_pack("{s:I,s:o,s:o,s:o}", "version", (json_int_t)policy->version, "created",
                    vt_field_of_time(policy->created_unix_s), "cells", pack_cells(policy),
                    "rules", rules);
    if (all == NULL)
        return vt_fail(err, VT_IO, "residency: out of memory");
    if (policy->has_previous)
        (void)json_object_set_new(all, "previous", vt_field_of_hash(&policy->previous));
    *out = all;
    return true;
}
