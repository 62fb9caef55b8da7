/* Does a table of residency hold together, and may it follow the one before? */
#include "cell/residency.h"

static bool is_name(vt_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!(name.data[i] >= 'a' && name.data[i] <= 'z') &&
            !(name.data[i] >= '0' && name.data[i] <= '9') && name.data[i] != '-')
            return false;
    return name.len >= 1 && name.len <= 64;
}

/* Without https only where nobody listens on the way. */
static bool is_url(vt_slice url)
{
    static const char *const begins[] = { "https://",
                                          "http://127.0.0.1:", "http://[::1]:" };

    for (size_t i = 0; i < url.len; i++)
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || url.data[i] == '"')
            return false;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (vt_slice_starts_with(url, vt_slice_from_cstr(begins[i])) &&
            url.len > strlen(begins[i]) && url.data[url.len - 1] != '/')
            return true;
    return false;
}

static bool cells_fit(const struct vt_residency *policy, struct vt_error *err)
{
    size_t ignored;

    for (size_t i = 0; i < policy->cell_count; i++) {
        const struct vt_residency_cell *cell = &policy->cells[i];

        if (!is_name(cell->name))
            return vt_fail(err, VT_REJECTED,
                           "residency: '%.*s' is no name of a cell: 1 to 64 of a-z, 0-9 "
                           "and '-'",
                           VT_SLICE_ARGS(cell->name));
        if (vt_residency_find_cell(policy, cell->name) != i)
            return vt_fail(err, VT_REJECTED, "residency: two cells are called %.*s",
                           VT_SLICE_ARGS(cell->name));
        if (!vt_country_of(cell->jurisdiction, &ignored))
            return vt_fail(err, VT_REJECTED,
                           "residency: cell %.*s: '%.*s' is no country of ISO 3166",
                           VT_SLICE_ARGS(cell->name), VT_SLICE_ARGS(cell->jurisdiction));
        if (!is_url(cell->url))
            return vt_fail(err, VT_REJECTED,
                           "residency: cell %.*s: '%.*s' is not like "
                           "https://cell.example.org",
                           VT_SLICE_ARGS(cell->name), VT_SLICE_ARGS(cell->url));
    }
    return true;
}

static bool fail_line(size_t country, enum vt_data_class data, const char *what,
                      struct vt_error *err)
{
    return vt_fail(err, VT_REJECTED, "residency: %s, %s: %s", vt_country_code(country),
                   vt_data_class_name(data), what);
}

static bool line_fits(const struct vt_residency *policy, size_t country,
                      enum vt_data_class data, struct vt_error *err)
{
    const struct vt_residency_line *line = &policy->lines[country][data];

    if (vt_residency_at(policy, country, data, policy->created_unix_s) == NULL)
        return fail_line(country, data, "nothing is said of the time when it was made",
                         err);
    for (size_t i = 0; i < line->count; i++) {
        const struct vt_residency_step *step = &line->steps[i];

        if (step->state != VT_RESIDENCY_MOVING)
            continue;
        if (step->to == step->cell)
            return fail_line(country, data, "moves to where it is", err);
        if (step->fence_unix_s < step->from_unix_s)
            return fail_line(country, data, "is fenced before it moves", err);
        if (i + 1 < line->count &&
            (step[1].from_unix_s < step->fence_unix_s ||
             (step[1].cell != step->to && step[1].cell != step->cell)))
            return fail_line(country, data,
                             "what follows the move comes before its fence, or lies at "
                             "neither end",
                             err);
    }
    return true;
}

bool vt_residency_is_sound(const struct vt_residency *policy, struct vt_error *err)
{
    if (policy->version == 0)
        return vt_fail(err, VT_REJECTED, "residency: versions begin at 1");
    if (policy->has_previous != (policy->version > 1))
        return vt_fail(err, VT_REJECTED, "residency version %ju: %s the version before",
                       (uintmax_t)policy->version,
                       policy->has_previous ? "names" : "does not name");
    if (!cells_fit(policy, err))
        return false;
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            if (!line_fits(policy, country, (enum vt_data_class)data, err))
                return false;
    return true;
}

/* ---- the next version -------------------------------------------------------------------
 */

static bool is_same_cell(const struct vt_residency *a, size_t i,
                         const struct vt_residency *b, size_t k)
{
    return vt_slice_equal(a->cells[i].name, b->cells[k].name) &&
           vt_slice_equal(a->cells[i].jurisdiction, b->cells[k].jurisdiction);
}

static bool is_same_step(const struct vt_residency *a, const struct vt_residency_step *x,
                         const struct vt_residency *b, const struct vt_residency_step *y)
{
    return x->state == y->state && x->from_unix_s == y->from_unix_s &&
           x->fence_unix_s == y->fence_unix_s && is_same_cell(a, x->cell, b, y->cell) &&
           is_same_cell(a, x->to, b, y->to);
}

/* What began before the new version was made must be what the old one said. */
static bool keeps_the_past(const struct vt_residency *current,
                           const struct vt_residency *next, size_t country,
                           enum vt_data_class data, struct vt_error *err)
{
    const struct vt_residency_line *line = &next->lines[country][data];

    for (size_t i = 0; i < line->count; i++) {
        const struct vt_residency_step *step = &line->steps[i], *was;

        if (step->from_unix_s >= next->created_unix_s)
            continue;
        was = vt_residency_at(current, country, data, step->from_unix_s);
        if (was == NULL || !is_same_step(current, was, next, step))
            return fail_line(country, data,
                             "changes what was in force before this version was made", err);
    }
    return true;
}

/* A cell is one place: what is called the same stands in the same country. */
static bool cells_stay(const struct vt_residency *current, const struct vt_residency *next,
                       struct vt_error *err)
{
    for (size_t i = 0; i < next->cell_count; i++) {
        size_t k = vt_residency_find_cell(current, next->cells[i].name);

        if (k < current->cell_count && !is_same_cell(current, k, next, i))
            return vt_fail(err, VT_REJECTED,
                           "residency: cell %.*s would change its country; give the new "
                           "place a new name",
                           VT_SLICE_ARGS(next->cells[i].name));
    }
    return true;
}

bool vt_residency_may_follow(const struct vt_residency *current,
                             const vt_hash *current_digest, const struct vt_residency *next,
                             struct vt_error *err)
{
    if (next->version != current->version + 1) /* both at most 2^53 - 1 */
        return vt_fail(err, VT_REJECTED, "residency: version %ju does not follow %ju",
                       (uintmax_t)next->version, (uintmax_t)current->version);
    if (!next->has_previous || !vt_hash_equal(&next->previous, current_digest))
        return vt_fail(err, VT_REJECTED,
                       "residency version %ju: was made to follow another version %ju",
                       (uintmax_t)next->version, (uintmax_t)current->version);
    if (next->created_unix_s < current->created_unix_s)
        return vt_fail(err, VT_REJECTED,
                       "residency version %ju: says it is older than version %ju",
                       (uintmax_t)next->version, (uintmax_t)current->version);
    if (!cells_stay(current, next, err))
        return false;
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            if (!keeps_the_past(current, next, country, (enum vt_data_class)data, err))
                return false;
    return true;
}
