/* The private apt: a configuration file that names every path it uses, so that neither
 * state, cache, hooks nor preferences of the machine play a part. */
#include "line/apt.h"
#include <dirent.h>

enum { OUTPUT_MAX = 1 << 24, SOURCES_MAX = 1 << 20, FILES_MAX = 8192 };
enum { UPDATE_MS = 600000, FETCH_MS = 1800000, FETCH_AT_ONCE = 64 };

struct vt_apt {
    struct vt_arena *arena;
    struct vt_line_store *store;
    const char *folder; /* "apt/SUITE" in the store */
    const char *path;   /* the same, absolute */
    const char *architecture;
    const char **environment;
};

struct vt_arena *vt_apt_arena(struct vt_apt *apt)
{
    return apt->arena;
}

const char *vt_apt_architecture(const struct vt_apt *apt)
{
    return apt->architecture;
}

void vt_apt_close(struct vt_apt *apt)
{
    if (apt != NULL)
        vt_arena_free(apt->arena);
    free(apt);
}

void vt_apt_close_pointer(struct vt_apt **apt)
{
    vt_apt_close(*apt);
    *apt = NULL;
}

static bool keep(struct vt_apt *apt, const char *name, const struct vt_buf *text,
                 struct vt_error *err)
{
    return vt_buf_check(text, name, err) &&
           vt_disk_write(vt_line_store_disk(apt->store),
                         vt_arena_printf(apt->arena, "%s/%s", apt->folder, name),
                         vt_buf_slice(text), 0644, err);
}

/* ---- running ----------------------------------------------------------------------------
 */

/* apt's last complaint, "E: ...", which is the reason. */
static void say_why(const char *program, const char *text, struct vt_error *err)
{
    const char *last = NULL, *at = text;
    enum vt_code code = VT_IO;
    size_t len;

    while ((at = strstr(at, "E: ")) != NULL) {
        if (at == text || at[-1] == '\n')
            last = at + 3;
        at += 3;
    }
    last = last != NULL ? last : "it gave no reason";
    len = strcspn(last, "\n");
    if (strstr(text, "Unable to locate") != NULL || strstr(text, "was not found") != NULL ||
        strstr(text, "Unable to find") != NULL || strstr(text, "Couldn't find") != NULL ||
        strstr(text, "has no installation candidate") != NULL)
        code = VT_ABSENT;
    else if (strstr(text, "unmet dependencies") != NULL ||
             strstr(text, "held broken packages") != NULL)
        code = VT_REJECTED;
    (void)vt_fail(err, code, "%s: %.*s", program, (int)len, last);
}

static bool run(struct vt_apt *apt, const char *const argv[], int64_t timeout_ms,
                struct vt_buf *output, struct vt_error *err)
{
    VT_AUTO_BUF errors = vt_buf_init(OUTPUT_MAX);
    struct vt_child_options options = { .environment = apt->environment,
                                        .timeout_ms = timeout_ms,
                                        .output = output,
                                        .errors = &errors };
    struct vt_child_end end;
    const char *said;

    if (!vt_child_run(argv, &options, &end, err))
        return false;
    said = vt_buf_cstr(&errors);
    if (end.is_late)
        return vt_fail(err, VT_IO, "%s: not done after %jd seconds", argv[0],
                       (intmax_t)(timeout_ms / 1000));
    if (end.exit_code == 0)
        return vt_buf_check(output, argv[0], err);
    say_why(argv[0], said != NULL ? said : "", err);
    return false;
}

bool vt_apt_run(struct vt_apt *apt, const char *const argv[], struct vt_buf *output,
                struct vt_error *err)
{
    return run(apt, argv, UPDATE_MS, output, err);
}

/* ---- the configuration
 * ------------------------------------------------------------------- */

static bool filter_file(const char *path, const char *suite, struct vt_buf *list,
                        struct vt_buf *stanzas, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(SOURCES_MAX);
    vt_slice name = vt_slice_from_cstr(path);

    if (!vt_file_read(path, &text, err))
        return false;
    if (vt_slice_ends_with(name, VT_LIT(".sources")))
        return vt_apt_filter_stanzas(vt_buf_slice(&text), suite, stanzas, err);
    return vt_apt_filter_list(vt_buf_slice(&text), suite, list, err);
}

static int is_source_file(const struct dirent *entry)
{
    vt_slice name = vt_slice_from_cstr(entry->d_name);

    return vt_slice_ends_with(name, VT_LIT(".sources")) ||
           vt_slice_ends_with(name, VT_LIT(".list"));
}

static bool filter_machine(struct vt_apt *apt, const char *suite, struct vt_buf *list,
                           struct vt_buf *stanzas, struct vt_error *err)
{
    static const char folder[] = "/etc/apt/sources.list.d";
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_source_file, alphasort);
    bool ok = !vt_path_exists("/etc/apt/sources.list") ||
              filter_file("/etc/apt/sources.list", suite, list, stanzas, err);

    for (int i = 0; i < count; i++) {
        ok = ok &&
             filter_file(vt_arena_printf(apt->arena, "%s/%s", folder, names[i]->d_name),
                         suite, list, stanzas, err);
        free(names[i]);
    }
    free(names);
    return ok;
}

static bool write_sources(struct vt_apt *apt, const char *suite, const char *sources,
                          struct vt_error *err)
{
    VT_AUTO_BUF list = vt_buf_init(SOURCES_MAX);
    VT_AUTO_BUF stanzas = vt_buf_init(SOURCES_MAX);

    if (sources != NULL ? !filter_file(sources, suite, &list, &stanzas, err)
                        : !filter_machine(apt, suite, &list, &stanzas, err))
        return false;
    if (list.len == 0 && stanzas.len == 0)
        return vt_fail(err, VT_ABSENT,
                       "no package source %s%s offers the suite %s; name one by --sources",
                       sources != NULL ? "in " : "of this machine",
                       sources != NULL ? sources : "", suite);
    return keep(apt, "sources.list", &list, err) &&
           keep(apt, "sources.d/vitrine.sources", &stanzas, err);
}

/* The machine's way to the network, nothing else of its configuration. */
static bool put_network(struct vt_apt *apt, struct vt_buf *config, struct vt_error *err)
{
    static const char *const kept[] = { "Acquire::http::", "Acquire::https::",
                                        "Acquire::ftp::", "Acquire::Retries",
                                        "Acquire::ForceIPv" };
    VT_AUTO_BUF dump = vt_buf_init(OUTPUT_MAX);
    static const char *const argv[] = { "apt-config", "dump", NULL };
    vt_reader r;
    vt_slice line;

    if (!run(apt, argv, UPDATE_MS, &dump, err))
        return vt_within(err, "apt is needed to lock an environment");
    r.rest = vt_buf_slice(&dump);
    while (vt_read_line(&r, &line)) {
        for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
            if (vt_slice_starts_with(line, vt_slice_from_cstr(kept[i]))) {
                vt_buf_put(config, line);
                vt_buf_put_u8(config, '\n');
            }
        if (vt_slice_starts_with(line, VT_LIT("APT::Architecture \"")))
            apt->architecture = vt_arena_cstr(
                apt->arena, vt_slice_sub(line, 19, line.len > 21 ? line.len - 21 : 0));
    }
    if (apt->architecture == NULL)
        return vt_fail(err, VT_IO, "apt-config: does not name the architecture");
    return true;
}

static bool write_config(struct vt_apt *apt, struct vt_error *err)
{
    VT_AUTO_BUF config = vt_buf_init(SOURCES_MAX);
    VT_AUTO_BUF nothing = vt_buf_init(1);

    if (!put_network(apt, &config, err))
        return false;
    vt_buf_printf(&config,
                  "Dir::State \"%s\";\nDir::State::lists \"%s/lists\";\n"
                  "Dir::State::status \"%s/status\";\n"
                  "Dir::State::extended_states \"%s/extended_states\";\n"
                  "Dir::Cache \"%s\";\nDir::Cache::archives \"%s/archives\";\n"
                  "Dir::Log \"%s\";\n",
                  apt->path, apt->path, apt->path, apt->path, apt->path, apt->path,
                  apt->path);
    vt_buf_printf(&config,
                  "Dir::Etc::sourcelist \"%s/sources.list\";\n"
                  "Dir::Etc::sourceparts \"%s/sources.d\";\n"
                  "Dir::Etc::main \"/dev/null\";\nDir::Etc::parts \"/dev/null\";\n"
                  "Dir::Etc::preferences \"/dev/null\";\n"
                  "Dir::Etc::preferencesparts \"/dev/null\";\n",
                  apt->path, apt->path);
    vt_buf_put_text(&config, "APT::Sandbox::User \"root\";\n"
                             "APT::Install-Recommends \"false\";\n"
                             "APT::Update::Error-Mode \"any\";\n"
                             "Acquire::Languages \"none\";\n"
                             "Acquire::ForceHash \"SHA256\";\n");
    return keep(apt, "apt.conf", &config, err) && keep(apt, "status", &nothing, err) &&
           /* These make the folders that apt expects. */
           keep(apt, "lists/partial/empty", &nothing, err) &&
           keep(apt, "archives/partial/empty", &nothing, err);
}

static void make_environment(struct vt_apt *apt, bool is_private)
{
    static const char *const kept[] = { "http_proxy", "https_proxy", "no_proxy",
                                        "ftp_proxy" };
    const char **out = vt_arena_alloc(apt->arena, 12 * sizeof *out);
    size_t at = 0;

    out[at++] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    out[at++] = "LC_ALL=C.UTF-8";
    out[at++] = "HOME=/nonexistent";
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (getenv(kept[i]) != NULL)
            out[at++] = vt_arena_printf(apt->arena, "%s=%s", kept[i], getenv(kept[i]));
    if (is_private)
        out[at++] = vt_arena_printf(apt->arena, "APT_CONFIG=%s/apt.conf", apt->path);
    apt->environment = out;
}

bool vt_apt_open(struct vt_line_store *store, const char *suite, const char *sources,
                 struct vt_apt **apt_out, struct vt_error *err)
{
    static const char *const update[] = { "apt-get", "-q", "update", NULL };
    VT_AUTO_BUF output = vt_buf_init(OUTPUT_MAX);
    VT_AUTO_APT apt = vt_alloc(sizeof *apt);

    apt->arena = vt_arena_new();
    apt->store = store;
    apt->folder = vt_arena_printf(apt->arena, "apt/%s", suite);
    apt->path =
        vt_arena_printf(apt->arena, "%s/%s", vt_line_store_path(store), apt->folder);
    make_environment(apt, false);
    if (!write_config(apt, err) || !write_sources(apt, suite, sources, err))
        return false;
    make_environment(apt, true);
    if (!run(apt, update, UPDATE_MS, &output, err))
        return vt_within(err, "package lists of %s", suite);
    *apt_out = apt;
    apt = NULL;
    return true;
}

/* ---- files
 * -------------------------------------------------------------------------------- */

bool vt_apt_parse_uri(vt_slice line, struct vt_arena *arena, struct vt_apt_file *out)
{
    vt_reader r = { line };
    vt_slice uri, file, size;
    uint64_t bytes;
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("'")) || !vt_read_until(&r, '\'', &uri) ||
        !vt_read_literal(&r, VT_LIT(" ")) || !vt_read_until(&r, ' ', &file) ||
        !vt_read_until(&r, ' ', &size) || !vt_decimal_parse(size, &bytes) ||
        !vt_read_literal(&r, VT_LIT("SHA256:")) || !vt_hash_parse_hex(r.rest, &hash) ||
        uri.len == 0 || uri.data[0] < 'a' || uri.data[0] > 'z' || file.len == 0 ||
        file.len > 255 || file.data[0] == '.' || file.data[0] == '-' ||
        vt_slice_has_byte(file, '/') || vt_slice_has_byte(file, '\0') ||
        vt_slice_has_byte(uri, '\0'))
        return false;
    *out = (struct vt_apt_file){
        .uri = vt_arena_cstr(arena, uri),
        .file = vt_arena_cstr(arena, file),
        .bytes = bytes,
        .hash = hash,
    };
    return true;
}

bool vt_apt_files(struct vt_apt *apt, vt_slice output, struct vt_apt_file **files_out,
                  size_t *count_out, struct vt_error *err)
{
    struct vt_apt_file *files = vt_arena_alloc(apt->arena, FILES_MAX * sizeof *files);
    vt_reader r = { output };
    size_t count = 0;
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        if (line.len == 0 || line.data[0] != '\'')
            continue; /* its talk */
        if (count == FILES_MAX)
            return vt_fail(err, VT_LIMIT, "apt-get: over %d files", FILES_MAX);
        if (!vt_apt_parse_uri(line, apt->arena, &files[count]))
            return vt_fail(err, VT_MALFORMED, "apt-get: no SHA-256 in its line %.*s",
                           VT_SLICE_ARGS(line));
        count++;
    }
    *files_out = files;
    *count_out = count;
    return true;
}

static const char *place_of(struct vt_apt *apt, const struct vt_apt_file *file)
{
    return vt_arena_printf(apt->arena, "%s/archives/%s", apt->folder, file->file);
}

/* From apt's folder into the blobs, where the hash is found anew. */
static bool take_in(struct vt_apt *apt, const struct vt_apt_file *file,
                    struct vt_error *err)
{
    const char *place = place_of(apt, file);
    VT_AUTO_FD fd = -1;
    uint64_t size;
    vt_hash hash;

    if (!vt_disk_open_fd(vt_line_store_disk(apt->store), place, &fd, &size, err) ||
        !vt_blobs_put_fd(vt_line_store_blobs(apt->store), fd, file->file, &hash, &size,
                         err))
        return false;
    if (!vt_hash_equal(&hash, &file->hash) || size != file->bytes)
        return vt_fail(err, VT_REJECTED, "%s: is not what the signed lists promise",
                       file->file);
    return vt_disk_remove(vt_line_store_disk(apt->store), place, err);
}

static bool fetch_some(struct vt_apt *apt, const struct vt_apt_file *const *files,
                       size_t count, struct vt_error *err)
{
    VT_AUTO_BUF output = vt_buf_init(OUTPUT_MAX);
    const char *argv[2 + 3 * FETCH_AT_ONCE + 1] = { "/usr/lib/apt/apt-helper",
                                                    "download-file" };
    size_t at = 2;

    for (size_t i = 0; i < count; i++) {
        char hex[65];

        vt_hash_text(&files[i]->hash, hex);
        argv[at++] = files[i]->uri;
        argv[at++] = vt_arena_printf(apt->arena, "%s/%s", vt_line_store_path(apt->store),
                                     place_of(apt, files[i]));
        argv[at++] = vt_arena_printf(apt->arena, "SHA256:%s", hex);
    }
    argv[at] = NULL;
    if (!run(apt, argv, FETCH_MS, &output, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take_in(apt, files[i], err))
            return false;
    return true;
}

bool vt_apt_fetch(struct vt_apt *apt, const struct vt_apt_file *files, size_t count,
                  void (*progress)(void *context, const char *line), void *context,
                  struct vt_error *err)
{
    const struct vt_apt_file *wanted[FETCH_AT_ONCE];
    size_t pending = 0;

    for (size_t i = 0; i < count; i++) {
        if (!vt_blobs_has(vt_line_store_blobs(apt->store), &files[i].hash))
            wanted[pending++] = &files[i];
        if (pending == 0 || (pending < FETCH_AT_ONCE && i + 1 < count))
            continue;
        if (progress != NULL)
            progress(context, vt_arena_printf(apt->arena, "fetching packages: %zu of %zu",
                                              i + 1, count));
        if (!fetch_some(apt, wanted, pending, err))
            return false;
        pending = 0;
    }
    return true;
}
