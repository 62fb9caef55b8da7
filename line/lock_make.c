/* Making a lock file: apt decides once which packages, we write down which bytes.
 *
 * Nothing is installed as far as apt knows, so its answer is the whole closure, essential
 * packages included. */
#include "line/apt.h"
#include "line/deb.h"
#include "line/lock.h"

enum { OUTPUT_MAX = 1 << 26, WORDS_MAX = 2048, STANZA_FIELDS = 3 };
enum { AR_TIME_AT = 24, AR_TIME_BYTES = 12 };

struct making {
    const struct vt_lock_request *request;
    struct vt_apt *apt;
    struct vt_arena *arena;
    struct vt_apt_file *packages;
    size_t package_count;
    struct vt_apt_file *source_files;
    size_t source_file_count;
    const char *source_name, *source_version;
    const char *needs[STANZA_FIELDS]; /* what the source needs to be built, or NULL */
    int64_t epoch_unix_s;
};

/* ---- asking apt
 * --------------------------------------------------------------------------- */

static bool ask_files(struct making *m, const char *const argv[],
                      struct vt_apt_file **files, size_t *count, struct vt_error *err)
{
    VT_AUTO_BUF output = vt_buf_init(OUTPUT_MAX);

    return vt_apt_run(m->apt, argv, &output, err) &&
           vt_apt_files(m->apt, vt_buf_slice(&output), files, count, err);
}

/* "gcc_4%3a12.2.0-3_amd64.deb" taken apart; %3a is the colon. */
static bool name_parts(struct making *m, const char *file, const char **name,
                       const char **version, const char **architecture)
{
    vt_reader r = { vt_slice_from_cstr(file) };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    vt_slice parts[2];

    if (!vt_slice_ends_with(r.rest, VT_LIT(".deb")) || !vt_read_until(&r, '_', &parts[0]) ||
        !vt_read_until(&r, '_', &parts[1]) || r.rest.len <= 4)
        return false;
    for (size_t i = 0; i < parts[1].len; i++)
        if (vt_slice_starts_with(vt_slice_sub(parts[1], i, parts[1].len - i),
                                 VT_LIT("%3a"))) {
            vt_buf_put_u8(&text, ':');
            i += 2;
        } else {
            vt_buf_put_u8(&text, parts[1].data[i]);
        }
    *name = vt_arena_cstr(m->arena, parts[0]);
    *version = vt_arena_cstr(m->arena, vt_buf_slice(&text));
    *architecture = vt_arena_cstr(m->arena, vt_slice_sub(r.rest, 0, r.rest.len - 4));
    return true;
}

static bool resolve_packages(struct making *m, struct vt_error *err)
{
    const char **argv = vt_arena_alloc(m->arena, WORDS_MAX * sizeof *argv);
    size_t at = 0;

    argv[at++] = "apt-get";
    argv[at++] = "-qy";
    argv[at++] = "--print-uris";
    argv[at++] = "install";
    /* apt calls itself essential; builds do not need it.  Roots are made with /bin and its
     * like as links into /usr, so they need no program that would make them so. */
    argv[at++] = "?and(?essential, ?not(?exact-name(apt)))";
    argv[at++] = "?exact-name(usr-is-merged)";
    for (size_t i = 0; i < m->request->package_count && at < WORDS_MAX - 1; i++)
        argv[at++] = m->request->packages[i];
    return ask_files(m, argv, &m->packages, &m->package_count, err);
}

/* ---- Debian sources
 * ------------------------------------------------------------------------ */

static vt_slice stanza_field(vt_slice stanza, const char *name)
{
    vt_reader r = { stanza };
    size_t len = strlen(name);
    vt_slice line;

    while (vt_read_line(&r, &line))
        if (line.len > len + 2 && memcmp(line.data, name, len) == 0 &&
            line.data[len] == ':' && line.data[len + 1] == ' ')
            return vt_slice_sub(line, len + 2, line.len - len - 2);
    return vt_slice_of(NULL, 0);
}

/* Does the stanza list the file with this hash? */
static bool lists_hash(vt_slice stanza, const vt_hash *hash)
{
    char hex[65];

    vt_hash_text(hash, hex);
    return memmem(stanza.data, stanza.len, hex, 64) != NULL;
}

/* The stanza of `apt-cache showsrc` that this .dsc belongs to. */
static bool find_stanza(vt_slice text, const vt_hash *dsc, vt_slice *out)
{
    while (text.len != 0) {
        const uint8_t *end = memmem(text.data, text.len, "\n\n", 2);
        size_t len = end != NULL ? (size_t)(end - text.data) + 1 : text.len;

        *out = vt_slice_sub(text, 0, len);
        if (lists_hash(*out, dsc))
            return true;
        text = end != NULL ? vt_slice_sub(text, len + 1, text.len - len - 1)
                           : vt_slice_of(NULL, 0);
    }
    return false;
}

static bool read_stanza(struct making *m, vt_slice stanza, struct vt_error *err)
{
    static const char *const fields[STANZA_FIELDS] = { "Build-Depends",
                                                       "Build-Depends-Arch",
                                                       "Build-Depends-Indep" };
    vt_slice version = stanza_field(stanza, "Version");

    if (version.len == 0)
        return vt_fail(err, VT_MALFORMED, "source %s: its entry has no version",
                       m->source_name);
    m->source_version = vt_arena_cstr(m->arena, version);
    for (size_t i = 0; i < STANZA_FIELDS; i++) {
        vt_slice needs = stanza_field(stanza, fields[i]);

        if (needs.len != 0)
            m->needs[i] = vt_arena_cstr(m->arena, needs);
    }
    return true;
}

static int compare_files(const void *a, const void *b)
{
    const struct vt_apt_file *one = a, *two = b;
    bool one_is_dsc = vt_slice_ends_with(vt_slice_from_cstr(one->file), VT_LIT(".dsc"));
    bool two_is_dsc = vt_slice_ends_with(vt_slice_from_cstr(two->file), VT_LIT(".dsc"));

    if (one_is_dsc != two_is_dsc)
        return one_is_dsc ? -1 : 1;
    return strcmp(one->file, two->file);
}

static bool resolve_source(struct making *m, struct vt_error *err)
{
    const char *asked = m->request->source_package;
    const char *const files[] = {
        "apt-get", "-qy", "--print-uris", "--download-only", "source", asked, NULL
    };
    const char *show[] = { "apt-cache", "showsrc", "--only-source", NULL, NULL };
    VT_AUTO_BUF output = vt_buf_init(OUTPUT_MAX);
    vt_slice stanza;

    m->source_name = vt_arena_printf(m->arena, "%.*s", (int)strcspn(asked, "="), asked);
    show[3] = m->source_name;
    if (!ask_files(m, files, &m->source_files, &m->source_file_count, err) ||
        !vt_apt_run(m->apt, show, &output, err))
        return vt_within(err, "source %s", asked);
    if (m->source_file_count == 0)
        return vt_fail(err, VT_ABSENT, "source %s: no source offers it", asked);
    qsort(m->source_files, m->source_file_count, sizeof *m->source_files, compare_files);
    if (!find_stanza(vt_buf_slice(&output), &m->source_files[0].hash, &stanza))
        return vt_fail(err, VT_ABSENT, "source %s: not in the lists", asked);
    return read_stanza(m, stanza, err);
}

/* Names of the essential packages and of those asked for, as one dependency text, with what
 * every Debian source may count on (Debian Policy §4.2). */
static bool name_wanted(struct making *m, const char **out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    const char *name, *version, *architecture;

    for (size_t i = 0; i < m->package_count; i++) {
        if (!name_parts(m, m->packages[i].file, &name, &version, &architecture))
            return vt_fail(err, VT_MALFORMED, "apt-get: odd file name %s",
                           m->packages[i].file);
        vt_buf_printf(&text, "%s, ", name);
    }
    vt_buf_put_text(&text, "build-essential"); /* which no source names */
    *out = vt_arena_cstr(m->arena, vt_buf_slice(&text));
    return vt_buf_check(&text, "packages", err);
}

/* Once more, with what the source needs. */
static bool resolve_needs(struct making *m, struct vt_error *err)
{
    const char *argv[6 + STANZA_FIELDS] = { "apt-get", "-qy", "--print-uris", "satisfy" };
    size_t at = 4;

    if (!name_wanted(m, &argv[at++], err))
        return false;
    for (size_t i = 0; i < STANZA_FIELDS; i++)
        if (m->needs[i] != NULL)
            argv[at++] = m->needs[i];
    argv[at] = NULL;
    return ask_files(m, argv, &m->packages, &m->package_count, err) ||
           vt_within(err, "what %s needs to be built", m->source_name);
}

/* ---- writing down
 * --------------------------------------------------------------------------- */

/* When a package was built: the time in the first header of its ar.  The newest of them is
 * the environment's time, so it depends on nothing but the packages. */
static bool note_time(struct making *m, const struct vt_apt_file *file,
                      struct vt_error *err)
{
    uint8_t head[AR_TIME_AT + AR_TIME_BYTES];
    VT_AUTO_FD fd = -1;
    uint64_t size, time_s;
    size_t len = 0;

    if (!vt_blobs_open_fd(vt_line_store_blobs(m->request->store), &file->hash, &fd, &size,
                          err))
        return false;
    if (read(fd, head, sizeof head) != (ssize_t)sizeof head ||
        memcmp(head, "!<arch>\n", 8) != 0)
        return vt_fail(err, VT_MALFORMED, "%s: is no Debian package", file->file);
    while (len < AR_TIME_BYTES && head[AR_TIME_AT + len] != ' ')
        len++;
    if (!vt_decimal_parse(vt_slice_of(head + AR_TIME_AT, len), &time_s) ||
        time_s > INT32_MAX * UINT64_C(8))
        return vt_fail(err, VT_MALFORMED, "%s: is no Debian package", file->file);
    if ((int64_t)time_s > m->epoch_unix_s)
        m->epoch_unix_s = (int64_t)time_s;
    return true;
}

static bool note_times(struct making *m, struct vt_error *err)
{
    m->epoch_unix_s = 1;
    for (size_t i = 0; i < m->package_count; i++)
        if (!note_time(m, &m->packages[i], err))
            return false;
    return true;
}

static json_t *file_json(const struct vt_apt_file *file)
{
    char hex[65];

    vt_hash_text(&file->hash, hex);
    return json_pack("{s:s, s:I, s:s}", "file", file->file, "size", (json_int_t)file->bytes,
                     "sha256", hex);
}

static json_t *package_json(struct making *m, const struct vt_apt_file *file)
{
    const char *name, *version, *architecture;
    json_t *json = file_json(file);

    if (json == NULL || !name_parts(m, file->file, &name, &version, &architecture) ||
        json_object_set_new(json, "name", json_string(name)) != 0 ||
        json_object_set_new(json, "version", json_string(version)) != 0 ||
        json_object_set_new(json, "architecture", json_string(architecture)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *source_json(const struct making *m)
{
    json_t *files = json_array();

    for (size_t i = 0; i < m->source_file_count; i++)
        if (json_array_append_new(files, file_json(&m->source_files[i])) != 0) {
            json_decref(files);
            return NULL;
        }
    return json_pack("{s:s, s:s, s:o}", "name", m->source_name, "version",
                     m->source_version, "files", files);
}

static json_t *lock_json(struct making *m)
{
    json_t *packages = json_array(), *lock;

    for (size_t i = 0; i < m->package_count; i++)
        if (json_array_append_new(packages, package_json(m, &m->packages[i])) != 0) {
            json_decref(packages);
            return NULL;
        }
    lock = json_pack("{s:i, s:s, s:s, s:I, s:o}", "v", 1, "suite", m->request->suite,
                     "architecture", vt_apt_architecture(m->apt), "epoch",
                     (json_int_t)m->epoch_unix_s, "packages", packages);
    if (lock != NULL && m->source_name != NULL &&
        json_object_set_new(lock, "source", source_json(m)) != 0) {
        json_decref(lock);
        return NULL;
    }
    return lock;
}

/* Are the packages what the lock that came out says of them? */
static bool check_packages(struct making *m, const struct vt_lock *lock,
                           struct vt_error *err)
{
    struct vt_blobs *blobs = vt_line_store_blobs(m->request->store);
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < lock->package_count; i++)
        if (!vt_deb_check(vt_blobs_path(blobs, &lock->packages[i].hash, arena),
                          &lock->packages[i], arena, NULL, err))
            return false;
    return true;
}

/* One member a line, names sorted: made to be read and compared. */
static bool put_lock(struct making *m, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_LOCK check = NULL;
    VT_AUTO_JSON json = lock_json(m);
    VT_AUTO_FREE char *text = NULL;

    if (json == NULL || (text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS)) == NULL)
        return vt_fail(err, VT_MALFORMED, "lock: a package is named oddly");
    if (!vt_lock_parse(vt_slice_from_cstr(text), "lock", &check, err) ||
        !check_packages(m, check, err))
        return false;
    vt_buf_put_text(out, text);
    vt_buf_put_u8(out, '\n');
    return vt_buf_check(out, "lock", err);
}

static int compare_packages(const void *a, const void *b)
{
    const struct vt_apt_file *one = a, *two = b;
    size_t one_len = strcspn(one->file, "_"), two_len = strcspn(two->file, "_");

    return vt_slice_compare(vt_slice_of(one->file, one_len),
                            vt_slice_of(two->file, two_len));
}

static bool make_lock(struct making *m, struct vt_buf *text_out, struct vt_error *err)
{
    const struct vt_lock_request *r = m->request;

    if (!resolve_packages(m, err) ||
        (r->source_package != NULL && (!resolve_source(m, err) || !resolve_needs(m, err))))
        return false;
    if (m->package_count == 0)
        return vt_fail(err, VT_ABSENT, "apt-get: found no packages for %s", r->suite);
    qsort(m->packages, m->package_count, sizeof *m->packages, compare_packages);
    return vt_apt_fetch(m->apt, m->packages, m->package_count, r->progress, r->context,
                        err) &&
           vt_apt_fetch(m->apt, m->source_files, m->source_file_count, r->progress,
                        r->context, err) &&
           note_times(m, err) && put_lock(m, text_out, err);
}

bool vt_lock_make(const struct vt_lock_request *request, struct vt_buf *text_out,
                  struct vt_error *err)
{
    struct making m = { .request = request };
    VT_AUTO_APT apt = NULL;

    if (request->progress != NULL)
        request->progress(request->context, "package lists");
    if (!vt_apt_open(request->store, request->suite, request->sources, &apt, err))
        return false;
    m.apt = apt;
    m.arena = vt_apt_arena(apt);
    return make_lock(&m, text_out, err);
}
