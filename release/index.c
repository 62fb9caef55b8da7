/* index.json of a public folder. */
#include "release/index.h"

static const char what[] = VT_INDEX_NAME;

void vt_index_clear(struct vt_index *index)
{
    json_decref(index->json);
    free(index->files);
    *index = (struct vt_index){ 0 };
}

/* It will be joined to a path and a URL. */
static bool is_part(vt_slice text)
{
    if (text.len == 0 || text.len > 255 || vt_slice_is(text, ".") ||
        vt_slice_is(text, ".."))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '/' || text.data[i] < ' ' || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool get_part(const json_t *row, const char *name, vt_slice *out,
                     struct vt_error *err)
{
    if (!vt_json_get_text(row, what, name, out, err))
        return false;
    return is_part(*out) || vt_fail(err, VT_MALFORMED, "%s: %s '%.*s' is no part of a path",
                                    what, name, VT_SLICE_ARGS(*out));
}

static bool read_output(const json_t *row, struct vt_index_file *file, struct vt_error *err)
{
    static const char *const names[] = { "name", "sha256", "size", NULL };

    return vt_json_only(row, what, names, err) && get_part(row, "name", &file->name, err) &&
           vt_json_get_sha256(row, what, "sha256", file->hash.bytes, err) &&
           vt_json_get_number(row, what, "size", &file->size_bytes, err);
}

static bool add_file(struct vt_index *index, const struct vt_index_file *file,
                     struct vt_error *err)
{
    if (index->count == VT_INDEX_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d files", what, VT_INDEX_FILES_MAX);
    if ((index->count & (index->count - 1)) == 0) /* room doubles at each power of two */
        index->files = vt_grow_array(index->files, index->count == 0 ? 1 : 2 * index->count,
                                     sizeof *file);
    index->files[index->count++] = *file;
    return true;
}

static bool read_release(struct vt_index *index, const json_t *row, struct vt_error *err)
{
    static const char *const names[] = { "channel",  "outputs", "product",
                                         "sequence", "version", NULL };
    struct vt_index_file file;
    vt_slice channel;
    uint64_t sequence;
    json_t *outputs;

    if (!vt_json_only(row, what, names, err) ||
        !get_part(row, "product", &file.product, err) ||
        !get_part(row, "version", &file.version, err) ||
        !vt_json_get_text(row, what, "channel", &channel, err) ||
        !vt_json_get_number(row, what, "sequence", &sequence, err) ||
        !vt_json_get_array(row, what, "outputs", &outputs, err))
        return false;
    for (size_t i = 0; i < json_array_size(outputs); i++)
        if (!read_output(json_array_get(outputs, i), &file, err) ||
            !add_file(index, &file, err))
            return false;
    return true;
}

static bool read_all(struct vt_index *index, struct vt_error *err)
{
    static const char *const names[] = { "releases", "v", NULL };
    json_t *releases;
    uint64_t version;

    if (!vt_json_only(index->json, what, names, err) ||
        !vt_json_get_number(index->json, what, "v", &version, err) ||
        !vt_json_get_array(index->json, what, "releases", &releases, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "%s: version %ju, this program knows 1", what,
                       (uintmax_t)version);
    for (size_t i = 0; i < json_array_size(releases); i++)
        if (!read_release(index, json_array_get(releases, i), err))
            return false;
    return true;
}

bool vt_index_parse(vt_slice text, struct vt_index *out, struct vt_error *err)
{
    VT_AUTO_INDEX index = { 0 };

    if (!vt_json_parse_canonical(text, what, &index.json, err) || !read_all(&index, err))
        return false;
    *out = index;
    index = (struct vt_index){ 0 };
    return true;
}
