/* vitrine rules: threat-rule databases.  Rule files and samples are read by a confined
 * child only (line/role_rules.c); this file reads packs and prints. */
#include "line/rules.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/progress.h"

#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

/* A pack that was read, and the bytes that it points into. */
struct opened {
    struct vt_buf bytes;
    struct vt_rules_pack pack;
};

static void opened_clear(struct opened *o)
{
    vt_rules_pack_clear(&o->pack);
    vt_buf_clear(&o->bytes);
}

#define AUTO_OPENED __attribute__((cleanup(opened_clear))) struct opened

static struct opened opened_init(void)
{
    return (struct opened){ .bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX) };
}

static bool open_pack(const char *path, struct opened *out, struct vt_error *err)
{
    if (!vt_file_read(path, &out->bytes, err))
        return false;
    return vt_rules_pack_parse(vt_buf_slice(&out->bytes), &out->pack, err) ||
           vt_within(err, "%s", path);
}

static bool make(struct vt_args *args, const char *folder, struct opened *out,
                 struct vt_error *err)
{
    struct vt_progress progress = vt_progress_init(vt_args_is_json(args));

    if (!vt_rules_make_from_folder(folder, &out->bytes, vt_progress_line, &progress, err))
        return false;
    return vt_rules_pack_parse(vt_buf_slice(&out->bytes), &out->pack, err);
}

static json_t *summary_of(const struct opened *o)
{
    return vt_rules_pack_summary(&o->pack, vt_buf_slice(&o->bytes));
}

static intmax_t number(const json_t *summary, const char *name)
{
    return (intmax_t)json_integer_value(json_object_get(summary, name));
}

static void print_summary(struct vt_args *args, const char *path, json_t *summary)
{
    const json_t *collects = json_object_get(summary, "collects");
    intmax_t rules = number(summary, "rules"), files = number(summary, "files");
    intmax_t must = number(summary, "must_detect");

    if (vt_args_is_json(args)) {
        json_t *answer = json_deep_copy(summary);

        (void)json_object_set_new(answer, "ok", json_true());
        (void)json_object_set_new(answer, "collecting",
                                  json_integer((json_int_t)json_array_size(collects)));
        (void)json_object_set_new(answer, "pack",
                                  vt_cli_json_text(vt_slice_from_cstr(path)));
        vt_cli_print_json(answer);
        return;
    }
    (void)printf("%s: %jd rule%s in %jd file%s, %s\nsha256 %s\n", path, rules,
                 vt_plural((uint64_t)rules), files, vt_plural((uint64_t)files),
                 json_string_value(json_object_get(summary, "engine")),
                 json_string_value(json_object_get(summary, "sha256")));
    (void)printf("tried on %jd file%s that it must detect, %jd that it must not\n", must,
                 vt_plural((uint64_t)must), number(summary, "must_not_detect"));
    for (size_t i = 0; i < json_array_size(collects); i++)
        (void)printf("collects %s\n", json_string_value(json_array_get(collects, i)));
    if (json_array_size(collects) == 0)
        (void)printf("no rule collects\n");
}

/* ---- build ------------------------------------------------------------------------------
 */

static const struct vt_option build_options[] = {
    { "out", "FILE", "the pack to write; FILE.json says what statements say of it", true,
      false },
    OPTION_END,
};

static bool run_build(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(4));
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON summary = NULL;
    AUTO_OPENED made = opened_init();

    if (!make(args, vt_args_operand(args, 0), &made, err))
        return false;
    summary = summary_of(&made);
    if (!vt_json_write_canonical(summary, &text, err) ||
        !vt_cli_write(out, vt_buf_slice(&made.bytes), 0644, err) ||
        !vt_cli_write(vt_arena_printf(arena, "%s.json", out), vt_buf_slice(&text), 0644,
                      err))
        return false;
    print_summary(args, out, summary);
    return true;
}

/* ---- check ------------------------------------------------------------------------------
 */

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool run_check(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    AUTO_OPENED opened = opened_init();
    VT_AUTO_RULES_CHILD child = NULL;
    VT_AUTO_JSON summary = NULL;

    if (is_folder(path)) {
        if (!make(args, path, &opened, err))
            return false;
    } else if (!open_pack(path, &opened, err)) {
        return false;
    } else if (!vt_rules_load(&opened.pack, &child, err)) {
        return vt_within(err, "%s", path);
    }
    summary = summary_of(&opened);
    print_summary(args, path, summary);
    return true;
}

/* ---- scan -------------------------------------------------------------------------------
 */

/* The lines as a JSON array; printed for a person unless it is JSON that is wanted. */
static json_t *take_names(struct vt_args *args, const char *file,
                          const struct vt_buf *names)
{
    vt_reader r = { vt_buf_slice(names) };
    json_t *list = json_array();
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        (void)json_array_append_new(list, vt_cli_json_text(line));
        if (!vt_args_is_json(args))
            (void)printf("%s: %.*s\n", file, VT_SLICE_ARGS(line));
    }
    if (json_array_size(list) == 0 && !vt_args_is_json(args))
        (void)printf("%s: no rule\n", file);
    return list;
}

struct scan {
    struct vt_args *args;
    const struct opened *opened;
    struct vt_rules_child *child; /* NULL: it ended with the file before */
    json_t *answers;
    size_t hits, failures;
};

static bool ask_child(struct scan *s, const char *file, struct vt_buf *names,
                      struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_SAMPLE_BYTES_MAX);

    if (!vt_file_read(file, &bytes, err))
        return false;
    if (s->child == NULL && !vt_rules_load(&s->opened->pack, &s->child, err))
        return false;
    if (vt_rules_child_scan(s->child, file, vt_buf_slice(&bytes), names, err))
        return true;
    vt_rules_child_stop_pointer(&s->child);
    return false;
}

/* A file that cannot be read or scanned is told, and the others are scanned all the same.
 */
static void scan_file(struct scan *s, const char *file)
{
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(4));
    struct vt_error why = { 0 };
    json_t *answer = json_pack("{s:o}", "file", vt_cli_json_text(vt_slice_from_cstr(file)));

    if (ask_child(s, file, &names, &why)) {
        json_t *list = take_names(s->args, file, &names);

        s->hits += json_array_size(list) > 0;
        (void)json_object_set_new(answer, "rules", list);
    } else {
        s->failures++;
        (void)json_object_set_new(answer, "error",
                                  vt_cli_json_text(vt_slice_from_cstr(why.message)));
        if (!vt_args_is_json(s->args))
            (void)fprintf(stderr, "vitrine rules scan: %s\n", why.message);
    }
    (void)json_array_append_new(s->answers, answer);
}

static bool run_scan(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    AUTO_OPENED opened = opened_init();
    VT_AUTO_JSON answers = json_array();
    struct scan scan = { .args = args, .opened = &opened, .answers = answers };

    if (!open_pack(path, &opened, err))
        return false;
    if (!vt_rules_load(&opened.pack, &scan.child, err))
        return vt_within(err, "%s", path);
    for (size_t i = 1; i < vt_args_operand_count(args); i++)
        scan_file(&scan, vt_args_operand(args, i));
    vt_rules_child_stop_pointer(&scan.child);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:O}", "ok", scan.hits + scan.failures == 0, "files", answers));
    vt_args_exit(args, scan.hits > 0       ? VT_EXIT_REFUSED
                       : scan.failures > 0 ? VT_EXIT_TROUBLE
                                           : VT_EXIT_OK);
    return true;
}

/* ---- show, diff -------------------------------------------------------------------------
 */

static void print_rules(const struct opened *o)
{
    const json_t *rules = json_object_get(o->pack.manifest, "rules");

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        bool collects = json_is_true(json_object_get(rule, "collects"));

        (void)printf("%s %s  %s\n", collects ? "collects" : "detects ",
                     json_string_value(json_object_get(rule, "name")),
                     json_string_value(json_object_get(rule, "file")));
    }
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    AUTO_OPENED opened = opened_init();
    VT_AUTO_JSON summary = NULL;

    if (!open_pack(path, &opened, err))
        return false;
    summary = summary_of(&opened);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:O,s:O}", "ok", 1, "summary", summary,
                                    "manifest", opened.pack.manifest));
    else {
        print_summary(args, path, summary);
        print_rules(&opened);
    }
    return true;
}

static bool run_diff(struct vt_args *args, struct vt_error *err)
{
    AUTO_OPENED before = opened_init();
    AUTO_OPENED after = opened_init();
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(16));
    VT_AUTO_JSON diff = NULL;

    if (!open_pack(vt_args_operand(args, 0), &before, err) ||
        !open_pack(vt_args_operand(args, 1), &after, err))
        return false;
    diff = vt_rules_diff(&before.pack, &after.pack);
    if (vt_args_is_json(args)) {
        (void)json_object_set_new(diff, "ok", json_true());
        vt_cli_print_json(json_incref(diff));
        return true;
    }
    vt_rules_diff_text(diff, &text);
    if (!vt_buf_check(&text, "difference", err))
        return false;
    (void)printf("%.*s", VT_SLICE_ARGS(vt_buf_slice(&text)));
    return true;
}

static const struct vt_verb verbs[] = {
    { "build", "FOLDER", 1, 1, "compile, try on the corpora, and pack",
      "FOLDER holds rules/ (.yar and .yara), corpus/must-detect/RULE/ and "
      "corpus/must-not-detect/.\nEvery rule must detect all files of its folder, and no "
      "rule "
      "any of the others.  The same\nfolder gives the same bytes, whatever its order, "
      "times "
      "and owners.",
      build_options, run_build },
    { "check", "FOLDER|PACK", 1, 1, "the same without writing; or is a pack what it says?",
      "A pack is compiled again from its own sources: the list of rules (which collect, "
      "above all)\nand the compiled form must come out as it says.",
      NULL, run_check },
    { "scan", "PACK FILE [FILE...]", 2, 4096, "which rules match these files?",
      "The pack is checked first.  A file that cannot be scanned is told, and the others "
      "are\nscanned.  Exit code 1 when a rule matches; else 3 when a file could not be "
      "scanned.",
      NULL, run_scan },
    { "show", "PACK", 1, 1, "what is in a pack", NULL, NULL, run_show },
    { "diff", "OLD NEW", 2, 2, "which rules came, went, changed, begin to collect",
      "A rule counts as changed when a byte of its file did.  Exit code 0 either way.",
      NULL, run_diff },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_rules = {
    "rules",
    "threat-rule databases: build, check, scan, compare",
    verbs,
};
