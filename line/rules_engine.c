/* libyara behind a small door.  It parses rules that somebody else wrote, so it runs only
 * in the confined child of role_rules.c.
 *
 * The one trick: every file is compiled alone first, so that one bad file is named and
 * leaves the database untouched (libyara's compiler cannot be used after an error). */
#include "line/rules.h"
#include "line/libyara.h"

struct vt_rules_engine {
    YR_COMPILER *compiler; /* all files so far */
    YR_RULES *rules;       /* after vt_rules_engine_finish */
    json_t *list;          /* what the files say of their rules, in order */
    json_t *names;         /* object: name to true */
    unsigned scan_seconds;
};

/* Where libyara's complaints go. */
struct complaint {
    int line;
    char text[160];
};

const char *vt_rules_engine_version(void)
{
    return "yara " YR_VERSION;
}

static void on_complaint(int level, const char *file, int line, const YR_RULE *rule,
                         const char *message, void *context)
{
    struct complaint *complaint = context;

    (void)file;
    (void)rule;
    if (level != YARA_ERROR_LEVEL_ERROR || complaint->line != 0)
        return;
    complaint->line = line;
    (void)snprintf(complaint->text, sizeof complaint->text, "%s", message);
}

/* A rule file is whole in itself: nothing is included from anywhere. */
static const char *refuse_include(const char *name, const char *from, const char *space,
                                  void *context)
{
    (void)name;
    (void)from;
    (void)space;
    (void)context;
    return NULL;
}

static void free_include(const char *text, void *context)
{
    (void)text;
    (void)context;
}

static YR_COMPILER *new_compiler(void)
{
    YR_COMPILER *compiler = NULL;

    VT_ASSERT(sym_yr_compiler_create(&compiler) == ERROR_SUCCESS);
    sym_yr_compiler_set_include_callback(compiler, refuse_include, free_include, NULL);
    return compiler;
}

struct vt_rules_engine *vt_rules_engine_new(unsigned scan_seconds)
{
    struct vt_rules_engine *engine = vt_alloc(sizeof *engine);

    vt_dynlib_need(&vt_libyara);
    VT_ASSERT(sym_yr_initialize() == ERROR_SUCCESS);
    engine->scan_seconds = scan_seconds;
    engine->compiler = new_compiler();
    engine->list = json_array();
    engine->names = json_object();
    return engine;
}

void vt_rules_engine_free(struct vt_rules_engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->rules != NULL)
        (void)sym_yr_rules_destroy(engine->rules);
    if (engine->compiler != NULL)
        sym_yr_compiler_destroy(engine->compiler);
    json_decref(engine->list);
    json_decref(engine->names);
    (void)sym_yr_finalize();
    free(engine);
}

/* What one rule says of itself: is it collecting, who wrote it. */
static bool read_meta(YR_RULE *rule, const char *path, bool *collects, const char **author,
                      struct vt_error *err)
{
    YR_META *meta;

    yr_rule_metas_foreach(rule, meta)
    {
        if (strcmp(meta->identifier, "collects") == 0) {
            if (meta->type != META_TYPE_BOOLEAN)
                return vt_fail(err, VT_REJECTED, "%s: rule %s: collects is true or false",
                               path, rule->identifier);
            *collects = *collects || meta->integer != 0;
        }
        if (strcmp(meta->identifier, "author") == 0 && meta->type == META_TYPE_STRING)
            *author = meta->string;
    }
    return true;
}

static bool list_rule(struct vt_rules_engine *engine, YR_RULE *rule, const char *path,
                      struct vt_error *err)
{
    bool collects = false;
    const char *author = NULL;
    json_t *about;

    if (json_object_get(engine->names, rule->identifier) != NULL)
        return vt_fail(err, VT_REJECTED, "%s: rule %s: that name is taken, give another",
                       path, rule->identifier);
    if (RULE_IS_GLOBAL(rule))
        return vt_fail(err, VT_REJECTED,
                       "%s: rule %s is global and would decide over the rules of other "
                       "files; put its condition into each rule",
                       path, rule->identifier);
    if (!read_meta(rule, path, &collects, &author, err))
        return false;
    about = json_pack("{s:s,s:s,s:b}", "file", path, "name", rule->identifier, "collects",
                      collects);
    if (about == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: rule %s: path or name is not UTF-8", path,
                       rule->identifier);
    if (author != NULL && vt_slice_is_utf8(vt_slice_from_cstr(author)))
        (void)json_object_set_new(about, "author", json_string(author));
    (void)json_object_set_new(engine->names, rule->identifier, json_true());
    (void)json_array_append_new(engine->list, about);
    return true;
}

/* Compile the file by itself and take down its rules. */
static bool compile_alone(struct vt_rules_engine *engine, const char *path,
                          const char *text, struct vt_error *err)
{
    YR_COMPILER *compiler = new_compiler();
    struct complaint complaint = { 0 };
    YR_RULES *rules = NULL;
    YR_RULE *rule;
    bool ok = true;

    sym_yr_compiler_set_callback(compiler, on_complaint, &complaint);
    if (sym_yr_compiler_add_string(compiler, text, path) != 0)
        ok = vt_fail(err, VT_MALFORMED, "%s:%d: %s", path, complaint.line, complaint.text);
    else if (sym_yr_compiler_get_rules(compiler, &rules) != ERROR_SUCCESS)
        ok =
            vt_fail(err, VT_MALFORMED, "%s: libyara cannot put these rules together", path);
    if (ok)
        yr_rules_foreach(rules, rule)
        {
            ok = list_rule(engine, rule, path, err);
            if (!ok)
                break;
        }
    if (rules != NULL)
        (void)sym_yr_rules_destroy(rules);
    sym_yr_compiler_destroy(compiler);
    return ok;
}

bool vt_rules_engine_add(struct vt_rules_engine *engine, const char *path, vt_slice text,
                         struct vt_error *err)
{
    VT_AUTO_FREE char *copy = NULL;

    if (text.len > VT_RULES_FILE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: %zu bytes, at most %zu are taken", path,
                       text.len, VT_RULES_FILE_BYTES_MAX);
    if (vt_slice_has_byte(text, '\0'))
        return vt_fail(err, VT_MALFORMED, "%s: holds a NUL byte", path);
    copy = vt_strdup_slice(text);
    if (!compile_alone(engine, path, copy, err))
        return false;
    if (sym_yr_compiler_add_string(engine->compiler, copy, path) != 0)
        return vt_fail(err, VT_MALFORMED, "%s: does not compile beside the others", path);
    return true;
}

static size_t write_to_buf(const void *bytes, size_t size, size_t count, void *context)
{
    struct vt_buf *buf = context;
    size_t len;

    if (__builtin_mul_overflow(size, count, &len))
        return 0;
    vt_buf_put(buf, vt_slice_of(bytes, len));
    return buf->is_full ? 0 : count;
}

bool vt_rules_engine_finish(struct vt_rules_engine *engine, json_t **rules_out,
                            struct vt_buf *compiled, struct vt_error *err)
{
    YR_STREAM stream = { .user_data = compiled, .write = write_to_buf };

    if (json_array_size(engine->list) == 0)
        return vt_fail(err, VT_REJECTED, "there is no rule in these files");
    if (sym_yr_compiler_get_rules(engine->compiler, &engine->rules) != ERROR_SUCCESS ||
        sym_yr_rules_save_stream(engine->rules, &stream) != ERROR_SUCCESS)
        return vt_fail(err, VT_LIMIT, "the compiled rules do not fit %zu bytes",
                       compiled->bytes_max);
    *rules_out = json_incref(engine->list);
    return true;
}

static int on_match(YR_SCAN_CONTEXT *scan, int message, void *data, void *context)
{
    struct vt_buf *names = context;

    (void)scan;
    if (message == CALLBACK_MSG_RULE_MATCHING)
        vt_buf_printf(names, "%s\n", ((const YR_RULE *)data)->identifier);
    return CALLBACK_CONTINUE;
}

bool vt_rules_engine_scan(struct vt_rules_engine *engine, vt_slice bytes,
                          struct vt_buf *names, struct vt_error *err)
{
    int status;

    VT_ASSERT(engine->rules != NULL);
    status =
        sym_yr_rules_scan_mem(engine->rules, bytes.data, bytes.len, SCAN_FLAGS_NO_TRYCATCH,
                              on_match, names, (int)engine->scan_seconds);
    if (status == ERROR_SCAN_TIMEOUT)
        return vt_fail(err, VT_LIMIT, "scanning it takes more than %u s",
                       engine->scan_seconds);
    if (status != ERROR_SUCCESS)
        return vt_fail(err, VT_REJECTED, "libyara cannot scan it (its error %d)", status);
    return vt_buf_check(names, "matching rules", err);
}
