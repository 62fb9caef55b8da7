/* See compare.h. */
#include "centre/compare.h"
#include "evidence/field.h"
#include "ledger/tree.h"

static const char *const words[VT_DIFFERENCE_KINDS] = {
    [VT_DIFFERENCE_ALTERED] = "altered",
    [VT_DIFFERENCE_FIRST] = "only the first",
    [VT_DIFFERENCE_SECOND] = "only the second",
    [VT_DIFFERENCE_FORK] = "two histories",
};

const char *vt_difference_word(enum vt_difference_kind kind)
{
    return words[kind];
}

void vt_comparison_clear(struct vt_comparison *comparison)
{
    json_decref(comparison->differences);
    json_decref(comparison->ledgers);
    *comparison = (struct vt_comparison){ .equal = 0 };
}

static void add(struct vt_comparison *c, json_t *what, enum vt_difference_kind kind,
                const char *first, const char *second)
{
    json_t *row = json_pack("{s:o,s:s}", "what", what, "kind", words[kind]);

    if (row == NULL)
        return;
    if (first != NULL)
        (void)json_object_set_new(row, "first", json_string(first));
    if (second != NULL)
        (void)json_object_set_new(row, "second", json_string(second));
    (void)json_array_append_new(c->differences, row);
}

/* ---- items ------------------------------------------------------------------------------
 */

static json_t *name_of(const struct vt_digest_item *item)
{
    return item->name[0] == '\0'
               ? json_sprintf("%s: %s", item->of, item->kind)
               : json_sprintf("%s: %s, %s", item->of, item->kind, item->name);
}

static bool has_one_name(const struct vt_digest_item *a, const struct vt_digest_item *b)
{
    return strcmp(a->of, b->of) == 0 && strcmp(a->kind, b->kind) == 0 &&
           strcmp(a->name, b->name) == 0;
}

/* From `at` on, how many have the name of the item at `of`. */
static size_t run_of(const struct vt_digests *d, size_t at, const struct vt_digest_item *of)
{
    size_t end = at;

    while (end < d->count && has_one_name(&d->items[end], of))
        end++;
    return end - at;
}

/* Of one name: those that only one side has.  A single one on each side is the same thing,
 * altered. */
static void compare_run(const struct vt_digest_item *a, size_t a_count,
                        const struct vt_digest_item *b, size_t b_count,
                        struct vt_comparison *c)
{
    const struct vt_digest_item *first = NULL, *second = NULL;
    size_t firsts = 0, seconds = 0, before = json_array_size(c->differences);

    for (size_t i = 0, k = 0; i < a_count || k < b_count;) {
        int order = i == a_count ? 1 : k == b_count ? -1 : strcmp(a[i].sha256, b[k].sha256);

        if (order < 0) {
            first = &a[i];
            firsts++;
            add(c, name_of(first), VT_DIFFERENCE_FIRST, first->sha256, NULL);
        } else if (order > 0) {
            second = &b[k];
            seconds++;
            add(c, name_of(second), VT_DIFFERENCE_SECOND, NULL, second->sha256);
        } else {
            c->equal++;
        }
        i += order <= 0;
        k += order >= 0;
    }
    if (firsts != 1 || seconds != 1)
        return;
    while (json_array_size(c->differences) > before)
        (void)json_array_remove(c->differences, before);
    add(c, name_of(first), VT_DIFFERENCE_ALTERED, first->sha256, second->sha256);
}

void vt_digests_compare(const struct vt_digests *first, const struct vt_digests *second,
                        struct vt_comparison *out)
{
    size_t i = 0, k = 0;

    out->differences = json_array();
    out->ledgers = json_array();
    while (i < first->count || k < second->count) {
        bool is_first = k == second->count ||
                        (i < first->count &&
                         vt_digest_item_compare(&first->items[i], &second->items[k]) <= 0);
        const struct vt_digest_item *of = is_first ? &first->items[i] : &second->items[k];
        size_t a = run_of(first, i, of), b = run_of(second, k, of);

        compare_run(first->items + i, a, second->items + k, b, out);
        i += a;
        k += b;
    }
}

/* ---- ledgers ----------------------------------------------------------------------------
 */

static const json_t *find_ledger(const struct vt_side *side, const char *origin)
{
    const json_t *rows = json_object_get(side->digests.json, "ledgers");

    for (size_t i = 0; i < json_array_size(rows); i++)
        if (vt_slice_is(vt_field_text(json_array_get(rows, i), "origin"), origin))
            return json_array_get(rows, i);
    return NULL;
}

/* One verified head on each side: is the smaller the beginning of the larger? */
static bool is_one_history(struct vt_side *larger, const char *name,
                           const struct vt_head *large, const struct vt_head *small,
                           bool *out, struct vt_error *err)
{
    struct vt_proof proof = { .count = 0 };

    if (small->size == large->size || small->size == 0) {
        *out = small->size == 0 || vt_hash_equal(&small->root, &large->root);
        return true;
    }
    if (!vt_side_consistency(larger, name, small->size, &proof, err))
        return false;
    *out = vt_tree_verify_consistency(small->size, &small->root, large->size, &large->root,
                                      proof.hashes, proof.count);
    return true;
}

static bool compare_ledger(struct vt_side *sides[2], const json_t *rows[2],
                           const struct vt_trust *trust, struct vt_comparison *c,
                           struct vt_error *err)
{
    const char *origin = json_string_value(json_object_get(rows[0], "origin"));
    struct vt_head heads[2];
    const char *names[2];
    char hex[2][65];
    size_t large;
    bool is_one;

    for (size_t i = 0; i < 2; i++) {
        names[i] = json_string_value(json_object_get(rows[i], "name"));
        if (!vt_side_head(sides[i], names[i], vt_slice_from_cstr(origin), trust, &heads[i],
                          err))
            return false;
        vt_hash_text(&heads[i].root, hex[i]);
    }
    large = heads[1].size > heads[0].size;
    if (!is_one_history(sides[large], names[large], &heads[large], &heads[1 - large],
                        &is_one, err))
        return false;
    if (!is_one)
        add(c, json_sprintf("ledger %s", origin), VT_DIFFERENCE_FORK, hex[0], hex[1]);
    else
        (void)json_array_append_new(c->ledgers,
                                    json_pack("{s:s,s:I,s:I}", "origin", origin, "first",
                                              (json_int_t)heads[0].size, "second",
                                              (json_int_t)heads[1].size));
    return true;
}

static bool compare_ledgers(struct vt_side *sides[2], const struct vt_trust *trust,
                            struct vt_comparison *c, struct vt_error *err)
{
    for (size_t side = 0; side < 2; side++) {
        const json_t *all = json_object_get(sides[side]->digests.json, "ledgers");

        for (size_t i = 0; i < json_array_size(all); i++) {
            const json_t *rows[2] = { json_array_get(all, i), NULL };
            const char *origin = json_string_value(json_object_get(rows[0], "origin"));

            rows[1] = find_ledger(sides[1 - side], origin);
            if (rows[1] == NULL)
                add(c, json_sprintf("ledger %s", origin),
                    side == 0 ? VT_DIFFERENCE_FIRST : VT_DIFFERENCE_SECOND, NULL, NULL);
            else if (side == 0 && !compare_ledger(sides, rows, trust, c, err))
                return false;
        }
    }
    return true;
}

bool vt_centre_compare(struct vt_side *first, struct vt_side *second,
                       const struct vt_trust *trust, struct vt_comparison *out,
                       struct vt_error *err)
{
    struct vt_side *sides[2] = { first, second };
    struct vt_comparison made = { .equal = 0 };
    const char *roots[2] = {
        json_string_value(json_object_get(first->digests.json, "trust")),
        json_string_value(json_object_get(second->digests.json, "trust")),
    };

    vt_digests_compare(&first->digests, &second->digests, &made);
    if (strcmp(roots[0], roots[1]) != 0)
        add(&made, json_string("trust root"), VT_DIFFERENCE_ALTERED, roots[0], roots[1]);
    if (!compare_ledgers(sides, trust, &made, err)) {
        vt_comparison_clear(&made);
        return false;
    }
    *out = made;
    return true;
}
