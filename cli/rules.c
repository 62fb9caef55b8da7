/* vitrine rules: threat-rule databases. */
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/progress.h"
#include "line/rules.h"

#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

static bool read_pack(const char *path, struct vt_buf *bytes, struct vt_rules_pack *pack,
                      struct vt_error *err)
{
    return vt_file_read(path, bytes, err) &&
           (vt_rules_pack_parse(vt_buf_slice(bytes), pack, err) ||
            vt_within(err, "%s", path));
}

static size_t count_collecting(const json_t *rules)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(rules); i++)
        count += json_is_true(json_object_get(json_array_get(rules, i), "collects"));
    return count;
}

static json_t *rules_of(const struct vt_rules_pack *pack)
{
    return json_object_get(pack->manifest, "rules");
}

static const char *name_of(const json_t *rule)
{
    return json_string_value(json_object_get(rule, "name"));
}

/* ---- build ------------------------------------------------------------------------------
 */

static const struct vt_option build_options[] = {
    { "out", "FILE", "the pack to write", true, false },
    OPTION_END,
};

static bool make(struct vt_args *args, struct vt_buf *bytes, struct vt_rules_pack *pack,
                 struct vt_error *err)
{
    struct vt_progress progress = vt_progress_init(vt_args_is_json(args));

    return vt_rules_make_from_folder(vt_args_operand(args, 0), bytes, vt_progress_line,
                                     &progress, err) &&
           vt_rules_pack_parse(vt_buf_slice(bytes), pack, err);
}

static void say_pack(struct vt_args *args, const char *path, vt_slice bytes,
                     const struct vt_rules_pack *pack)
{
    vt_hash hash = vt_sha256_of(bytes);
    size_t rules = json_array_size(rules_of(pack));
    size_t collecting = count_collecting(rules_of(pack));
    char hex[65];

    vt_hash_text(&hash, hex);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:I,s:I,s:I}", "ok", 1, "pack", path,
                                    "sha256", hex, "size", (json_int_t)bytes.len, "rules",
                                    (json_int_t)rules, "collecting",
                                    (json_int_t)collecting));
    else
        (void)printf("%s: %zu rules in %zu bytes, %zu of them collect files\nsha256 %s\n",
                     path, rules, bytes.len, collecting, hex);
}

static bool run_build(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK pack = { 0 };
    const char *out = vt_args_get(args, "out");

    if (!make(args, &bytes, &pack, err) ||
        !vt_cli_write(out, vt_buf_slice(&bytes), 0644, err))
        return false;
    say_pack(args, out, vt_buf_slice(&bytes), &pack);
    return true;
}

static bool run_check(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK pack = { 0 };

    if (!make(args, &bytes, &pack, err))
        return false;
    say_pack(args, vt_args_operand(args, 0), vt_buf_slice(&bytes), &pack);
    return true;
}

/* ---- show -------------------------------------------------------------------------------
 */

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_RULES_PACK pack = { 0 };
    const json_t *rules;

    if (!read_pack(path, &bytes, &pack, err))
        return false;
    rules = rules_of(&pack);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "manifest", pack.manifest));
        return true;
    }
    say_pack(args, path, vt_buf_slice(&bytes), &pack);
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        (void)printf("%-9s %s  (%s)\n",
                     json_is_true(json_object_get(rule, "collects")) ? "collects" : "",
                     name_of(rule), json_string_value(json_object_get(rule, "file")));
    }
    return true;
}

/* ---- diff -------------------------------------------------------------------------------
 */

static const json_t *find_rule(const json_t *rules, const char *name)
{
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (strcmp(name_of(json_array_get(rules, i)), name) == 0)
            return json_array_get(rules, i);
    return NULL;
}

/* The hash of the file that holds a rule, as the manifest says. */
static const json_t *hash_of(const struct vt_rules_pack *pack, const json_t *rule)
{
    const json_t *files = json_object_get(pack->manifest, "files");
    const json_t *path = json_object_get(rule, "file");

    for (size_t i = 0; i < json_array_size(files); i++)
        if (json_equal(json_object_get(json_array_get(files, i), "path"), path))
            return json_object_get(json_array_get(files, i), "sha256");
    return NULL;
}

static void list_names(json_t *answer, const char *list, const json_t *rule)
{
    (void)json_array_append(json_object_get(answer, list), json_object_get(rule, "name"));
}

static json_t *compare(const struct vt_rules_pack *was, const struct vt_rules_pack *is)
{
    json_t *answer = json_pack("{s:b,s:[],s:[],s:[],s:[]}", "ok", 1, "added", "removed",
                               "changed", "now_collecting");
    const json_t *before = rules_of(was), *now = rules_of(is);

    for (size_t i = 0; i < json_array_size(now); i++) {
        const json_t *rule = json_array_get(now, i);
        const json_t *old = find_rule(before, name_of(rule));

        if (old == NULL)
            list_names(answer, "added", rule);
        else if (!json_equal(hash_of(was, old), hash_of(is, rule)))
            list_names(answer, "changed", rule);
        if (json_is_true(json_object_get(rule, "collects")) &&
            (old == NULL || !json_is_true(json_object_get(old, "collects"))))
            list_names(answer, "now_collecting", rule);
    }
    for (size_t i = 0; i < json_array_size(before); i++)
        if (find_rule(now, name_of(json_array_get(before, i))) == NULL)
            list_names(answer, "removed", json_array_get(before, i));
    return answer;
}

static void print_names(const json_t *answer, const char *list, const char *sign)
{
    const json_t *names = json_object_get(answer, list);

    for (size_t i = 0; i < json_array_size(names); i++)
        (void)printf("%s %s\n", sign, json_string_value(json_array_get(names, i)));
}

static bool run_diff(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF was_bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_BUF is_bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK was = { 0 };
    VT_AUTO_RULES_PACK is = { 0 };
    VT_AUTO_JSON answer = NULL;

    if (!read_pack(vt_args_operand(args, 0), &was_bytes, &was, err) ||
        !read_pack(vt_args_operand(args, 1), &is_bytes, &is, err))
        return false;
    answer = compare(&was, &is);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_incref(answer));
        return true;
    }
    print_names(answer, "added", "+");
    print_names(answer, "removed", "-");
    print_names(answer, "changed", "*");
    print_names(answer, "now_collecting", "now collects:");
    return true;
}

static const struct vt_verb verbs[] = {
    { "build", "FOLDER", 1, 1, "compile, try and pack a rule database",
      "FOLDER holds rules/ (*.yar, *.yara), corpus/must-detect/RULE/ and "
      "corpus/must-not-detect/.\nRules are compiled in a confined process.  Equal input "
      "gives an equal pack.",
      build_options, run_build },
    { "check", "FOLDER", 1, 1, "the same, without writing", NULL, NULL, run_check },
    { "show", "PACK", 1, 1, "which rules a pack holds, and which collect files", NULL, NULL,
      run_show },
    { "diff", "OLD NEW", 2, 2, "rules added, removed, changed, and now collecting", NULL,
      NULL, run_diff },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_rules = {
    "rules",
    "threat-rule databases: build, check, show, diff",
    verbs,
};
