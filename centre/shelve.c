/* See shelve.h.  All files of a source lie there, durably, before a release names it. */
#include "centre/shelve.h"
#include "evidence/field.h"
#include "http/gzip.h"
#include "line/pack.h"
#include "wire/hex.h"

/* ---- the manifest -----------------------------------------------------------------------
 */

/* What the source digest is taken over, and whether it is this one.  Spec: line/source.h */
static bool write_manifest(const struct vt_pack_entry *entries, size_t count,
                           const vt_hash *digest, struct vt_buf *out, struct vt_error *err)
{
    vt_hash hash;
    char hex[65];

    vt_buf_put_text(out, "vitrine/source/v1\n");
    for (size_t i = 0; i < count; i++) {
        hash = vt_sha256_of(entries[i].content);
        vt_hash_text(&hash, hex);
        vt_buf_printf(out, "%o %s %s", (unsigned)entries[i].mode, hex, entries[i].path);
        vt_buf_put_u8(out, 0);
    }
    if (!vt_buf_check(out, "the list of files", err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(out));
    return vt_hash_equal(&hash, digest) ||
           vt_fail(err, VT_REJECTED,
                   "the list of files has another digest than the source");
}

/* ---- the pack ---------------------------------------------------------------------------
 */

struct pack {
    struct vt_mapping map;
    struct vt_arena *arena;
    struct vt_pack_entry *entries;
    size_t count;
};

static void pack_clear(struct pack *pack)
{
    vt_mapping_clear(&pack->map);
    vt_arena_free(pack->arena);
}

static bool open_pack(struct vt_docket *docket, const vt_hash *hash, struct pack *out,
                      struct vt_error *err)
{
    struct vt_blobs *blobs;
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    bool is_ok;

    if (!vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    is_ok = vt_blobs_has(blobs, hash)
                ? vt_blobs_open_fd(blobs, hash, &fd, &bytes, err)
                : vt_fail(err, VT_ABSENT, "the desk lacks its source");
    vt_blobs_close(blobs);
    if (!is_ok)
        return false;
    if (bytes == 0 || bytes > VT_LIBRARY_PACK_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "a source of %ju bytes", (uintmax_t)bytes);
    return vt_mapping_init(&out->map, fd, "the pack", err);
}

static bool parse_pack(struct pack *pack, const vt_hash *digest, struct vt_error *err)
{
    vt_hash got;

    pack->arena = vt_arena_new();
    if (!vt_pack_parse(pack->map.bytes, pack->arena, &pack->entries, &pack->count, &got,
                       err))
        return false;
    return vt_hash_equal(&got, digest) ||
           vt_fail(err, VT_REJECTED, "the pack is another source than the draft names");
}

/* ---- shelving ---------------------------------------------------------------------------
 */

static bool keep(struct vt_disk *library, const char *folder, const char *name,
                 vt_slice bytes, struct vt_error *err)
{
    struct vt_disk_draft *draft;
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!vt_disk_draft_begin(library, folder, 0644, &draft, err))
        return false;
    if (!vt_disk_draft_add(draft, bytes, err)) {
        vt_disk_draft_discard(draft);
        return false;
    }
    return vt_disk_draft_finish(draft, vt_arena_printf(arena, "%s/%s", folder, name), true,
                                err);
}

static bool shelve_tags(struct vt_disk *library, const char *folder,
                        const struct pack *pack, struct vt_shelved *out,
                        struct vt_error *err)
{
    VT_AUTO_BUF tags = vt_buf_init(VT_MIB(512));

    if (!vt_tags_write(pack->entries, pack->count, &tags, &out->definitions, &out->why)) {
        out->has_no_definitions = true;
        vt_buf_truncate(&tags, 0);
    }
    return keep(library, folder, "tags", vt_buf_slice(&tags), err);
}

static bool shelve_source(struct vt_disk *library, const char *folder, struct pack *pack,
                          struct vt_shelved *out, struct vt_error *err)
{
    VT_AUTO_BUF manifest = vt_buf_init(VT_MIB(256)), gzip = vt_buf_init(VT_MIB(256));
    VT_AUTO_BUF index = vt_buf_init(VT_LIBRARY_PACK_BYTES_MAX);

    if (!parse_pack(pack, &out->digest, err) ||
        !write_manifest(pack->entries, pack->count, &out->digest, &manifest, err) ||
        !vt_index_write(pack->map.bytes, pack->entries, pack->count, &index, &out->lines,
                        err))
        return false;
    vt_gzip(vt_buf_slice(&manifest), &gzip);
    out->files = pack->count;
    out->bytes = pack->map.bytes.len;
    return vt_buf_check(&gzip, "the list of files", err) &&
           keep(library, folder, "pack", pack->map.bytes, err) &&
           keep(library, folder, "manifest.gz", vt_buf_slice(&gzip), err) &&
           shelve_tags(library, folder, pack, out, err) &&
           keep(library, folder, "index", vt_buf_slice(&index), err);
}

/* An index of an older form is none. */
static bool has_index(struct vt_disk *library, const char *path)
{
    static const char magic[] = VT_LIBRARY_INDEX_MAGIC;
    char begin[sizeof magic - 1];
    VT_AUTO_FD fd = -1;
    struct vt_error ignored = { 0 };
    uint64_t bytes;

    return vt_disk_open_fd(library, path, &fd, &bytes, &ignored) &&
           pread(fd, begin, sizeof begin, 0) == (ssize_t)sizeof begin &&
           memcmp(begin, magic, sizeof begin) == 0;
}

static bool is_there(struct vt_disk *library, const char *path, const char *index,
                     const char *digest)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_error ignored = { 0 };

    return vt_disk_read(library, path, &text, &ignored) && text.len == 65 &&
           memcmp(text.data, digest, 64) == 0 && has_index(library, index);
}

static bool has_tags(struct vt_disk *library, const char *path)
{
    VT_AUTO_FD fd = -1;
    uint64_t bytes = 0;
    struct vt_error ignored = { 0 };

    return vt_disk_open_fd(library, path, &fd, &bytes, &ignored) && bytes != 0;
}

/* A source that was taken in where ctags was missing gets its definitions later, as long as
 * the desk has it. */
static bool add_tags(struct vt_disk *library, struct vt_docket *docket,
                     const vt_hash *pack_hash, const char *folder, struct vt_shelved *out,
                     struct vt_error *err)
{
    struct pack pack = { .arena = NULL };
    bool is_ok;

    if (has_tags(library, vt_arena_printf(docket->arena, "%s/tags", folder)))
        return true;
    is_ok = open_pack(docket, pack_hash, &pack, err) &&
            parse_pack(&pack, &out->digest, err) &&
            shelve_tags(library, folder, &pack, out, err);
    pack_clear(&pack);
    if (!is_ok && err->code == VT_ABSENT) {
        *err = (struct vt_error){ 0 };
        return true;
    }
    return is_ok;
}

bool vt_shelve(struct vt_disk *library, struct vt_docket *docket, struct vt_shelved *out,
               struct vt_error *err)
{
    struct vt_shelved made = { .product = docket->product, .version = docket->version };
    struct pack pack = { .arena = NULL };
    const json_t *draft;
    const char *path, *folder;
    char hex[65];
    vt_hash pack_hash;
    bool is_ok = true;

    if (docket->draft == NULL)
        return vt_fail(err, VT_ABSENT, "%s %s: no draft of the vendor lies on the desk",
                       docket->product, docket->version);
    draft = docket->draft->envelope.statement.predicate;
    made.digest = vt_field_hash(draft, "source");
    pack_hash = vt_field_hash(json_object_get(draft, "source_identity"), "pack");
    vt_hash_text(&made.digest, hex);
    path =
        vt_arena_printf(docket->arena, "releases/%s/%s", docket->product, docket->version);
    folder = vt_arena_printf(docket->arena, "sources/%s", hex);
    if (is_there(library, path, vt_arena_printf(docket->arena, "%s/index", folder), hex)) {
        is_ok = add_tags(library, docket, &pack_hash, folder, &made, err);
    } else {
        made.is_new = true;
        is_ok =
            open_pack(docket, &pack_hash, &pack, err) &&
            shelve_source(library, folder, &pack, &made, err) &&
            vt_disk_write(library, path,
                          vt_slice_from_cstr(vt_arena_printf(docket->arena, "%s\n", hex)),
                          0644, err);
        pack_clear(&pack);
    }
    if (is_ok)
        *out = made;
    return is_ok || vt_within(err, "%s %s", docket->product, docket->version);
}
