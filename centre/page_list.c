/* See page_list.h. */
#include "centre/page_list.h"

enum { HEX = 64, PATH_BYTES_MAX = 200 };

static bool is_path(vt_slice path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-/";

    if (path.len == 0 || path.len > PATH_BYTES_MAX || path.data[0] == '/')
        return false;
    for (size_t i = 0; i < path.len; i++)
        if (memchr(allowed, path.data[i], sizeof allowed - 1) == NULL ||
            (i > 0 && path.data[i] == '.' && path.data[i - 1] == '.'))
            return false;
    return true;
}

bool vt_page_line_read(vt_reader *r, struct vt_page_line *out, struct vt_error *err)
{
    struct vt_page_line made;
    vt_slice line;

    if (!vt_read_line(r, &line) || line.len <= HEX + 2 ||
        !vt_hash_parse_hex(vt_slice_sub(line, 0, HEX), &made.hash) ||
        line.data[HEX] != ' ' || line.data[HEX + 1] != ' ')
        return vt_fail(err, VT_MALFORMED, "the list of pages: no line of sha256sum");
    made.path = vt_slice_sub(line, HEX + 2, line.len - HEX - 2);
    if (!is_path(made.path))
        return vt_fail(err, VT_MALFORMED, "the list of pages: no name of a page");
    *out = made;
    return true;
}

void vt_page_line_write(const struct vt_page_line *line, struct vt_buf *out)
{
    char hex[HEX + 1];

    vt_hash_text(&line->hash, hex);
    vt_buf_printf(out, "%s  %.*s\n", hex, VT_SLICE_ARGS(line->path));
}
