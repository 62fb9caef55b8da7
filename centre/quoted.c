/* See quoted.h. */
#include "centre/quoted.h"
#include "centre/search.h"

static bool is_margin(uint8_t byte)
{
    return memchr(" \t\r>|+-", byte, 7) != NULL;
}

/* The next line that may be a quotation, without its margin. */
static bool next_line(vt_reader *r, vt_slice *out)
{
    vt_slice line;

    while (r->rest.len != 0) {
        if (!vt_read_until(r, '\n', &line)) {
            line = r->rest;
            r->rest = (vt_slice){ 0 };
        }
        while (line.len != 0 && is_margin(line.data[0]))
            line = vt_slice_sub(line, 1, line.len - 1);
        while (line.len != 0 && is_margin(line.data[line.len - 1]))
            line = vt_slice_sub(line, 0, line.len - 1);
        if (line.len < VT_QUOTED_LINE_BYTES_MIN)
            continue;
        *out = line;
        return true;
    }
    return false;
}

size_t vt_quoted_lines_at_most(vt_slice text)
{
    vt_reader r = { text };
    vt_slice line;
    size_t count = 0;

    while (next_line(&r, &line))
        count++;
    return count;
}

/* Also where it is not known in time. */
static bool may_hold(const struct vt_library *l, vt_slice line, int64_t until_ms)
{
    const struct vt_search search = { .text = line };
    bool is_there = false;
    size_t count = 0;
    uint32_t *files;

    if (vt_monotonic_ms() >= until_ms)
        return true;
    files = vt_search_files(l, &search, &count);
    for (size_t i = 0; i < count && !is_there; i++) {
        vt_slice content = vt_library_file(l, files[i]).content;

        is_there = vt_monotonic_ms() >= until_ms ||
                   memmem(content.data, content.len, line.data, line.len) != NULL;
    }
    free(files);
    return is_there;
}

size_t vt_quoted_lines(const struct vt_library *l, vt_slice text)
{
    int64_t until_ms = vt_monotonic_ms() + VT_QUOTED_MS_MAX;
    vt_reader r = { text };
    vt_slice line;
    size_t count = 0;

    while (next_line(&r, &line))
        count += may_hold(l, line, until_ms);
    return count;
}
