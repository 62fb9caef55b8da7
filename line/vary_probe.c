/* A table of small programs, each run in the sandbox as a step would be: no shell, and what
 * the environment lacks is named by an empty text. */
#include "line/vary_probe.h"

enum { PROBE_MS_MAX = 20000, OUTPUT_MAX = 4096, FOLDER_FILES = 9 };

#define FOLDER "vitrine-probe"

static const char *const names[VT_FACTOR_COUNT] = {
    [VT_FACTOR_PATH] = "path",   [VT_FACTOR_UID] = "uid",
    [VT_FACTOR_USER] = "user",   [VT_FACTOR_HOST] = "host",
    [VT_FACTOR_ZONE] = "zone",   [VT_FACTOR_LOCALE] = "locale",
    [VT_FACTOR_CPUS] = "cpus",   [VT_FACTOR_ORDER] = "order",
    [VT_FACTOR_DATE] = "date",   [VT_FACTOR_LAYOUT] = "layout",
    [VT_FACTOR_UMASK] = "umask", [VT_FACTOR_VARIABLE] = "variable",
};

const char *vt_factor_name(enum vt_factor factor)
{
    return names[factor];
}

/* Several rows for one factor are joined by a space; "" stands for the probe folder. */
static const struct probe {
    enum vt_factor factor;
    const char *argv[5];
} probes[] = {
    { VT_FACTOR_PATH, { "pwd" } },
    { VT_FACTOR_UID, { "id", "-u" } },
    { VT_FACTOR_UID, { "id", "-g" } },
    { VT_FACTOR_USER, { "id", "-un" } },
    { VT_FACTOR_HOST, { "uname", "-n" } },
    { VT_FACTOR_ZONE, { "date", "+%Z%z" } },
    { VT_FACTOR_LOCALE, { "printenv", "LC_ALL" } },
    { VT_FACTOR_LOCALE, { "locale", "charmap" } },
    { VT_FACTOR_CPUS, { "nproc" } },
    { VT_FACTOR_ORDER, { "ls", "-U", "" } },
    { VT_FACTOR_DATE, { "date", "-u", "+%Y-%m-%dT%H:%M:%SZ" } },
    { VT_FACTOR_LAYOUT, { "cat", "/proc/self/personality" } },
    { VT_FACTOR_UMASK, { "grep", "^Umask:", "/proc/self/status" } },
    { VT_FACTOR_VARIABLE, { "printenv", "HOME", VT_VARIED_VARIABLE } },
};

static void keep(void *context, vt_slice piece)
{
    vt_buf_put(context, piece);
}

/* All lines as one, printable, cut to what fits. */
static void add_line(char *text, vt_slice said)
{
    size_t at = strlen(text);

    if (at != 0 && said.len != 0 && at < VT_SEEN_BYTES - 1)
        text[at++] = ' ';
    while (said.len > 0 && said.data[said.len - 1] == '\n')
        said.len--;
    for (size_t i = 0; i < said.len && at < VT_SEEN_BYTES - 1; i++) {
        uint8_t c = said.data[i];

        text[at++] = (char)(c == '\n' || c == '\t' ? ' ' : c < 0x20 || c > 0x7e ? '?' : c);
    }
    text[at] = '\0';
}

static bool run_one(struct vt_sandbox_spec *spec, const struct probe *probe,
                    const char *folder, struct vt_seen *out, struct vt_error *err)
{
    VT_AUTO_BUF said = vt_buf_init(OUTPUT_MAX);
    const char *argv[6] = { NULL };
    struct vt_sandbox_end end;

    for (size_t i = 0; i < 5 && probe->argv[i] != NULL; i++)
        argv[i] = *probe->argv[i] != '\0' ? probe->argv[i] : folder;
    spec->argv = argv;
    spec->context = &said;
    if (!vt_sandbox_run(spec, &end, err))
        return err->code == VT_ABSENT;
    /* printenv says 1 when one of the names is not set, and prints the other. */
    if (end.exit_code == 0 || probe->factor == VT_FACTOR_VARIABLE)
        add_line(out->text[probe->factor], vt_buf_slice(&said));
    return true;
}

/* ---- the folder for the order of entries ----------------------------------------------
 */

static bool folder_file(const char *folder, unsigned i, char out[4096])
{
    return snprintf(out, 4096, "%s/%c%u", folder, "kdxbqmzag"[i], i) < 4096;
}

static bool folder_make(const char *folder, bool is_reversed, struct vt_error *err)
{
    char path[4096];

    if (mkdir(folder, 0755) != 0 || chmod(folder, 0755) != 0)
        return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    for (unsigned i = 0; i < FOLDER_FILES; i++) {
        VT_AUTO_FD fd = -1;

        if (folder_file(folder, is_reversed ? FOLDER_FILES - 1 - i : i, path))
            fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0)
            return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    }
    return true;
}

static void folder_remove(const char *folder)
{
    char path[4096];

    for (unsigned i = 0; i < FOLDER_FILES; i++)
        if (folder_file(folder, i, path))
            (void)unlink(path);
    (void)rmdir(folder);
}

bool vt_probe_run(const struct vt_sandbox_spec *like, struct vt_seen *out,
                  struct vt_error *err)
{
    VT_AUTO_FREE struct vt_sandbox_spec *spec = vt_alloc(sizeof *spec);
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *outside = vt_arena_printf(arena, "%s/" FOLDER, like->area);
    const char *inside = vt_arena_printf(arena, "%s/" FOLDER, like->area_inside);
    bool ok = folder_make(outside, like->factors.is_order_reversed, err);

    *out = (struct vt_seen){ 0 };
    *spec = *like;
    spec->limits = (struct vt_sandbox_limits){ .wall_ms = PROBE_MS_MAX };
    spec->on_output = keep;
    for (size_t i = 0; ok && i < sizeof probes / sizeof probes[0]; i++)
        ok = run_one(spec, &probes[i], inside, out, err);
    folder_remove(outside);
    return ok;
}

/* ---- JSON -----------------------------------------------------------------------------
 */

bool vt_seen_json(const struct vt_seen *seen, json_t **out, struct vt_error *err)
{
    VT_AUTO_JSON object = json_object();

    for (size_t i = 0; i < VT_FACTOR_COUNT; i++)
        if (seen->text[i][0] != '\0' &&
            json_object_set_new(object, names[i], json_string(seen->text[i])) != 0)
            return vt_fail(err, VT_IO, "out of memory");
    if (object == NULL)
        return vt_fail(err, VT_IO, "out of memory");
    *out = json_incref(object);
    return true;
}

bool vt_seen_parse(const json_t *object, const char *what, struct vt_seen *out,
                   struct vt_error *err)
{
    const char *known[VT_FACTOR_COUNT + 1] = { NULL };
    struct vt_seen seen = { 0 };

    memcpy(known, names, sizeof names);
    if (!vt_json_only(object, what, known, err))
        return false;
    for (size_t i = 0; i < VT_FACTOR_COUNT; i++) {
        vt_slice text;

        if (!vt_json_has(object, names[i]))
            continue;
        if (!vt_json_get_text(object, what, names[i], &text, err))
            return false;
        if (text.len == 0 || text.len >= VT_SEEN_BYTES)
            return vt_fail(err, VT_MALFORMED, "%s: %s is empty or too long", what,
                           names[i]);
        memcpy(seen.text[i], text.data, text.len);
    }
    *out = seen;
    return true;
}
