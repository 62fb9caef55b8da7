/* See plain_request.h: a reader that would rather not. */
#include "http/plain_request.h"

enum { HOST, CONTENT_LENGTH, CONNECTION, NAMES = 9 };

static const vt_slice names[NAMES] = {
    VT_LIT("Host"),         VT_LIT("Content-Length"),  VT_LIT("Connection"),
    VT_LIT("User-Agent"),   VT_LIT("Accept"),          VT_LIT("Accept-Encoding"),
    VT_LIT("Content-Type"), VT_LIT("Accept-Language"), VT_LIT("Authorization"),
};

static bool is_path_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '-' && byte <= '9') /* "-./" and digits */ || byte == '_' ||
           byte == '~';
}

/* Up to the next "\r\n", which is read too; no other control byte stands in it. */
static bool read_line(vt_reader *r, vt_slice *out)
{
    const uint8_t *end = memchr(r->rest.data, '\n', r->rest.len);
    size_t len = end != NULL ? (size_t)(end - r->rest.data) : 0;

    if (len == 0 || r->rest.data[len - 1] != '\r')
        return false;
    *out = vt_slice_sub(r->rest, 0, len - 1);
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] < ' ' || out->data[i] > '~')
            return false;
    r->rest = vt_slice_sub(r->rest, len + 1, r->rest.len - len - 1);
    return true;
}

static bool read_request_line(vt_reader *r, vt_slice *path_out)
{
    const vt_slice before = VT_LIT("POST "), behind = VT_LIT(" HTTP/1.1");
    vt_slice line, path;

    if (!read_line(r, &line) || !vt_slice_starts_with(line, before) ||
        !vt_slice_ends_with(line, behind) || line.len <= before.len + behind.len)
        return false;
    path = vt_slice_sub(line, before.len, line.len - before.len - behind.len);
    for (size_t i = 0; i < path.len; i++)
        if (!is_path_byte(path.data[i]))
            return false;
    *path_out = path;
    return path.data[0] == '/';
}

static bool is_name(vt_slice text, vt_slice name)
{
    return text.len == name.len &&
           strncasecmp((const char *)text.data, (const char *)name.data, name.len) == 0;
}

/* "Name: value"; the value is as the header's comment says. */
static bool split(vt_slice line, vt_slice *name_out, vt_slice *value_out)
{
    const uint8_t *colon = memchr(line.data, ':', line.len);
    size_t len = colon != NULL ? (size_t)(colon - line.data) : 0;

    if (len == 0 || line.len < len + 3 || line.data[len + 1] != ' ')
        return false;
    *name_out = vt_slice_sub(line, 0, len);
    *value_out = vt_slice_sub(line, len + 2, line.len - len - 2);
    return value_out->data[0] != ' ' && value_out->data[value_out->len - 1] != ' ';
}

/* A line of a name that is known and was not seen; its value. */
static bool read_header(vt_slice line, vt_slice values[NAMES])
{
    vt_slice name, value;

    if (!split(line, &name, &value))
        return false;
    for (size_t i = 0; i < NAMES; i++)
        if (is_name(name, names[i])) {
            bool is_first = values[i].len == 0;

            values[i] = value;
            return is_first;
        }
    return false;
}

/* All of them, and the empty line. */
static bool read_headers(vt_reader *r, vt_slice *lines_out, vt_slice values[NAMES])
{
    vt_slice all = r->rest, line;

    for (;;) {
        if (!read_line(r, &line))
            return false;
        if (line.len == 0)
            break;
        if (!read_header(line, values))
            return false;
    }
    *lines_out = vt_slice_sub(all, 0, all.len - r->rest.len - 2);
    return values[HOST].len != 0 && (values[CONNECTION].len == 0 ||
                                     is_name(values[CONNECTION], VT_LIT("keep-alive")));
}

bool vt_plain_request_read(vt_slice bytes, size_t head_bytes_max,
                           struct vt_plain_request *out)
{
    vt_slice values[NAMES] = { { 0 } };
    vt_reader r = { bytes };
    struct vt_plain_request request;
    uint64_t length;

    if (!read_request_line(&r, &request.path) ||
        !read_headers(&r, &request.lines, values) ||
        bytes.len - r.rest.len > head_bytes_max ||
        !vt_decimal_parse(values[CONTENT_LENGTH], &length) ||
        !vt_read_bytes(&r, length, &request.body))
        return false;
    request.bytes = bytes.len - r.rest.len;
    *out = request;
    return true;
}

vt_slice vt_plain_header(vt_slice lines, const char *name)
{
    vt_slice wanted = vt_slice_from_cstr(name), line, found, value;
    vt_reader r = { lines };

    while (read_line(&r, &line) && split(line, &found, &value))
        if (is_name(found, wanted))
            return value;
    return (vt_slice){ 0 };
}
