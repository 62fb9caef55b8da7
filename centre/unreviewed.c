/* See unreviewed.h. */
#include "centre/unreviewed.h"
#include "centre/kept_lines.h"
#include "http/gzip.h"

enum { MANIFEST_BYTES_MAX = 256 << 20, PIECE_BYTES = 1 << 20 };

/* ---- lists of files ---------------------------------------------------------------------
 */

struct listed {
    vt_slice path;
    vt_hash hash;
    uint32_t file;
};

struct list {
    const struct vt_library *library;
    struct vt_buf bytes; /* what the paths point into */
    struct listed *rows; /* in order of path, as files are */
    struct listed **by_hash;
    uint32_t count;
};

static void list_clear(struct list *list)
{
    vt_buf_clear(&list->bytes);
    free(list->rows);
    free(list->by_hash);
}

static bool unpack(vt_slice gzip, struct vt_buf *out, struct vt_error *err)
{
    struct vt_gunzip *gunzip = vt_gunzip_new();
    bool is_ok = true;

    while (is_ok && !out->is_full) {
        size_t before = out->len, made = 0;
        uint8_t *room = vt_buf_extend(out, PIECE_BYTES);

        if (room == NULL)
            break;
        is_ok = vt_gunzip_step(gunzip, &gzip, room, PIECE_BYTES, &made, err);
        vt_buf_truncate(out, before + (is_ok ? made : 0));
        if (is_ok && made == 0 && gzip.len == 0)
            break;
    }
    vt_gunzip_free(gunzip);
    return is_ok && vt_buf_check(out, "the list of files", err);
}

/* MODE SP HASH SP PATH NUL, behind the first line.  Spec: line/source.h */
static bool read_row(vt_reader *r, struct listed *out)
{
    vt_slice row, mode, hash;
    vt_reader inner;

    if (!vt_read_until(r, 0, &row))
        return false;
    inner = (vt_reader){ row };
    if (!vt_read_until(&inner, ' ', &mode) || !vt_read_until(&inner, ' ', &hash) ||
        !vt_hash_parse_hex(hash, &out->hash))
        return false;
    out->path = inner.rest;
    return true;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp((*(struct listed *const *)a)->hash.bytes,
                  (*(struct listed *const *)b)->hash.bytes, VT_SHA256_BYTES);
}

static bool list_read(const struct vt_library *library, struct list *out,
                      struct vt_error *err)
{
    vt_reader r;

    *out = (struct list){ .library = library, .count = library->file_count };
    out->bytes = vt_buf_init(MANIFEST_BYTES_MAX);
    out->rows = vt_alloc_array((size_t)out->count + 1, sizeof *out->rows);
    out->by_hash = vt_alloc_array((size_t)out->count + 1, sizeof(struct listed *));
    if (!unpack(library->manifest_gz, &out->bytes, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&out->bytes) };
    if (!vt_read_literal(&r, VT_LIT("vitrine/source/v1\n")))
        return vt_fail(err, VT_MALFORMED, "the list of files: of another form");
    for (uint32_t i = 0; i < out->count; i++) {
        if (!read_row(&r, &out->rows[i]))
            return vt_fail(err, VT_MALFORMED, "the list of files: row %ju",
                           (uintmax_t)i + 1);
        out->rows[i].file = i;
        out->by_hash[i] = &out->rows[i];
    }
    qsort(out->by_hash, out->count, sizeof(struct listed *), by_hash);
    return vt_read_end(&r) ||
           vt_fail(err, VT_MALFORMED, "the list of files: longer than its index");
}

static bool list_has_bytes(const struct list *list, const struct listed *row)
{
    return bsearch(&row, list->by_hash, list->count, sizeof(struct listed *), by_hash) !=
           NULL;
}

static int by_path(const void *a, const void *b)
{
    return vt_slice_compare(((const struct listed *)a)->path,
                            ((const struct listed *)b)->path);
}

static const struct listed *list_find(const struct list *list, const struct listed *row)
{
    return bsearch(row, list->rows, list->count, sizeof *row, by_path);
}

/* ---- one file ---------------------------------------------------------------------------
 */

struct judging {
    struct list source, bases[VT_UNREVIEWED_BASES_MAX];
    size_t base_count;
    json_t *files;
    size_t ranges;
    uint64_t lines; /* unreviewed */
};

static bool is_reviewed_whole(const struct judging *j, const struct listed *row)
{
    bool is_there = false;

    for (size_t b = 0; b < j->base_count && !is_there; b++)
        is_there = list_has_bytes(&j->bases[b], row);
    return is_there;
}

static void mark_kept(const struct judging *j, const struct listed *row,
                      struct vt_arena *arena, const vt_slice *lines, size_t count,
                      bool *kept)
{
    for (size_t b = 0; b < j->base_count; b++) {
        const struct listed *base = list_find(&j->bases[b], row);
        struct vt_library_file file;
        vt_slice *before;
        size_t before_count;

        if (base == NULL)
            continue;
        file = vt_library_file(j->bases[b].library, base->file);
        if (!file.is_searched)
            continue;
        before = vt_lines_of(arena, file.content, &before_count);
        vt_kept_lines_mark(arena, before, before_count, lines, count, kept);
    }
}

/* Ranges that are not kept, from 1; the last of too many goes to the end of them. */
static json_t *ranges_of(const bool *kept, size_t count, uint64_t *lines)
{
    json_t *ranges = json_array();

    for (size_t i = 0; i < count; i++) {
        size_t from = i;

        if (kept[i])
            continue;
        while (i + 1 < count && !kept[i + 1])
            i++;
        if (json_array_size(ranges) == VT_UNREVIEWED_OF_ONE - 1)
            for (size_t k = i + 1; k < count; k++)
                i = kept[k] ? i : k;
        *lines += i - from + 1;
        (void)json_array_append_new(
            ranges, json_pack("[I,I]", (json_int_t)from + 1, (json_int_t)(i - from + 1)));
    }
    return ranges;
}

/* A path that is not UTF-8 has '?' for its bytes above 0x7f. */
static json_t *path_json(vt_slice path)
{
    VT_AUTO_BUF text = vt_buf_init(path.len + 1);
    bool is_utf8 = vt_slice_is_utf8(path);

    for (size_t i = 0; i < path.len; i++)
        vt_buf_put_u8(&text, is_utf8 || path.data[i] < 0x80 ? path.data[i] : '?');
    return json_stringn((const char *)text.data, text.len);
}

static void judge_file(struct judging *j, const struct listed *row)
{
    struct vt_library_file file = vt_library_file(j->source.library, row->file);
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_slice *lines;
    size_t count = 0;
    uint64_t unreviewed = 0;
    bool *kept;
    json_t *ranges;

    if (is_reviewed_whole(j, row))
        return;
    lines = vt_lines_of(arena, file.is_searched ? file.content : (vt_slice){ 0 }, &count);
    kept = vt_arena_alloc(arena, count + 1);
    mark_kept(j, row, arena, lines, count, kept);
    ranges = ranges_of(kept, count, &unreviewed);
    if (unreviewed == 0 && count != 0) { /* only lines were taken out */
        json_decref(ranges);
        return;
    }
    j->lines += unreviewed;
    j->ranges += json_array_size(ranges) + 1;
    (void)json_array_append_new(j->files, json_pack("{s:I,s:o,s:b,s:o}", "file",
                                                    (json_int_t)row->file, "path",
                                                    path_json(row->path), "is_whole",
                                                    unreviewed == count, "lines", ranges));
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool read_lists(struct judging *j, const struct vt_library *source,
                       const struct vt_library *const bases[], size_t base_count,
                       struct vt_error *err)
{
    if (!list_read(source, &j->source, err))
        return false;
    for (; j->base_count < base_count && j->base_count < VT_UNREVIEWED_BASES_MAX;
         j->base_count++)
        if (!list_read(bases[j->base_count], &j->bases[j->base_count], err)) {
            list_clear(&j->bases[j->base_count]);
            return false;
        }
    return true;
}

bool vt_unreviewed_run(const struct vt_library *source,
                       const struct vt_library *const bases[], size_t base_count,
                       uint32_t from_file, json_t **out, struct vt_error *err)
{
    struct judging j = { .base_count = 0, .files = json_array() };
    bool is_ok = read_lists(&j, source, bases, base_count, err);
    int64_t until_ms = vt_monotonic_ms() + VT_UNREVIEWED_MS_MAX;
    uint32_t at = from_file;

    /* One file at least, or nobody would come past it. */
    for (; is_ok && at < j.source.count; at++) {
        if (at != from_file && (vt_monotonic_ms() > until_ms ||
                                j.ranges + VT_UNREVIEWED_OF_ONE > VT_UNREVIEWED_ROWS_MAX))
            break;
        judge_file(&j, &j.source.rows[at]);
    }
    if (is_ok) {
        *out = json_pack("{s:O,s:I}", "files", j.files, "lines", (json_int_t)j.lines);
        if (at < j.source.count)
            (void)json_object_set_new(*out, "next", json_integer(at));
    }
    list_clear(&j.source);
    for (size_t b = 0; b < j.base_count; b++)
        list_clear(&j.bases[b]);
    json_decref(j.files);
    return is_ok;
}
