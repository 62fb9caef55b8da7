/* The pack of a rule database: manifest, sources, compiled form, in one file whose bytes
 * depend on nothing but the input.  Layout in rules.h. */
#include "line/rules.h"

static const char MAGIC[] = "vitrine-rules/v1\n";

void vt_rules_pack_clear(struct vt_rules_pack *pack)
{
    vt_json_clear(&pack->manifest);
}

static json_t *describe_bytes(vt_slice bytes)
{
    vt_hash hash = vt_sha256_of(bytes);
    char text[65];

    vt_hash_text(&hash, text);
    return json_pack("{s:s,s:I}", "sha256", text, "size", (json_int_t)bytes.len);
}

static json_t *describe_file(const struct vt_rules_file *file)
{
    json_t *about = describe_bytes(file->bytes);

    if (about == NULL || json_object_set_new(about, "path", json_string(file->path)) != 0) {
        json_decref(about);
        return NULL;
    }
    return about;
}

static bool describe(const struct vt_rules_input *input, const char *engine, json_t *rules,
                     vt_slice compiled, json_t **out, struct vt_error *err)
{
    VT_AUTO_JSON files = json_array();
    json_t *manifest;

    for (size_t i = 0; i < input->rule_file_count; i++)
        if (json_array_append_new(files, describe_file(&input->rules[i])) != 0)
            return vt_fail(err, VT_MALFORMED, "%s: its path is not UTF-8",
                           input->rules[i].path);
    manifest = json_pack("{s:i,s:s,s:O,s:o,s:O,s:I,s:I}", "v", 1, "engine", engine, "files",
                         files, "compiled", describe_bytes(compiled), "rules", rules,
                         "must_detect", (json_int_t)input->must_detect_count,
                         "must_not_detect", (json_int_t)input->must_not_detect_count);
    if (manifest == NULL)
        return vt_fail(err, VT_IO, "rules manifest: out of memory");
    *out = manifest;
    return true;
}

bool vt_rules_pack_write(const struct vt_rules_input *input, const char *engine,
                         json_t *rules, vt_slice compiled, struct vt_buf *out,
                         struct vt_error *err)
{
    VT_AUTO_JSON manifest = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(32));

    if (!describe(input, engine, rules, compiled, &manifest, err) ||
        !vt_json_write_canonical(manifest, &text, err))
        return vt_within(err, "rules manifest");
    vt_buf_put_text(out, MAGIC);
    vt_buf_put_u32(out, (uint32_t)text.len); /* below 32 MiB */
    vt_buf_put(out, vt_buf_slice(&text));
    for (size_t i = 0; i < input->rule_file_count; i++)
        vt_buf_put(out, input->rules[i].bytes);
    vt_buf_put(out, compiled);
    return vt_buf_check(out, "rule pack", err);
}

/* The next `size` bytes of r must be what the description says. */
static bool take_described(vt_reader *r, const json_t *about, const char *what,
                           vt_slice *out, struct vt_error *err)
{
    vt_hash wanted, seen;
    uint64_t size;

    if (!vt_json_get_number(about, what, "size", &size, err) ||
        !vt_json_get_sha256(about, what, "sha256", wanted.bytes, err))
        return false;
    if (size > SIZE_MAX || !vt_read_bytes(r, (size_t)size, out))
        return vt_fail(err, VT_MALFORMED, "%s: cut short", what);
    seen = vt_sha256_of(*out);
    if (!vt_hash_equal(&seen, &wanted))
        return vt_fail(err, VT_REJECTED,
                       "%s: its bytes do not have the hash of the manifest", what);
    return true;
}

static bool take_files(vt_reader *r, const json_t *files, vt_slice *all,
                       struct vt_error *err)
{
    static const char *const names[] = { "path", "sha256", "size", NULL };
    vt_slice start = r->rest, before = { 0 };

    if (json_array_size(files) == 0 || json_array_size(files) > VT_RULES_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "rule pack: %zu files, 1 to %d are taken",
                       json_array_size(files), VT_RULES_FILES_MAX);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *about = json_array_get(files, i);
        vt_slice path, bytes;

        if (!vt_json_only(about, "rule file", names, err) ||
            !vt_json_get_text(about, "rule file", "path", &path, err) ||
            !take_described(r, about, "rule file", &bytes, err))
            return false;
        if (i > 0 && vt_slice_compare(before, path) >= 0)
            return vt_fail(err, VT_MALFORMED, "rule pack: files are not sorted by path");
        before = path;
    }
    *all = vt_slice_sub(start, 0, start.len - r->rest.len);
    return true;
}

/* As libyara takes it: names stand one a line in lists, so nothing else may be in them. */
static bool is_rule_name(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool is_digit = c >= '0' && c <= '9';

        if (!(is_digit && i > 0) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            c != '_')
            return false;
    }
    return text.len > 0 && text.len <= VT_RULES_NAME_MAX;
}

static json_t *paths_of(const json_t *files)
{
    json_t *paths = json_object();

    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *path = json_object_get(json_array_get(files, i), "path");

        if (json_is_string(path))
            (void)json_object_set_new(paths, json_string_value(path), json_true());
    }
    return paths;
}

/* Each name once, each from a file of the pack. */
static bool check_places(const json_t *rules, const json_t *files, struct vt_error *err)
{
    VT_AUTO_JSON paths = paths_of(files);
    VT_AUTO_JSON seen = json_object();

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *name = json_string_value(json_object_get(rule, "name"));

        if (json_object_get(paths, json_string_value(json_object_get(rule, "file"))) ==
            NULL)
            return vt_fail(err, VT_MALFORMED, "rule %s: its file is not in the pack", name);
        if (json_object_get(seen, name) != NULL)
            return vt_fail(err, VT_MALFORMED, "rule %s: listed twice", name);
        if (json_object_set_new(seen, name, json_true()) != 0)
            return vt_fail(err, VT_IO, "rules manifest: out of memory");
    }
    return true;
}

static bool check_rules(const json_t *rules, struct vt_error *err)
{
    static const char *const names[] = { "author", "collects", "file", "name", NULL };

    if (json_array_size(rules) == 0)
        return vt_fail(err, VT_MALFORMED, "rule pack: no rule in it");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        vt_slice name, text;
        bool collects;

        if (!vt_json_only(rule, "rule", names, err) ||
            !vt_json_get_text(rule, "rule", "name", &name, err) ||
            !vt_json_get_text(rule, "rule", "file", &text, err) ||
            !vt_json_get_bool(rule, "rule", "collects", &collects, err) ||
            (vt_json_has(rule, "author") &&
             !vt_json_get_text(rule, "rule", "author", &text, err)))
            return false;
        if (!is_rule_name(name))
            return vt_fail(err, VT_MALFORMED, "rule pack: '%.*s' is no name of a rule",
                           VT_SLICE_ARGS(name));
    }
    return true;
}

static bool check_manifest(const json_t *manifest, json_t **files, json_t **compiled,
                           struct vt_error *err)
{
    static const char *const names[] = { "compiled",    "engine",          "files", "rules",
                                         "must_detect", "must_not_detect", "v",     NULL };
    static const char *const compiled_names[] = { "sha256", "size", NULL };
    const char *what = "rules manifest";
    json_t *rules;
    vt_slice engine;
    uint64_t number, version;

    if (!vt_json_only(manifest, what, names, err) ||
        !vt_json_get_number(manifest, what, "v", &version, err) ||
        !vt_json_get_text(manifest, what, "engine", &engine, err) ||
        !vt_json_get_number(manifest, what, "must_detect", &number, err) ||
        !vt_json_get_number(manifest, what, "must_not_detect", &number, err) ||
        !vt_json_get_array(manifest, what, "files", files, err) ||
        !vt_json_get_array(manifest, what, "rules", &rules, err) ||
        !vt_json_get_object(manifest, what, "compiled", compiled, err) ||
        !vt_json_only(*compiled, what, compiled_names, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "rules manifest: version %ju, only 1 is known",
                       (uintmax_t)version);
    return check_rules(rules, err) && check_places(rules, *files, err);
}

bool vt_rules_pack_parse(vt_slice bytes, struct vt_rules_pack *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    VT_AUTO_JSON manifest = NULL;
    json_t *files, *compiled;
    struct vt_rules_pack pack = { 0 };
    uint32_t manifest_len;
    vt_slice text;

    if (!vt_read_literal(&r, vt_slice_from_cstr(MAGIC)))
        return vt_fail(err, VT_MALFORMED, "not a rule pack: it does not begin with '%.16s'",
                       MAGIC);
    if (!vt_read_u32(&r, &manifest_len) || !vt_read_bytes(&r, manifest_len, &text))
        return vt_fail(err, VT_MALFORMED, "rule pack: cut short in its manifest");
    if (!vt_json_parse_canonical(text, "rules manifest", &manifest, err) ||
        !check_manifest(manifest, &files, &compiled, err) ||
        !take_files(&r, files, &pack.files, err) ||
        !take_described(&r, compiled, "compiled rules", &pack.compiled, err))
        return false;
    if (!vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "rule pack: %zu bytes too many", r.rest.len);
    pack.manifest = json_incref(manifest);
    *out = pack;
    return true;
}

bool vt_rules_pack_file(const struct vt_rules_pack *pack, size_t i,
                        struct vt_rules_file *out)
{
    const json_t *files = json_object_get(pack->manifest, "files");
    size_t at = 0;

    if (i >= json_array_size(files))
        return false;
    /* The sum is that of bytes which are there: parsing has counted them. */
    for (size_t k = 0; k < i; k++)
        at += (size_t)json_integer_value(json_object_get(json_array_get(files, k), "size"));
    out->path = json_string_value(json_object_get(json_array_get(files, i), "path"));
    out->bytes = vt_slice_sub(
        pack->files, at,
        (size_t)json_integer_value(json_object_get(json_array_get(files, i), "size")));
    return true;
}

json_t *vt_rules_pack_summary(const struct vt_rules_pack *pack, vt_slice bytes)
{
    const json_t *m = pack->manifest, *rules = json_object_get(m, "rules");
    json_t *summary = describe_bytes(bytes), *collects = json_array();

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        if (json_is_true(json_object_get(rule, "collects")))
            (void)json_array_append(collects, json_object_get(rule, "name"));
    }
    (void)json_object_set_new(summary, "collects", collects);
    (void)json_object_set(summary, "engine", json_object_get(m, "engine"));
    (void)json_object_set_new(
        summary, "files",
        json_integer((json_int_t)json_array_size(json_object_get(m, "files"))));
    (void)json_object_set_new(summary, "rules",
                              json_integer((json_int_t)json_array_size(rules)));
    (void)json_object_set(summary, "must_detect", json_object_get(m, "must_detect"));
    (void)json_object_set(summary, "must_not_detect",
                          json_object_get(m, "must_not_detect"));
    (void)json_object_set_new(summary, "v", json_integer(1));
    return summary;
}

void vt_rules_pack_collecting(const struct vt_rules_pack *pack, struct vt_buf *names)
{
    const json_t *rules = json_object_get(pack->manifest, "rules");

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        if (json_is_true(json_object_get(rule, "collects")))
            vt_buf_printf(names, "%s\n", json_string_value(json_object_get(rule, "name")));
    }
}
