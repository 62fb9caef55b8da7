/* See digests.h. */
#include "centre/digests.h"
#include "evidence/field.h"
#include "evidence/schema.h"

static const struct vt_field ITEM[] = {
    { "of", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "kind", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "name", VT_FIELD_PROSE, false, 4096, NULL, NULL },
    { "sha256", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field LEDGER[] = {
    { "name", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "origin", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "size", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "root", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field DIGESTS[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "trust", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "ledgers", VT_FIELD_OBJECTS, false, 64, LEDGER, NULL },
    { "items", VT_FIELD_OBJECTS, false, 200000, ITEM, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

/* ---- items ------------------------------------------------------------------------------
 */

int vt_digest_item_compare(const struct vt_digest_item *a, const struct vt_digest_item *b)
{
    int order = strcmp(a->of, b->of);

    if (order == 0)
        order = strcmp(a->kind, b->kind);
    if (order == 0)
        order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->sha256, b->sha256);
}

static const char *text(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

struct vt_digest_item vt_digest_item_of(const json_t *row)
{
    return (struct vt_digest_item){ text(row, "of"), text(row, "kind"), text(row, "name"),
                                    text(row, "sha256") };
}

json_t *vt_digest_item_json(const char *of, const char *kind, const char *name,
                            const vt_hash *hash)
{
    return json_pack("{s:s,s:s,s:s,s:o}", "of", of, "kind", kind, "name", name, "sha256",
                     vt_field_of_hash(hash));
}

void vt_digests_clear(struct vt_digests *digests)
{
    json_decref(digests->json);
    free(digests->items);
    *digests = (struct vt_digests){ .json = NULL };
}

/* ---- reading and writing ----------------------------------------------------------------
 */

static bool read_items(struct vt_digests *digests, struct vt_error *err)
{
    const json_t *rows = json_object_get(digests->json, "items");

    digests->count = json_array_size(rows);
    digests->items = vt_alloc_array(digests->count + 1, sizeof *digests->items);
    for (size_t i = 0; i < digests->count; i++) {
        digests->items[i] = vt_digest_item_of(json_array_get(rows, i));
        if (strpbrk(digests->items[i].name, "\n\t") != NULL)
            return vt_fail(err, VT_MALFORMED, "digests: item %zu is named in lines", i);
        if (i > 0 &&
            vt_digest_item_compare(&digests->items[i - 1], &digests->items[i]) >= 0)
            return vt_fail(err, VT_MALFORMED, "digests: item %zu is out of order", i);
    }
    return true;
}

bool vt_digests_parse(vt_slice bytes, struct vt_digests *out, struct vt_error *err)
{
    VT_AUTO_DIGESTS made = { .json = NULL };

    if (bytes.len > VT_DIGESTS_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "digests: longer than %zu bytes",
                       VT_DIGESTS_BYTES_MAX);
    if (!vt_json_parse_canonical(bytes, "digests", &made.json, err) ||
        !vt_schema_verify(made.json, "digests", DIGESTS, err))
        return false;
    if (vt_field_number(made.json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "digests: only version 1 is known");
    if (!read_items(&made, err))
        return false;
    *out = made;
    made = (struct vt_digests){ .json = NULL };
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    struct vt_digest_item left = vt_digest_item_of(*(json_t *const *)a),
                          right = vt_digest_item_of(*(json_t *const *)b);

    return vt_digest_item_compare(&left, &right);
}

/* Returned. */
static json_t *sorted(const json_t *items)
{
    size_t count = json_array_size(items);
    VT_AUTO_FREE json_t **rows = vt_alloc_array(count + 1, sizeof *rows);
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(items, i);
    qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_rows(&rows[i - 1], &rows[i]) != 0)
            (void)json_array_append(out, rows[i]);
    return out;
}

bool vt_digests_write(const vt_hash *trust, const json_t *ledgers, const json_t *items,
                      struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON all =
        json_pack("{s:i,s:o,s:O,s:o}", "v", 1, "trust", vt_field_of_hash(trust), "ledgers",
                  ledgers, "items", sorted(items));

    return all == NULL ? vt_fail(err, VT_IO, "digests: out of memory")
                       : vt_schema_verify(all, "digests", DIGESTS, err) &&
                             vt_json_write_canonical(all, out, err);
}
