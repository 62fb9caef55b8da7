/* Canonical JSON: RFC 8785 (names by UTF-16 code units, shortest escapes) and OLPC (names
 * by bytes, raw strings), one walk with two styles. */
#include "wire/json.h"

enum style { RFC8785, OLPC };

struct member {
    vt_slice name;
    const json_t *value;
};

static bool write_value(const json_t *value, enum style style, unsigned depth,
                        struct vt_buf *out, struct vt_error *err);

/* ---- order of names -------------------------------------------------------------------*/

/* One UTF-8 sequence as a code point; the text is known to be well-formed. */
static uint32_t next_code_point(vt_slice *text)
{
    const uint8_t *p = text->data;
    unsigned extra = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
    uint32_t point = extra == 0 ? p[0] : p[0] & (0x3fu >> extra);

    for (unsigned i = 1; i <= extra; i++)
        point = point << 6 | (p[i] & 0x3f);
    *text = vt_slice_sub(*text, extra + 1, text->len - extra - 1);
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
    vt_slice a = ((const struct member *)left)->name;
    vt_slice b = ((const struct member *)right)->name;

    while (a.len != 0 && b.len != 0) {
        uint32_t x = utf16_rank(next_code_point(&a)), y = utf16_rank(next_code_point(&b));

        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.len != 0) - (b.len != 0);
}

static int compare_bytes(const void *left, const void *right)
{
    return vt_slice_compare(((const struct member *)left)->name,
                            ((const struct member *)right)->name);
}

/* ---- values ---------------------------------------------------------------------------*/

static bool stands_for_itself(uint8_t byte, enum style style)
{
    return byte != '"' && byte != '\\' && (byte >= 0x20 || style == OLPC);
}

static void write_escape(uint8_t byte, struct vt_buf *out)
{
    static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";
    const char *found = strchr(meanings, byte);

    if (found != NULL)
        vt_buf_printf(out, "\\%c", letters[found - meanings]);
    else
        vt_buf_printf(out, "\\u%04x", byte);
}

/* Fails on what our reader would refuse: bad UTF-8 and NUL. */
static bool write_text(vt_slice text, enum style style, struct vt_buf *out,
                       struct vt_error *err)
{
    size_t done = 0;

    if (!vt_slice_is_utf8(text) || vt_slice_has_byte(text, '\0'))
        return vt_fail(err, VT_MALFORMED, "json: a text with a NUL or that is not UTF-8");
    vt_buf_put_u8(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (stands_for_itself(text.data[i], style))
            continue;
        vt_buf_put(out, vt_slice_sub(text, done, i - done));
        write_escape(text.data[i], out);
        done = i + 1;
    }
    vt_buf_put(out, vt_slice_sub(text, done, text.len - done));
    vt_buf_put_u8(out, '"');
    return true;
}

static bool write_members(const struct member *members, size_t count, enum style style,
                          unsigned depth, struct vt_buf *out, struct vt_error *err)
{
    vt_buf_put_u8(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            vt_buf_put_u8(out, ',');
        if (!write_text(members[i].name, style, out, err))
            return false;
        vt_buf_put_u8(out, ':');
        if (!write_value(members[i].value, style, depth, out, err))
            return false;
    }
    vt_buf_put_u8(out, '}');
    return true;
}

/* The members as jansson holds them; false if a name cannot be ordered. */
static bool collect_members(const json_t *value, struct member *members,
                            struct vt_error *err)
{
    json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */
    size_t i = 0;

    for (void *at = json_object_iter(object); at != NULL;
         at = json_object_iter_next(object, at)) {
        members[i].name =
            vt_slice_of(json_object_iter_key(at), json_object_iter_key_len(at));
        members[i].value = json_object_iter_value(at);
        if (!vt_slice_is_utf8(members[i].name))
            return vt_fail(err, VT_MALFORMED, "json: a name that is not UTF-8");
        i++;
    }
    return true;
}

static bool write_object(const json_t *object, enum style style, unsigned depth,
                         struct vt_buf *out, struct vt_error *err)
{
    size_t count = json_object_size(object);
    struct member *members = calloc(count + 1, sizeof *members);
    bool ok;

    if (members == NULL)
        return vt_fail(err, VT_IO, "json: out of memory");
    ok = collect_members(object, members, err);
    if (ok) {
        qsort(members, count, sizeof members[0],
              style == OLPC ? compare_bytes : compare_utf16);
        ok = write_members(members, count, style, depth, out, err);
    }
    free(members);
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

/* depth: arrays and objects around the value. */
static bool write_value(const json_t *value, enum style style, unsigned depth,
                        struct vt_buf *out, struct vt_error *err)
{
    if (value == NULL)
        return vt_fail(err, VT_MALFORMED, "json: a value is missing");
    if (depth == VT_JSON_DEPTH_MAX && (json_is_object(value) || json_is_array(value)))
        return vt_fail(err, VT_MALFORMED, "json: nested too deeply");
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return write_object(value, style, depth + 1, out, err);
    case JSON_ARRAY:
        return write_array(value, style, depth + 1, out, err);
    case JSON_STRING:
        return write_text(vt_slice_of(json_string_value(value), json_string_length(value)),
                          style, out, err);
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

/* ---- whole values ---------------------------------------------------------------------*/

static bool write_whole(const json_t *value, enum style style, struct vt_buf *out,
                        struct vt_error *err)
{
    size_t start = out->len;

    if (write_value(value, style, 0, out, err) && vt_buf_check(out, "json", err))
        return true;
    vt_buf_truncate(out, start);
    return false;
}

bool vt_json_write_canonical(const json_t *value, struct vt_buf *out, struct vt_error *err)
{
    return write_whole(value, RFC8785, out, err);
}

bool vt_json_write_olpc(const json_t *value, struct vt_buf *out, struct vt_error *err)
{
    return write_whole(value, OLPC, out, err);
}

bool vt_json_write_text(vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    size_t start = out->len;

    if (write_text(text, RFC8785, out, err) && vt_buf_check(out, "json", err))
        return true;
    vt_buf_truncate(out, start);
    return false;
}
