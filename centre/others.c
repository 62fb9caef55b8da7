/* See others.h. */
#include "centre/others.h"
#include "centre/question.h"
#include "evidence/field.h"
#include "evidence/schema.h"

static const struct vt_field SEEN[] = {
    { "of", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "kind", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "name", VT_FIELD_PROSE, false, 4096, NULL, NULL },
    { "sha256", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "first", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "gone", VT_FIELD_TIME, true, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field DIFFERENCE[] = {
    { "what", VT_FIELD_PROSE, false, 8192, NULL, NULL },
    { "kind", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "first", VT_FIELD_SHA256, true, 0, NULL, NULL },
    { "second", VT_FIELD_SHA256, true, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field OTHER[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "where", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "seen", VT_FIELD_OBJECTS, false, 200000, SEEN, NULL },
    { "differences", VT_FIELD_OBJECTS, false, 200000, DIFFERENCE, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static bool is_sorted(const json_t *seen, struct vt_error *err)
{
    for (size_t i = 1; i < json_array_size(seen); i++) {
        struct vt_digest_item before = vt_digest_item_of(json_array_get(seen, i - 1)),
                              item = vt_digest_item_of(json_array_get(seen, i));

        if (vt_digest_item_compare(&before, &item) >= 0)
            return vt_fail(err, VT_MALFORMED, "another Centre: row %zu is out of order", i);
    }
    return true;
}

bool vt_other_parse(vt_slice text, json_t **out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse_canonical(text, "another Centre", &json, err) ||
        !vt_schema_verify(json, "another Centre", OTHER, err))
        return false;
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "another Centre: only version 1 is known");
    if (!is_sorted(json_object_get(json, "seen"), err))
        return false;
    *out = json_incref(json);
    return true;
}

/* ---- remembering ------------------------------------------------------------------------
 */

static bool is_remembered(const struct vt_digest_item *item)
{
    static const char *const passing[] = { "evidence", "output", "source" };

    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (strcmp(item->kind, passing[i]) == 0)
            return false;
    return true;
}

static json_t *row_of(const struct vt_digest_item *item, int64_t first_unix_s)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:o}", "of", item->of, "kind", item->kind, "name",
                     item->name, "sha256", item->sha256, "first",
                     vt_field_of_time(first_unix_s));
}

/* Both are sorted by the same order; so is what comes of them. */
static json_t *merge(const json_t *before, const struct vt_digests *shown, int64_t now,
                     size_t *gone_out)
{
    json_t *seen = json_array(), *row;
    size_t old = json_array_size(before), i = 0, k = 0;

    *gone_out = 0;
    while (i < old || k < shown->count) {
        const json_t *was = json_array_get(before, i);
        struct vt_digest_item item;
        int order = 1;

        if (k < shown->count && !is_remembered(&shown->items[k])) {
            k++;
            continue;
        }
        if (was != NULL) {
            item = vt_digest_item_of(was);
            order =
                k == shown->count ? -1 : vt_digest_item_compare(&item, &shown->items[k]);
        }
        row = order <= 0 ? json_copy((json_t *)(uintptr_t)was) /* it is only read */
                         : row_of(&shown->items[k], now);
        if (order < 0 && json_object_get(row, "gone") == NULL) {
            (void)json_object_set_new(row, "gone", vt_field_of_time(now));
            (*gone_out)++;
        } else if (order == 0) {
            (void)json_object_del(row, "gone");
        }
        (void)json_array_append_new(seen, row);
        i += order <= 0;
        k += order >= 0;
    }
    return seen;
}

bool vt_other_update(const json_t *before, const char *where,
                     const struct vt_digests *shown, const json_t *differences,
                     int64_t now_unix_s, json_t **out, size_t *gone_out,
                     struct vt_error *err)
{
    json_t *seen = merge(json_object_get(before, "seen"), shown, now_unix_s, gone_out);
    VT_AUTO_JSON all =
        json_pack("{s:i,s:s,s:o,s:o,s:O}", "v", 1, "where", where, "at",
                  vt_field_of_time(now_unix_s), "seen", seen, "differences", differences);

    if (all == NULL)
        return vt_fail(err, VT_IO, "another Centre: out of memory");
    if (!vt_schema_verify(all, "another Centre", OTHER, err))
        return false;
    *out = json_incref(all);
    return true;
}

json_t *vt_other_gone(const json_t *other)
{
    const json_t *seen = json_object_get(other, "seen");
    json_t *gone = json_array();

    for (size_t i = 0; i < json_array_size(seen); i++)
        if (json_object_get(json_array_get(seen, i), "gone") != NULL)
            (void)json_array_append(gone, json_array_get(seen, i));
    return gone;
}

/* ---- its file ---------------------------------------------------------------------------
 */

bool vt_other_name_check(const char *name, struct vt_error *err)
{
    return vt_ledger_name_is_good(vt_slice_from_cstr(name)) ||
           vt_fail(err, VT_MALFORMED,
                   "'%s' is no name of another Centre: a-z, 0-9, '-', '_' and '.'", name);
}

bool vt_other_read(struct vt_disk *others, const char *name, json_t **out,
                   struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *file = vt_arena_printf(arena, "%s.json", name);
    VT_AUTO_BUF text = vt_buf_init(VT_OTHER_BYTES_MAX);

    *out = NULL;
    if (!vt_disk_read(others, file, &text, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *err = (struct vt_error){ 0 };
        return true;
    }
    return vt_other_parse(vt_buf_slice(&text), out, err) ||
           vt_within(err, "%s/%s", vt_disk_path(others), file);
}

bool vt_other_write(struct vt_disk *others, const char *name, const json_t *other,
                    struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF text = vt_buf_init(VT_OTHER_BYTES_MAX);

    return vt_json_write_canonical(other, &text, err) &&
           vt_disk_write(others, vt_arena_printf(arena, "%s.json", name),
                         vt_buf_slice(&text), 0644, err);
}
