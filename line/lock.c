/* Lock files: parsed from their canonical form, like recipes. */
#include "line/lock.h"

enum { NAME_BYTES_MAX = 255 };
#define FILE_BYTES_MAX UINT64_C(4294967296)
#define EPOCH_MAX      INT64_C(253402300799)

/* Names come from Debian, file names are used in paths: letters that need no care. */
static bool is_plain(vt_slice text, const char *others)
{
    if (text.len == 0 || text.len > NAME_BYTES_MAX || text.data[0] == '.' ||
        text.data[0] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            (c == 0 || strchr(others, c) == NULL))
            return false;
    }
    return true;
}

static bool take_plain(struct vt_lock *lock, const json_t *object, const char *what,
                       const char *name, const char *others, const char **out,
                       struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(object, what, name, &text, err))
        return false;
    if (!is_plain(text, others))
        return vt_fail(err, VT_MALFORMED, "%s: %s '%.*s' is ill-formed", what, name,
                       VT_SLICE_ARGS(text));
    *out = vt_arena_cstr(lock->arena, text);
    return true;
}

static bool take_file(struct vt_lock *lock, const json_t *object, const char *what,
                      const char **file, uint64_t *bytes, vt_hash *hash,
                      struct vt_error *err)
{
    if (!take_plain(lock, object, what, "file", "+.~%_-", file, err) ||
        !vt_json_get_number(object, what, "size", bytes, err) ||
        !vt_json_get_sha256(object, what, "sha256", hash->bytes, err))
        return false;
    if (*bytes == 0 || *bytes > FILE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: %s has %ju bytes", what, *file,
                       (uintmax_t)*bytes);
    return true;
}

static bool parse_package(struct vt_lock *lock, const json_t *json, const char *what,
                          struct vt_lock_package *out, struct vt_error *err)
{
    static const char *const names[] = { "name", "version", "architecture",
                                         "file", "size",    "sha256",
                                         NULL };

    if (!json_is_object(json))
        return vt_fail(err, VT_MALFORMED, "%s: packages must hold objects", what);
    if (!vt_json_only(json, what, names, err) ||
        !take_plain(lock, json, what, "name", "+.-", &out->name, err) ||
        !take_plain(lock, json, what, "version", "+.:~-", &out->version, err) ||
        !take_plain(lock, json, what, "architecture", "-", &out->architecture, err) ||
        !take_file(lock, json, what, &out->file, &out->bytes, &out->hash, err))
        return false;
    if (strcmp(out->architecture, lock->architecture) != 0 &&
        strcmp(out->architecture, "all") != 0)
        return vt_fail(err, VT_MALFORMED, "%s: %s is for %s, the lock for %s", what,
                       out->name, out->architecture, lock->architecture);
    if (!vt_slice_ends_with(vt_slice_from_cstr(out->file), VT_LIT(".deb")))
        return vt_fail(err, VT_MALFORMED, "%s: %s is no .deb", what, out->file);
    return true;
}

static bool parse_packages(struct vt_lock *lock, const json_t *json, const char *what,
                           struct vt_error *err)
{
    struct vt_lock_package *packages;
    json_t *array;
    size_t count;

    if (!vt_json_get_array(json, what, "packages", &array, err))
        return false;
    count = json_array_size(array);
    if (count == 0 || count > VT_LOCK_PACKAGES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: %zu packages", what, count);
    packages = vt_arena_alloc(lock->arena, count * sizeof *packages);
    for (size_t i = 0; i < count; i++) {
        if (!parse_package(lock, json_array_get(array, i), what, &packages[i], err))
            return false;
        if (i > 0 && strcmp(packages[i - 1].name, packages[i].name) >= 0)
            return vt_fail(err, VT_MALFORMED, "%s: %s is out of order or named twice", what,
                           packages[i].name);
    }
    lock->packages = packages;
    lock->package_count = count;
    return true;
}

static bool parse_source_file(struct vt_lock *lock, const json_t *json,
                              struct vt_lock_file *out, struct vt_error *err)
{
    static const char *const names[] = { "file", "size", "sha256", NULL };

    if (!json_is_object(json))
        return vt_fail(err, VT_MALFORMED, "source: files must hold objects");
    return vt_json_only(json, "source", names, err) &&
           take_file(lock, json, "source", &out->file, &out->bytes, &out->hash, err);
}

static bool parse_source(struct vt_lock *lock, const json_t *json, const char *what,
                         struct vt_error *err)
{
    static const char *const names[] = { "name", "version", "files", NULL };
    struct vt_lock_file *files;
    json_t *source, *array;
    size_t count;

    if (!vt_json_has(json, "source"))
        return true;
    if (!vt_json_get_object(json, what, "source", &source, err) ||
        !vt_json_only(source, "source", names, err) ||
        !take_plain(lock, source, "source", "name", "+.-", &lock->source_name, err) ||
        !take_plain(lock, source, "source", "version", "+.:~-", &lock->source_version,
                    err) ||
        !vt_json_get_array(source, "source", "files", &array, err))
        return false;
    count = json_array_size(array);
    if (count == 0 || count > VT_LOCK_SOURCE_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: %zu source files", what, count);
    files = vt_arena_alloc(lock->arena, count * sizeof *files);
    for (size_t i = 0; i < count; i++) {
        if (!parse_source_file(lock, json_array_get(array, i), &files[i], err))
            return false;
        if (i > 1 && strcmp(files[i - 1].file, files[i].file) >= 0)
            return vt_fail(err, VT_MALFORMED, "%s: %s is out of order", what,
                           files[i].file);
    }
    if (!vt_slice_ends_with(vt_slice_from_cstr(files[0].file), VT_LIT(".dsc")))
        return vt_fail(err, VT_MALFORMED, "%s: the first source file is no .dsc", what);
    lock->source_files = files;
    lock->source_file_count = count;
    return true;
}

static bool parse_all(struct vt_lock *lock, const json_t *json, const char *what,
                      struct vt_error *err)
{
    static const char *const names[] = { "v",     "suite",    "architecture",
                                         "epoch", "packages", "source",
                                         NULL };
    uint64_t number, epoch;

    if (!vt_json_only(json, what, names, err) ||
        !vt_json_get_number(json, what, "v", &number, err) ||
        !take_plain(lock, json, what, "suite", "-.", &lock->suite, err) ||
        !take_plain(lock, json, what, "architecture", "-", &lock->architecture, err) ||
        !vt_json_get_number(json, what, "epoch", &epoch, err))
        return false;
    if (number != 1)
        return vt_fail(err, VT_MALFORMED, "%s: v is %ju, this program knows 1", what,
                       (uintmax_t)number);
    if (epoch == 0 || epoch > (uint64_t)EPOCH_MAX)
        return vt_fail(err, VT_MALFORMED, "%s: epoch must be from 1 to %jd", what,
                       (intmax_t)EPOCH_MAX);
    lock->epoch_unix_s = (int64_t)epoch;
    return parse_packages(lock, json, what, err) && parse_source(lock, json, what, err);
}

/* Two products that are built in the same environment have one digest for it, so the
 * source stays out. */
static bool find_environment_digest(struct vt_lock *lock, json_t *json,
                                    struct vt_error *err)
{
    VT_AUTO_BUF canonical = vt_buf_init(VT_LOCK_BYTES_MAX);
    struct vt_sha256 state;

    (void)json_object_del(json, "source");
    if (!vt_json_write_canonical(json, &canonical, err))
        return false;
    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT(VT_ENVIRONMENT_METHOD "\n"));
    vt_sha256_add(&state, vt_buf_slice(&canonical));
    vt_sha256_end(&state, &lock->environment);
    return true;
}

bool vt_lock_parse(vt_slice text, const char *what, struct vt_lock **lock_out,
                   struct vt_error *err)
{
    VT_AUTO_LOCK lock = vt_alloc(sizeof *lock);
    VT_AUTO_BUF canonical = vt_buf_init(VT_LOCK_BYTES_MAX);
    VT_AUTO_JSON json = NULL;

    lock->arena = vt_arena_new();
    if (text.len > VT_LOCK_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: over %zu bytes", what, VT_LOCK_BYTES_MAX);
    if (!vt_json_parse(text, what, &json, err) ||
        !vt_json_write_canonical(json, &canonical, err) ||
        !parse_all(lock, json, what, err) || !find_environment_digest(lock, json, err))
        return false;
    lock->canonical = vt_arena_copy(lock->arena, vt_buf_slice(&canonical));
    lock->digest = vt_sha256_of(lock->canonical);
    *lock_out = lock;
    lock = NULL;
    return true;
}

bool vt_lock_read(const char *path, struct vt_lock **lock_out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_LOCK_BYTES_MAX);

    return vt_file_read(path, &text, err) &&
           vt_lock_parse(vt_buf_slice(&text), path, lock_out, err);
}

void vt_lock_free(struct vt_lock *lock)
{
    if (lock != NULL)
        vt_arena_free(lock->arena);
    free(lock);
}

void vt_lock_free_pointer(struct vt_lock **lock)
{
    vt_lock_free(*lock);
    *lock = NULL;
}

const struct vt_lock_package *vt_lock_find(const struct vt_lock *lock, const char *name)
{
    size_t low = 0, high = lock->package_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(lock->packages[middle].name, name);

        if (order == 0)
            return &lock->packages[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
