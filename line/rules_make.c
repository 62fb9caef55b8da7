/* From rule files and corpora to a pack.  Everything is sorted by path first, so the pack
 * depends on paths and bytes alone; the confined child compiles and scans, and what it says
 * is put through the pack's own parser before anybody gets it. */
#include "line/rules_child.h"

struct making {
    const struct vt_rules_input *in;
    struct vt_rules_child *child;
    json_t *rules; /* the child's list */
    void (*progress)(void *context, const char *line);
    void *context;
};

VT_PRINTF(2, 3) static void tell(const struct making *m, const char *format, ...)
{
    char line[200];
    va_list args;

    if (m->progress == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    m->progress(m->context, line);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct vt_rules_file *)a)->path,
                  ((const struct vt_rules_file *)b)->path);
}

/* A sorted copy; the same path twice is refused. */
static bool sort(const struct vt_rules_file *files, size_t count,
                 struct vt_rules_file **out, struct vt_error *err)
{
    if (count > VT_RULES_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "%zu files, at most %d are taken", count,
                       VT_RULES_FILES_MAX);
    *out = vt_alloc_array(count + 1, sizeof **out);
    if (count > 0)
        memcpy(*out, files, count * sizeof **out);
    qsort(*out, count, sizeof **out, by_path);
    for (size_t i = 1; i < count; i++)
        if (strcmp((*out)[i - 1].path, (*out)[i].path) == 0)
            return vt_fail(err, VT_MALFORMED, "%s: the same path twice", (*out)[i].path);
    return true;
}

static bool compile(struct making *m, struct vt_buf *compiled, struct vt_error *err)
{
    int64_t begun_ms = vt_monotonic_ms();

    for (size_t i = 0; i < m->in->rule_file_count; i++)
        if (!vt_rules_child_add(m->child, &m->in->rules[i], err))
            return false;
    if (!vt_rules_child_finish(m->child, &m->rules, compiled, err))
        return false;
    tell(m, "compiled %zu rule%s in %zu file%s, %jd ms", json_array_size(m->rules),
         vt_plural(json_array_size(m->rules)), m->in->rule_file_count,
         vt_plural(m->in->rule_file_count), (intmax_t)(vt_monotonic_ms() - begun_ms));
    return true;
}

/* Is that name a line of the list? */
static bool names_hold(const struct vt_buf *names, vt_slice name)
{
    vt_reader r = { vt_buf_slice(names) };
    vt_slice line;

    while (vt_read_line(&r, &line))
        if (vt_slice_equal(line, name))
            return true;
    return false;
}

static bool has_rule(const json_t *rules, vt_slice name)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const char *text =
            json_string_value(json_object_get(json_array_get(rules, i), "name"));

        if (text != NULL && vt_slice_is(name, text))
            return true;
    }
    return false;
}

static bool scan(struct making *m, const char *corpus, const struct vt_rules_file *file,
                 struct vt_buf *names, struct vt_error *err)
{
    VT_AUTO_BUF what = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&what, "corpus/%s/%s", corpus, file->path);
    return vt_buf_check(&what, "path", err) &&
           vt_rules_child_scan(m->child, vt_buf_cstr(&what), file->bytes, names, err);
}

static bool must_detect(struct making *m, const struct vt_rules_file *file,
                        struct vt_error *err)
{
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(4));
    vt_reader r = { vt_slice_from_cstr(file->path) };
    vt_slice rule;

    if (!vt_read_until(&r, '/', &rule))
        return vt_fail(err, VT_REJECTED,
                       "corpus/must-detect/%s: put it into a folder named like its rule",
                       file->path);
    if (!has_rule(m->rules, rule))
        return vt_fail(err, VT_REJECTED, "corpus/must-detect/%s: there is no rule %.*s",
                       file->path, VT_SLICE_ARGS(rule));
    if (!scan(m, "must-detect", file, &names, err))
        return false;
    if (!names_hold(&names, rule))
        return vt_fail(err, VT_REJECTED, "corpus/must-detect/%s: rule %.*s misses it",
                       file->path, VT_SLICE_ARGS(rule));
    return true;
}

static bool must_not_detect(struct making *m, const struct vt_rules_file *file,
                            struct vt_error *err)
{
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(4));
    vt_reader r = { { 0 } };
    vt_slice rule;

    if (!scan(m, "must-not-detect", file, &names, err))
        return false;
    r.rest = vt_buf_slice(&names);
    if (vt_read_line(&r, &rule))
        return vt_fail(err, VT_REJECTED,
                       "corpus/must-not-detect/%s: rule %.*s hits it, and must not",
                       file->path, VT_SLICE_ARGS(rule));
    return true;
}

static bool try_corpora(struct making *m, struct vt_error *err)
{
    int64_t begun_ms = vt_monotonic_ms();

    for (size_t i = 0; i < m->in->must_detect_count; i++)
        if (!must_detect(m, &m->in->must_detect[i], err))
            return false;
    for (size_t i = 0; i < m->in->must_not_detect_count; i++)
        if (!must_not_detect(m, &m->in->must_not_detect[i], err))
            return false;
    tell(m, "%zu files detected as they must be, %zu not hit as they must not, %jd ms",
         m->in->must_detect_count, m->in->must_not_detect_count,
         (intmax_t)(vt_monotonic_ms() - begun_ms));
    return true;
}

/* Compile, try, write, and read back what was written. */
static bool make(struct making *m, struct vt_buf *pack, struct vt_error *err)
{
    VT_AUTO_BUF compiled = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK parsed = { 0 };
    size_t before = pack->len;

    if (!compile(m, &compiled, err) || !try_corpora(m, err))
        return false;
    if (vt_rules_pack_write(m->in, vt_rules_child_engine(m->child), m->rules,
                            vt_buf_slice(&compiled), pack, err) &&
        vt_rules_pack_parse(vt_slice_sub(vt_buf_slice(pack), before, pack->len - before),
                            &parsed, err))
        return true;
    vt_buf_truncate(pack, before);
    return false;
}

bool vt_rules_make(const struct vt_rules_input *input, struct vt_buf *pack,
                   void (*progress)(void *context, const char *line), void *context,
                   struct vt_error *err)
{
    VT_AUTO_FREE struct vt_rules_file *rules = NULL;
    VT_AUTO_FREE struct vt_rules_file *bad = NULL;
    VT_AUTO_FREE struct vt_rules_file *good = NULL;
    VT_AUTO_RULES_CHILD child = NULL;
    struct vt_rules_input sorted = *input;
    struct making m = { .in = &sorted, .progress = progress, .context = context };
    bool ok;

    if (!sort(input->rules, input->rule_file_count, &rules, err) ||
        !sort(input->must_detect, input->must_detect_count, &bad, err) ||
        !sort(input->must_not_detect, input->must_not_detect_count, &good, err) ||
        !vt_rules_child_start(input->scan_seconds_max, &child, err))
        return false;
    sorted.rules = rules;
    sorted.must_detect = bad;
    sorted.must_not_detect = good;
    m.child = child;
    ok = make(&m, pack, err);
    json_decref(m.rules);
    return ok;
}

/* ---- the other way: from a pack to a child that scans ----------------------------------
 */

static bool compare(const struct vt_rules_pack *pack, const json_t *rules,
                    vt_slice compiled, struct vt_error *err)
{
    if (!json_equal(json_object_get(pack->manifest, "rules"), rules))
        return vt_fail(err, VT_REJECTED,
                       "rule pack: its sources do not say what its manifest says of the "
                       "rules");
    if (!vt_slice_equal(pack->compiled, compiled))
        return vt_fail(err, VT_REJECTED,
                       "rule pack: its compiled form is not what its sources give");
    return true;
}

bool vt_rules_load(const struct vt_rules_pack *pack, struct vt_rules_child **out,
                   struct vt_error *err)
{
    VT_AUTO_BUF compiled = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_CHILD child = NULL;
    VT_AUTO_JSON rules = NULL;
    const char *engine = json_string_value(json_object_get(pack->manifest, "engine"));
    struct vt_rules_file file;

    if (!vt_rules_child_start(0, &child, err))
        return false;
    if (strcmp(engine, vt_rules_child_engine(child)) != 0)
        return vt_fail(err, VT_IO,
                       "rule pack: made with %s, but here is %s; use the environment of "
                       "its build",
                       engine, vt_rules_child_engine(child));
    for (size_t i = 0; vt_rules_pack_file(pack, i, &file); i++)
        if (!vt_rules_child_add(child, &file, err))
            return false;
    if (!vt_rules_child_finish(child, &rules, &compiled, err) ||
        !compare(pack, rules, vt_buf_slice(&compiled), err))
        return false;
    *out = child;
    child = NULL;
    return true;
}
