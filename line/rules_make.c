/* From files to a pack: compiling and trying happen in the child, reading and writing here.
 */
#include "line/role_rules.h"
#include "line/rules.h"
#include "store/disk.h"

enum { SECONDS_TO_COMPILE = 60, SECONDS_TO_SCAN = 30, LIST_BYTES_MAX = 32 << 20 };

struct making {
    struct vt_role *role;
    void (*progress)(void *context, const char *line);
    void *context;
};

static void tell(const struct making *m, const char *format, size_t a, size_t b)
{
    char line[160];

    if (m->progress == NULL)
        return;
    (void)snprintf(line, sizeof line, "%s: %zu of %zu", format, a, b);
    m->progress(m->context, line);
}

/* ---- talking to the child ---------------------------------------------------------------
 */

/* A dead or silent child is the file's doing. */
static bool blame(struct vt_error *err, const char *path, const char *what)
{
    if (err->code == VT_ABSENT)
        return vt_fail(err, VT_REJECTED,
                       "%s: %s it ended the confined process; leave this file out", path,
                       what);
    return false;
}

/* One request; the answer is appended. */
static bool ask(const struct making *m, uint16_t type, const char *path, vt_slice bytes,
                int64_t seconds, struct vt_buf *answer, struct vt_error *err)
{
    struct vt_channel *channel = vt_role_channel(m->role);

    return (vt_channel_send(channel, type, vt_slice_from_cstr(path), err) &&
            vt_channel_send_blob(channel, VT_RULES_BYTES, bytes, err) &&
            vt_channel_receive_blob(channel, VT_RULES_BYTES, seconds * 1000, answer,
                                    err)) ||
           blame(err, path, type == VT_RULES_SCAN ? "scanning" : "compiling");
}

/* ---- the steps --------------------------------------------------------------------------
 */

static bool compile(const struct making *m, const struct vt_rules_input *input,
                    json_t **rules_out, struct vt_buf *compiled, struct vt_error *err)
{
    VT_AUTO_BUF list = vt_buf_init(LIST_BYTES_MAX), nothing = vt_buf_init(1);

    for (size_t i = 0; i < input->rule_file_count; i++) {
        const struct vt_rules_file *file = &input->rules[i];

        if (!ask(m, VT_RULES_RULE, file->path, file->bytes, SECONDS_TO_COMPILE, &nothing,
                 err))
            return false;
        if ((i + 1) % 50 == 0 || i + 1 == input->rule_file_count)
            tell(m, "compiling rule files", i + 1, input->rule_file_count);
    }
    return ask(m, VT_RULES_FINISH, "the rules", (vt_slice){ 0 }, SECONDS_TO_COMPILE, &list,
               err) &&
           vt_channel_receive_blob(vt_role_channel(m->role), VT_RULES_BYTES,
                                   SECONDS_TO_COMPILE * 1000, compiled, err) &&
           vt_json_parse_canonical(vt_buf_slice(&list), "list of rules", rules_out, err);
}

static bool scan(const struct making *m, const struct vt_rules_file *file,
                 struct vt_buf *names, struct vt_error *err)
{
    return ask(m, VT_RULES_SCAN, file->path, file->bytes, SECONDS_TO_SCAN, names, err);
}

static bool has_line(vt_slice lines, vt_slice wanted)
{
    vt_reader r = { lines };
    vt_slice line;

    while (vt_read_line(&r, &line))
        if (vt_slice_equal(line, wanted))
            return true;
    return false;
}

/* "RULE/anything": RULE must be among the matches. */
static bool check_detected(const struct making *m, const struct vt_rules_file *file,
                           struct vt_error *err)
{
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(4));
    vt_reader r = { vt_slice_from_cstr(file->path) };
    vt_slice rule;

    if (!vt_read_until(&r, '/', &rule))
        return vt_fail(err, VT_MALFORMED,
                       "must-detect/%s: put it into a folder with its rule's name",
                       file->path);
    return scan(m, file, &names, err) &&
           (has_line(vt_buf_slice(&names), rule) ||
            vt_fail(err, VT_REJECTED, "must-detect/%s: rule %.*s does not match it",
                    file->path, VT_SLICE_ARGS(rule)));
}

static bool check_clean(const struct making *m, const struct vt_rules_file *file,
                        struct vt_error *err)
{
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(4));
    vt_reader r;
    vt_slice first;

    if (!scan(m, file, &names, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&names) };
    return !vt_read_line(&r, &first) ||
           vt_fail(err, VT_REJECTED, "must-not-detect/%s: rule %.*s matches it", file->path,
                   VT_SLICE_ARGS(first));
}

static bool check_corpora(const struct making *m, const struct vt_rules_input *input,
                          struct vt_error *err)
{
    for (size_t i = 0; i < input->must_detect_count; i++)
        if (!check_detected(m, &input->must_detect[i], err))
            return false;
    for (size_t i = 0; i < input->must_not_detect_count; i++)
        if (!check_clean(m, &input->must_not_detect[i], err))
            return false;
    tell(m, "files of the corpora as wanted",
         input->must_detect_count + input->must_not_detect_count,
         input->must_detect_count + input->must_not_detect_count);
    return true;
}

bool vt_rules_make(const struct vt_rules_input *input, struct vt_buf *pack,
                   void (*progress)(void *context, const char *line), void *context,
                   struct vt_error *err)
{
    struct making m = { .progress = progress, .context = context };
    VT_AUTO_BUF compiled = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_JSON rules = NULL;
    bool ok;

    if (!vt_role_start(VT_ROLE_RULES, NULL, 0, &m.role, err))
        return false;
    ok = compile(&m, input, &rules, &compiled, err) && check_corpora(&m, input, err) &&
         vt_rules_pack_write(input, vt_rules_engine_version(), rules,
                             vt_buf_slice(&compiled), pack, err);
    vt_role_stop(m.role);
    return ok;
}

/* ---- from a folder ----------------------------------------------------------------------
 */

struct gathering {
    struct vt_disk *disk;
    struct vt_arena *arena;
    const char *top;    /* "rules", "corpus/must-detect", ... */
    const char *folder; /* where we are, below top; "" for top itself */
    bool is_rules;      /* take *.yar and *.yara only */
    uint64_t bytes_max; /* of one file */
    struct vt_rules_file *files;
    size_t count;
};

static bool gather_folder(struct gathering *g, const char *folder, struct vt_error *err);

static bool is_rule_file(const char *name)
{
    vt_slice text = vt_slice_from_cstr(name);

    return vt_slice_ends_with(text, VT_LIT(".yar")) ||
           vt_slice_ends_with(text, VT_LIT(".yara"));
}

static bool gather_one(void *context, const char *name, bool is_folder,
                       struct vt_error *err)
{
    struct gathering *g = context;
    VT_AUTO_BUF bytes = vt_buf_init(g->bytes_max);
    const char *path = g->folder[0] == '\0'
                           ? vt_arena_printf(g->arena, "%s", name)
                           : vt_arena_printf(g->arena, "%s/%s", g->folder, name);

    if (is_folder)
        return gather_folder(g, path, err);
    if (g->is_rules && !is_rule_file(name))
        return true;
    if (g->count == VT_RULES_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d files", g->top, VT_RULES_FILES_MAX);
    if (!vt_disk_read(g->disk, vt_arena_printf(g->arena, "%s/%s", g->top, path), &bytes,
                      err))
        return vt_within(err, "%s/%s", g->top, path);
    g->files[g->count++] =
        (struct vt_rules_file){ path, vt_arena_copy(g->arena, vt_buf_slice(&bytes)) };
    return true;
}

static bool gather_folder(struct gathering *g, const char *folder, struct vt_error *err)
{
    const char *before = g->folder;
    const char *path =
        folder[0] == '\0' ? g->top : vt_arena_printf(g->arena, "%s/%s", g->top, folder);
    bool ok;

    g->folder = folder;
    ok = vt_disk_list(g->disk, path, gather_one, g, err);
    g->folder = before;
    return ok;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct vt_rules_file *)a)->path,
                  ((const struct vt_rules_file *)b)->path);
}

/* All files below `top`, sorted; none if there is no such folder. */
static bool gather(struct vt_disk *disk, struct vt_arena *arena, const char *top,
                   bool is_rules, const struct vt_rules_file **files_out, size_t *count_out,
                   struct vt_error *err)
{
    struct gathering g = { .disk = disk,
                           .arena = arena,
                           .top = top,
                           .folder = "",
                           .is_rules = is_rules,
                           .bytes_max = is_rules ? VT_RULES_FILE_BYTES_MAX : VT_MIB(64),
                           .files = vt_arena_alloc(arena, VT_RULES_FILES_MAX *
                                                              sizeof g.files[0]) };

    if (vt_disk_has(disk, top) && !gather_folder(&g, "", err))
        return false;
    qsort(g.files, g.count, sizeof g.files[0], by_path);
    *files_out = g.files;
    *count_out = g.count;
    return true;
}

bool vt_rules_make_from_folder(const char *folder, struct vt_buf *pack,
                               void (*progress)(void *context, const char *line),
                               void *context, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_rules_input input = { 0 };
    struct vt_disk *disk;
    bool ok;

    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    ok = gather(disk, arena, "rules", true, &input.rules, &input.rule_file_count, err) &&
         gather(disk, arena, "corpus/must-detect", false, &input.must_detect,
                &input.must_detect_count, err) &&
         gather(disk, arena, "corpus/must-not-detect", false, &input.must_not_detect,
                &input.must_not_detect_count, err);
    vt_disk_close(disk);
    if (!ok)
        return false;
    if (input.rule_file_count == 0)
        return vt_fail(err, VT_REJECTED, "%s: no rule file (*.yar, *.yara) below rules/",
                       folder);
    return vt_rules_make(&input, pack, progress, context, err);
}
