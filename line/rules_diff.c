/* What changed between two versions of a rule database.  A rule whose file changed counts
 * as changed: rules of one file lean on each other, and a change must never be missed. */
#include "line/rules.h"

/* name to {rule..., "sha256" of its file}; borrowed values inside are shared. */
static json_t *index_rules(const struct vt_rules_pack *pack)
{
    const json_t *rules = json_object_get(pack->manifest, "rules");
    const json_t *files = json_object_get(pack->manifest, "files");
    VT_AUTO_JSON hashes = json_object();
    json_t *index = json_object();

    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);

        (void)json_object_set(hashes, json_string_value(json_object_get(file, "path")),
                              json_object_get(file, "sha256"));
    }
    for (size_t i = 0; i < json_array_size(rules); i++) {
        json_t *rule = json_copy(json_array_get(rules, i));

        (void)json_object_set(
            rule, "sha256",
            json_object_get(hashes, json_string_value(json_object_get(rule, "file"))));
        (void)json_object_set_new(index, json_string_value(json_object_get(rule, "name")),
                                  rule);
    }
    return index;
}

static json_t *index_files(const struct vt_rules_pack *pack)
{
    const json_t *files = json_object_get(pack->manifest, "files");
    json_t *index = json_object();

    for (size_t i = 0; i < json_array_size(files); i++) {
        json_t *file = json_array_get(files, i);

        (void)json_object_set(index, json_string_value(json_object_get(file, "path")),
                              file);
    }
    return index;
}

static bool collects(const json_t *rule)
{
    return json_is_true(json_object_get(rule, "collects"));
}

static bool is_added(const json_t *before, const json_t *after)
{
    return before == NULL && after != NULL;
}

static bool is_removed(const json_t *before, const json_t *after)
{
    return before != NULL && after == NULL;
}

static bool is_changed(const json_t *before, const json_t *after)
{
    return before != NULL && after != NULL && !json_equal(before, after);
}

static bool differs(const json_t *before, const json_t *after)
{
    return before == NULL || after == NULL || !json_equal(before, after);
}

static bool begins(const json_t *before, const json_t *after)
{
    return !collects(before) && collects(after);
}

static bool stops(const json_t *before, const json_t *after)
{
    return collects(before) && !collects(after);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names for which it holds, sorted. */
static json_t *list(json_t *before, json_t *after,
                    bool (*holds)(const json_t *before, const json_t *after))
{
    VT_AUTO_FREE const char **names = vt_alloc_array(
        json_object_size(before) + json_object_size(after) + 1, sizeof *names);
    json_t *sorted = json_array(), *entry;
    const char *name;
    size_t count = 0;

    json_object_foreach(before, name, entry) if (holds(entry, json_object_get(after, name)))
        names[count++] = name;
    json_object_foreach(after, name, entry) if (json_object_get(before, name) == NULL &&
                                                holds(NULL, entry)) names[count++] = name;
    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(sorted, json_string(names[i]));
    return sorted;
}

json_t *vt_rules_diff(const struct vt_rules_pack *before, const struct vt_rules_pack *after)
{
    VT_AUTO_JSON old = index_rules(before);
    VT_AUTO_JSON new = index_rules(after);
    VT_AUTO_JSON old_files = index_files(before);
    VT_AUTO_JSON new_files = index_files(after);

    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "added", list(old, new, is_added),
                     "removed", list(old, new, is_removed), "changed",
                     list(old, new, is_changed), "now_collecting", list(old, new, begins),
                     "stops_collecting", list(old, new, stops), "files_changed",
                     list(old_files, new_files, differs), "engine_changed",
                     !json_equal(json_object_get(before->manifest, "engine"),
                                 json_object_get(after->manifest, "engine")));
}

void vt_rules_diff_text(const json_t *diff, struct vt_buf *out)
{
    static const struct {
        const char *list, *words;
    } rows[] = {
        { "now_collecting", "begins to collect" },
        { "stops_collecting", "stops collecting" },
        { "added", "added" },
        { "removed", "removed" },
        { "changed", "changed" },
        { "files_changed", "file differs" },
    };
    size_t before = out->len;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *names = json_object_get(diff, rows[i].list);

        for (size_t k = 0; k < json_array_size(names); k++)
            vt_buf_printf(out, "%-17s  %s\n", rows[i].words,
                          json_string_value(json_array_get(names, k)));
    }
    if (json_is_true(json_object_get(diff, "engine_changed")))
        vt_buf_put_text(out, "the engine differs\n");
    if (out->len == before)
        vt_buf_put_text(out, "no difference\n");
}
