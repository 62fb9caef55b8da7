/* Copying between stores, by content. */
#include "line/archive.h"
#include "line/deb.h"

struct copy {
    struct vt_blobs *from, *to;
    struct vt_archive_report *report;
};

static bool copy_blob(const struct copy *copy, const vt_hash *hash, const char *name,
                      struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash got;

    if (vt_blobs_has(copy->to, hash)) {
        copy->report->held++;
        return true;
    }
    if (!vt_blobs_open_fd(copy->from, hash, &fd, &bytes, err) ||
        !vt_blobs_put_fd(copy->to, fd, name, &got, &bytes, err))
        return vt_within(err, "%s", name);
    if (!vt_hash_equal(&got, hash))
        return vt_fail(err, VT_REJECTED, "%s: changed while it was copied", name);
    copy->report->files++;
    copy->report->bytes += bytes;
    return true;
}

/* What goes into a store under a package's name is that package. */
static bool copy_package(const struct copy *copy, const struct vt_lock_package *package,
                         struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return copy_blob(copy, &package->hash, package->file, err) &&
           vt_deb_check(vt_blobs_path(copy->to, &package->hash, arena), package, arena,
                        NULL, err);
}

static struct copy begin(struct vt_line_store *from, struct vt_line_store *to,
                         struct vt_archive_report *report)
{
    return (struct copy){ vt_line_store_blobs(from), vt_line_store_blobs(to), report };
}

bool vt_archive_packages(struct vt_line_store *from, struct vt_line_store *to,
                         const struct vt_lock *lock, struct vt_archive_report *report,
                         struct vt_error *err)
{
    struct copy copy = begin(from, to, report);

    for (size_t i = 0; i < lock->package_count; i++)
        if (!copy_package(&copy, &lock->packages[i], err))
            return false;
    for (size_t i = 0; i < lock->source_file_count; i++)
        if (!copy_blob(&copy, &lock->source_files[i].hash, lock->source_files[i].file, err))
            return false;
    return true;
}

static const char *name_in(struct vt_arena *arena, const char *product, const char *version,
                           const char *what)
{
    return vt_arena_printf(arena, "archive/%s/%s/%s.json", product, version, what);
}

/* Name it, unless the archive names something else already. */
static bool keep_name(struct vt_line_store *to, const struct vt_recipe *recipe,
                      const char *what, vt_slice text, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF held = vt_buf_init(VT_LOCK_BYTES_MAX);
    struct vt_disk *disk = vt_line_store_disk(to);
    const char *name = name_in(arena, recipe->product, recipe->version, what);

    if (!vt_disk_has(disk, name))
        return vt_disk_write(disk, name, text, 0644, err);
    if (!vt_disk_read(disk, name, &held, err))
        return false;
    return vt_slice_equal(vt_buf_slice(&held), text) ||
           vt_fail(err, VT_REJECTED,
                   "%s: the archive holds another %s of %s %s; a version is archived once",
                   vt_line_store_path(to), what, recipe->product, recipe->version);
}

static bool copy_materials(const struct copy *copy, const struct vt_recipe *recipe,
                           const struct vt_lock *lock, const struct vt_source *source,
                           struct vt_error *err)
{
    vt_hash ignored;

    for (size_t i = 0; i < recipe->input_count; i++)
        if (!copy_blob(copy, &recipe->inputs[i].hash, recipe->inputs[i].name, err))
            return false;
    return copy_blob(copy, &source->pack, "source", err) &&
           vt_blobs_put(copy->to, recipe->canonical, &ignored, err) &&
           vt_blobs_put(copy->to, lock->canonical, &ignored, err);
}

bool vt_archive_release(struct vt_line_store *from, struct vt_line_store *to,
                        const struct vt_recipe *recipe, const struct vt_lock *lock,
                        const struct vt_source *source, struct vt_archive_report *report,
                        struct vt_error *err)
{
    struct copy copy = begin(from, to, report);
    VT_AUTO_BUF record = vt_buf_init(VT_KIB(4));
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON json = vt_source_json(source);
    struct vt_source taken;

    if (json == NULL)
        return vt_fail(err, VT_IO, "out of memory");
    return vt_archive_packages(from, to, lock, report, err) &&
           copy_materials(&copy, recipe, lock, source, err) &&
           vt_source_take_pack(to, vt_blobs_path(copy.to, &source->pack, arena), source,
                               &taken, err) &&
           vt_json_write_canonical(json, &record, err) &&
           keep_name(to, recipe, "lock", lock->canonical, err) &&
           keep_name(to, recipe, "source", vt_buf_slice(&record), err) &&
           keep_name(to, recipe, "recipe", recipe->canonical, err);
}

static bool read_name(struct vt_line_store *archive, const char *name, struct vt_buf *out,
                      struct vt_error *err)
{
    return vt_disk_read(vt_line_store_disk(archive), name, out, err) ||
           vt_within(err, "archive %s", vt_line_store_path(archive));
}

static bool find_source(struct vt_line_store *archive, const char *name,
                        struct vt_source *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    VT_AUTO_JSON json = NULL;

    return read_name(archive, name, &text, err) &&
           vt_json_parse_canonical(vt_buf_slice(&text), name, &json, err) &&
           vt_source_from_json(json, name, out, err);
}

bool vt_archive_find(struct vt_line_store *archive, const char *product,
                     const char *version, struct vt_recipe **recipe_out,
                     struct vt_lock **lock_out, struct vt_source *source_out,
                     struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF recipe_text = vt_buf_init(VT_RECIPE_BYTES_MAX);
    VT_AUTO_BUF lock_text = vt_buf_init(VT_LOCK_BYTES_MAX);
    VT_AUTO_RECIPE recipe = NULL;
    const char *name = name_in(arena, product, version, "recipe");

    if (!read_name(archive, name, &recipe_text, err) ||
        !vt_recipe_parse(vt_buf_slice(&recipe_text), name, &recipe, err) ||
        !find_source(archive, name_in(arena, product, version, "source"), source_out, err))
        return false;
    name = name_in(arena, product, version, "lock");
    if (!read_name(archive, name, &lock_text, err) ||
        !vt_lock_parse(vt_buf_slice(&lock_text), name, lock_out, err))
        return false;
    *recipe_out = recipe;
    recipe = NULL;
    return true;
}
