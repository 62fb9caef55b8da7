/* The built pages: index.html at "/", all else under its own name.  Their digest is that of
 * the list which sha256sum prints of them, sorted, so that anybody can compute it. */
#include "centre/gather.h"
#include "centre/page_list.h"
#include "evidence/field.h"

#define ASSETS "assets" /* names below hold the digest of what they name */

struct paging {
    struct vt_gathering *g;
    struct vt_disk *disk;
    const char *below; /* "" or ASSETS "/" */
    struct vt_buf list;
    size_t files, bytes;
};

static const struct {
    const char *ending;
    enum vt_centre_type type;
} types[] = {
    { ".html", VT_TYPE_HTML }, { ".js", VT_TYPE_SCRIPT }, { ".css", VT_TYPE_STYLE },
    { ".svg", VT_TYPE_SVG },   { ".yaml", VT_TYPE_YAML }, { ".txt", VT_TYPE_TEXT },
};

static bool type_of(const char *name, enum vt_centre_type *out)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (vt_slice_ends_with(vt_slice_from_cstr(name),
                               vt_slice_from_cstr(types[i].ending))) {
            *out = types[i].type;
            return true;
        }
    return false;
}

static bool put_page(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct paging *p = context;
    VT_AUTO_BUF bytes = vt_buf_init(VT_DOCUMENT_PLAIN_BYTES_MAX);
    const char *path = vt_arena_printf(p->g->arena, "%s%s", p->below, name);
    enum vt_centre_type type;
    struct vt_page_line line = { .path = vt_slice_from_cstr(path) };

    if (is_folder || !type_of(name, &type))
        return true;
    if (!vt_disk_read(p->disk, path, &bytes, err))
        return false;
    line.hash = vt_sha256_of(vt_buf_slice(&bytes));
    vt_page_line_write(&line, &p->list);
    p->files++;
    p->bytes += bytes.len;
    return vt_gather_put(
        p->g,
        strcmp(path, "index.html") == 0 ? "/" : vt_arena_printf(p->g->arena, "/%s", path),
        type, p->below[0] != '\0', vt_buf_slice(&bytes), err);
}

/* "assets/..." sorts before every name of ours at the top. */
static bool put_all(struct paging *p, struct vt_error *err)
{
    p->below = ASSETS "/";
    if (!vt_disk_list(p->disk, ASSETS, put_page, p, err) && err->code != VT_ABSENT)
        return false;
    p->below = "";
    return vt_disk_list(p->disk, "", put_page, p, err);
}

bool vt_gather_pages(struct vt_gathering *g, struct vt_error *err)
{
    struct paging p = { .g = g, .list = vt_buf_init(VT_PAGE_LIST_BYTES_MAX) };
    bool is_ok = true;
    vt_hash hash;

    if (g->pages != NULL) {
        is_ok = vt_disk_open(g->pages, false, &p.disk, err) && put_all(&p, err) &&
                vt_buf_check(&p.list, "the list of pages", err) &&
                vt_gather_put(g, "/api/v1/pages", VT_TYPE_TEXT, false,
                              vt_buf_slice(&p.list), err);
        hash = vt_sha256_of(vt_buf_slice(&p.list));
        if (is_ok)
            g->page_facts =
                json_pack("{s:o,s:I,s:I}", "sha256", vt_field_of_hash(&hash), "files",
                          (json_int_t)p.files, "bytes", (json_int_t)p.bytes);
        vt_disk_close(p.disk);
    }
    vt_buf_clear(&p.list);
    return is_ok;
}
