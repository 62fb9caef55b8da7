/* Definitions by universal ctags.  It runs in its sandbox mode: it reads commands and files
 * from standard input, writes JSON lines, and may do nothing else (seccomp), whatever is in
 * the files.  Its answer is distrusted like them. */
#include "centre/shelve.h"
#include "line/pack.h"
#include "wire/json.h"

enum {
    NAME_BYTES_MAX = 128,
    KIND_BYTES_MAX = 32,
    TAGS_MAX = 8 << 20,
    FILE_BYTES_MAX = 1 << 20, /* longer ones are data */
    CTAGS_MS_MAX = 600000,
};

/* Endings that ctags knows and that are worth its time. */
static bool is_code(const struct vt_pack_entry *entry)
{
    static const char *const endings[] = {
        ".c",   ".h",  ".cc", ".cpp", ".cxx",  ".hh",    ".hpp",  ".hxx", ".go",
        ".rs",  ".py", ".js", ".mjs", ".ts",   ".tsx",   ".java", ".cs",  ".rb",
        ".php", ".sh", ".pl", ".pm",  ".lua",  ".swift", ".kt",   ".sql", ".m",
        ".mm",  ".S",  ".s",  ".asm", ".make", ".mk",    ".proto"
    };
    vt_slice path = vt_slice_from_cstr(entry->path);

    if (entry->mode == VT_MODE_LINK || entry->content.len == 0 ||
        entry->content.len > FILE_BYTES_MAX)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (vt_slice_ends_with(path, vt_slice_from_cstr(endings[i])))
            return true;
    return false;
}

/* A file goes under its number and its ending: no name of the source reaches ctags. */
static bool put_file(struct vt_buf *out, size_t number, const struct vt_pack_entry *entry,
                     struct vt_error *err)
{
    const char *dot = strrchr(entry->path, '.');

    vt_buf_printf(out,
                  "{\"command\":\"generate-tags\",\"filename\":\"%zu%s\",\"size\":%zu}\n",
                  number, dot, entry->content.len);
    vt_buf_put(out, entry->content);
    return vt_buf_check(out, "the code", err);
}

/* ---- its answer -------------------------------------------------------------------------
 */

static bool is_word(vt_slice text, size_t max)
{
    if (text.len == 0 || text.len > max)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    return vt_slice_is_utf8(text);
}

struct tags {
    char **lines;
    size_t count, room;
};

static void take_tag(struct tags *tags, const json_t *json, size_t files)
{
    struct vt_error ignored = { 0 };
    vt_slice name, path, kind, number;
    uint64_t line, file;
    vt_reader r;
    char *text;

    if (!vt_json_get_text(json, "", "name", &name, &ignored) ||
        !vt_json_get_text(json, "", "path", &path, &ignored) ||
        !vt_json_get_text(json, "", "kind", &kind, &ignored) ||
        !vt_json_get_number(json, "", "line", &line, &ignored) ||
        !is_word(name, NAME_BYTES_MAX) || !is_word(kind, KIND_BYTES_MAX))
        return;
    r = (vt_reader){ path };
    if (!vt_read_until(&r, '.', &number) || !vt_decimal_parse(number, &file) ||
        file >= files)
        return;
    if (tags->count == tags->room) {
        tags->room = tags->room == 0 ? 4096 : 2 * tags->room;
        tags->lines = vt_grow_array(tags->lines, tags->room, sizeof *tags->lines);
    }
    if (asprintf(&text, "%.*s\t%ju\t%ju\t%.*s\n", VT_SLICE_ARGS(name), (uintmax_t)file,
                 (uintmax_t)line, VT_SLICE_ARGS(kind)) > 0)
        tags->lines[tags->count++] = text;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_answer(vt_slice answer, size_t files, struct tags *tags,
                        struct vt_error *err)
{
    vt_reader r = { answer };
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        VT_AUTO_JSON json = NULL;
        struct vt_error ignored = { 0 };

        if (!vt_slice_starts_with(line, VT_LIT("{\"_type\": \"tag\"")) ||
            !vt_json_parse(line, "a tag", &json, &ignored))
            continue;
        if (tags->count == TAGS_MAX)
            return vt_fail(err, VT_LIMIT, "over %d definitions", TAGS_MAX);
        take_tag(tags, json, files);
    }
    return true;
}

static bool run_ctags(vt_slice input, struct vt_buf *output, struct vt_error *err)
{
    static const char *const argv[] = {
        "ctags",         "--options=NONE", "--_interactive=sandbox",
        "--fields=NFKn", "--sort=no",      NULL
    };
    VT_AUTO_BUF errors = vt_buf_init(VT_KIB(64));
    const struct vt_child_options options = {
        .input = input, .timeout_ms = CTAGS_MS_MAX, .output = output, .errors = &errors
    };
    struct vt_child_end end;

    if (!vt_child_run(argv, &options, &end, err))
        return vt_within(err, "ctags (package universal-ctags)");
    if (end.exit_code != 0 || output->is_full)
        return vt_fail(err, VT_IO, "ctags ended with %d%s", end.exit_code,
                       end.is_late       ? ", after ten minutes"
                       : output->is_full ? ", with too long an answer"
                                         : "");
    return true;
}

bool vt_tags_write(const struct vt_pack_entry *entries, size_t count, struct vt_buf *out,
                   uint64_t *count_out, struct vt_error *err)
{
    VT_AUTO_BUF input = vt_buf_init(VT_LIBRARY_PACK_BYTES_MAX);
    VT_AUTO_BUF answer = vt_buf_init(VT_LIBRARY_PACK_BYTES_MAX);
    struct tags tags = { .count = 0 };
    bool is_ok = true;

    for (size_t i = 0; is_ok && i < count; i++)
        if (is_code(&entries[i]))
            is_ok = put_file(&input, i, &entries[i], err);
    *count_out = 0;
    if (!is_ok || input.len == 0)
        return is_ok;
    is_ok = run_ctags(vt_buf_slice(&input), &answer, err) &&
            read_answer(vt_buf_slice(&answer), count, &tags, err);
    if (tags.count != 0)
        qsort(tags.lines, tags.count, sizeof *tags.lines, by_bytes);
    for (size_t i = 0; i < tags.count; i++) {
        if (is_ok && (i == 0 || strcmp(tags.lines[i], tags.lines[i - 1]) != 0)) {
            vt_buf_put_text(out, tags.lines[i]);
            ++*count_out;
        }
    }
    for (size_t i = 0; i < tags.count; i++)
        free(tags.lines[i]);
    free(tags.lines);
    return is_ok && vt_buf_check(out, "the definitions", err);
}
