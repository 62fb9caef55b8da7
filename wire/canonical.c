/* Canonical JSON: RFC 8785 (names by UTF-16 code units) and OLPC (names by bytes, raw
 * strings), one walk with two tables of differences. */
#include "wire/json.h"

enum style { RFC8785, OLPC };

/* One UTF-8 sequence as a code point; the text is known to be well-formed. */
static uint32_t next_code_point(const uint8_t **at)
{
    const uint8_t *p = *at;
    unsigned extra = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
    uint32_t point = extra == 0 ? p[0] : p[0] & (0x3fu >> extra);

    for (unsigned i = 1; i <= extra; i++)
        point = point << 6 | (p[i] & 0x3f);
    *at = p + extra + 1;
    return point;
}

/* A number that orders code points as their UTF-16 forms are ordered: those above U+FFFF
 * begin with a surrogate (D800..DFFF) and so stand before U+E000..U+FFFF. */
static uint32_t utf16_rank(uint32_t point)
{
    return point >= 0xe000 && point <= 0xffff ? 0x110000u + point : point;
}

static int compare_utf16(const void *left, const void *right)
{
    const uint8_t *a = *(const uint8_t *const *)left, *b = *(const uint8_t *const *)right;

    while (*a != '\0' && *b != '\0') {
        uint32_t x = utf16_rank(next_code_point(&a)), y = utf16_rank(next_code_point(&b));

        if (x != y)
            return x < y ? -1 : 1;
    }
    return (*a != '\0') - (*b != '\0');
}

static int compare_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void write_string(vt_slice text, enum style style, struct vt_buf *out)
{
    static const char *const short_escapes[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r",
    };

    vt_buf_put_u8(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];

        if (byte == '"' || byte == '\\') {
            vt_buf_put_u8(out, '\\');
            vt_buf_put_u8(out, byte);
        } else if (style == OLPC || byte >= 0x20) {
            vt_buf_put_u8(out, byte);
        } else if (byte <= '\r' && short_escapes[byte] != NULL) {
            vt_buf_put_text(out, short_escapes[byte]);
        } else {
            vt_buf_printf(out, "\\u%04x", byte);
        }
    }
    vt_buf_put_u8(out, '"');
}

static bool write_value(const json_t *value, enum style style, unsigned depth,
                        struct vt_buf *out, struct vt_error *err);

static bool write_members(const json_t *object, const char **keys, size_t count,
                          enum style style, unsigned depth, struct vt_buf *out,
                          struct vt_error *err)
{
    qsort(keys, count, sizeof keys[0], style == OLPC ? compare_bytes : compare_utf16);
    vt_buf_put_u8(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            vt_buf_put_u8(out, ',');
        write_string(vt_slice_from_cstr(keys[i]), style, out);
        vt_buf_put_u8(out, ':');
        if (!write_value(json_object_get(object, keys[i]), style, depth, out, err))
            return false;
    }
    vt_buf_put_u8(out, '}');
    return true;
}

static bool write_object(const json_t *object, enum style style, unsigned depth,
                         struct vt_buf *out, struct vt_error *err)
{
    size_t count = json_object_size(object), i = 0;
    const char **keys = calloc(count + 1, sizeof *keys);
    const char *key;
    json_t *member;
    bool ok;

    if (keys == NULL)
        return vt_fail(err, VT_IO, "json: out of memory");
    json_object_foreach((json_t *)(uintptr_t)object, key, member) keys[i++] = key;
    ok = write_members(object, keys, count, style, depth, out, err);
    free(keys);
    return ok;
}

static bool write_array(const json_t *array, enum style style, unsigned depth,
                        struct vt_buf *out, struct vt_error *err)
{
    vt_buf_put_u8(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            vt_buf_put_u8(out, ',');
        if (!write_value(json_array_get(array, i), style, depth, out, err))
            return false;
    }
    vt_buf_put_u8(out, ']');
    return true;
}

static bool write_integer(json_int_t number, struct vt_buf *out, struct vt_error *err)
{
    if (number > VT_JSON_INTEGER_MAX || number < -VT_JSON_INTEGER_MAX)
        return vt_fail(err, VT_MALFORMED, "json: a number beyond 2^53 - 1");
    vt_buf_printf(out, "%lld", (long long)number);
    return true;
}

static bool write_value(const json_t *value, enum style style, unsigned depth,
                        struct vt_buf *out, struct vt_error *err)
{
    if (depth > VT_JSON_DEPTH_MAX)
        return vt_fail(err, VT_MALFORMED, "json: nested too deeply");
    switch (value != NULL ? json_typeof(value) : JSON_REAL) {
    case JSON_OBJECT:
        return write_object(value, style, depth + 1, out, err);
    case JSON_ARRAY:
        return write_array(value, style, depth + 1, out, err);
    case JSON_STRING:
        write_string(vt_slice_of(json_string_value(value), json_string_length(value)),
                     style, out);
        return true;
    case JSON_INTEGER:
        return write_integer(json_integer_value(value), out, err);
    case JSON_TRUE:
    case JSON_FALSE:
        vt_buf_put_text(out, json_is_true(value) ? "true" : "false");
        return true;
    case JSON_NULL:
        vt_buf_put_text(out, "null");
        return true;
    case JSON_REAL:
        break;
    }
    return vt_fail(err, VT_MALFORMED, "json: a fraction has no canonical form here");
}

bool vt_json_write_canonical(const json_t *value, struct vt_buf *out, struct vt_error *err)
{
    return write_value(value, RFC8785, 0, out, err) && vt_buf_check(out, "json", err);
}

bool vt_json_write_olpc(const json_t *value, struct vt_buf *out, struct vt_error *err)
{
    return write_value(value, OLPC, 0, out, err) && vt_buf_check(out, "json", err);
}
