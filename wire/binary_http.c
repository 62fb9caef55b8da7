/* Binary HTTP.  A section that ends with its length or with a zero is read by the same
 * functions; what may be missing at the end of a message counts as empty. */
#include "wire/binary_http.h"

enum { REQUEST_KNOWN, RESPONSE_KNOWN, REQUEST_INDETERMINATE, RESPONSE_INDETERMINATE };

/* ---- numbers ----------------------------------------------------------------------------
 */

/* The first two bits tell how many bytes there are: 1, 2, 4 or 8. */
static bool read_number(vt_reader *r, uint64_t *out)
{
    vt_reader at = *r;
    uint64_t value;
    uint8_t byte;

    if (!vt_read_u8(&at, &byte))
        return false;
    value = byte & 0x3f;
    for (unsigned left = (1U << (byte >> 6)) - 1; left != 0; left--) {
        if (!vt_read_u8(&at, &byte))
            return false;
        value = value << 8 | byte;
    }
    *r = at;
    *out = value;
    return true;
}

static void put_number(struct vt_buf *out, uint64_t value)
{
    if (value < 1U << 6)
        vt_buf_put_u8(out, (uint8_t)value);
    else if (value < 1U << 14)
        vt_buf_put_u16(out, (uint16_t)(value | 1U << 14));
    else if (value < 1U << 30)
        vt_buf_put_u32(out, (uint32_t)(value | UINT32_C(2) << 30));
    else
        vt_buf_put_u64(out, value | UINT64_C(3) << 62);
}

/* A number of bytes, and these bytes. */
static bool read_counted(vt_reader *r, vt_slice *out)
{
    vt_reader at = *r;
    uint64_t len;

    if (!read_number(&at, &len) || len > at.rest.len ||
        !vt_read_bytes(&at, (size_t)len, out))
        return false;
    *r = at;
    return true;
}

static void put_counted(struct vt_buf *out, vt_slice bytes)
{
    put_number(out, bytes.len);
    vt_buf_put(out, bytes);
}

/* ---- what HTTP allows -------------------------------------------------------------------
 */

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_one_of(uint8_t c, vt_slice set)
{
    return vt_slice_has_byte(set, c);
}

static bool is_token(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_letter_or_digit(text.data[i]) &&
            !is_one_of(text.data[i], VT_LIT("!#$%&'*+-.^_`|~")))
            return false;
    return text.len != 0;
}

static bool is_scheme(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_letter_or_digit(text.data[i]) && !is_one_of(text.data[i], VT_LIT("+-.")))
            return false;
    return text.len != 0;
}

/* Visible ASCII without `but`. */
static bool is_visible(vt_slice text, vt_slice but)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~' || is_one_of(text.data[i], but))
            return false;
    return true;
}

static bool is_edge(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* RFC 9113 §8.2.1. */
static bool is_value(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_one_of(text.data[i], VT_LIT("\0\r\n")))
            return false;
    return text.len == 0 || (!is_edge(text.data[0]) && !is_edge(text.data[text.len - 1]));
}

static bool is_reserved(vt_slice name)
{
    return vt_slice_is(name, ":method") || vt_slice_is(name, ":scheme") ||
           vt_slice_is(name, ":authority") || vt_slice_is(name, ":path") ||
           vt_slice_is(name, ":status");
}

/* RFC 9113 §8.3.1: CONNECT has an authority alone, others have a scheme and a path. */
static bool has_target(const struct vt_binary_http *m)
{
    bool is_http = vt_slice_is(m->scheme, "http") || vt_slice_is(m->scheme, "https");

    if (vt_slice_is(m->method, "CONNECT"))
        return m->scheme.len == 0 && m->path.len == 0 && m->authority.len != 0 &&
               is_visible(m->authority, VT_LIT("/@#?"));
    if (!is_scheme(m->scheme) || !is_visible(m->authority, VT_LIT("/#?")) ||
        !is_visible(m->path, VT_LIT("#")))
        return false;
    if (!is_http)
        return true;
    return !vt_slice_has_byte(m->authority, '@') &&
           (vt_slice_starts_with(m->path, VT_LIT("/")) ||
            (vt_slice_is(m->path, "*") && vt_slice_is(m->method, "OPTIONS")));
}

/* ---- reading ----------------------------------------------------------------------------
 */

struct reading {
    vt_reader r;
    struct vt_arena *arena;
    struct vt_binary_field *fields; /* room for all of them */
    size_t field_count;
    struct vt_binary_http message;
    struct vt_error *err;
};

static bool malformed(const struct reading *s, const char *what)
{
    return vt_fail(s->err, VT_MALFORMED, "binary HTTP: %s", what);
}

/* A name whose length was read already, and a value. */
static bool read_field(struct reading *s, vt_reader *r, uint64_t name_len,
                       const struct vt_binary_fields *before, bool is_trailer)
{
    struct vt_binary_field field;
    bool is_pseudo;

    if (name_len > r->rest.len || !vt_read_bytes(r, (size_t)name_len, &field.name) ||
        !read_counted(r, &field.value))
        return malformed(s, "a field is cut short");
    is_pseudo = vt_slice_starts_with(field.name, VT_LIT(":"));
    if (!is_token(vt_slice_sub(field.name, is_pseudo, field.name.len - is_pseudo)) ||
        is_reserved(field.name))
        return malformed(s, "a field has no good name");
    if (is_pseudo && (is_trailer || (before->count != 0 &&
                                     before->rows[before->count - 1].name.data[0] != ':')))
        return malformed(s, "a pseudo-field stands behind others");
    if (!is_value(field.value))
        return malformed(s, "a field has no good value");
    if (s->field_count == VT_BINARY_HTTP_FIELDS_MAX)
        return vt_fail(s->err, VT_LIMIT, "binary HTTP: more than %d fields",
                       VT_BINARY_HTTP_FIELDS_MAX);
    s->fields[s->field_count++] = field;
    return true;
}

static bool read_fields_known(struct reading *s, struct vt_binary_fields *out,
                              bool is_trailer)
{
    vt_reader inside;
    uint64_t len;

    if (!read_counted(&s->r, &inside.rest))
        return malformed(s, "a field section is cut short");
    while (inside.rest.len != 0) {
        if (!read_number(&inside, &len) || len == 0)
            return malformed(s, "a field has no name");
        if (!read_field(s, &inside, len, out, is_trailer))
            return false;
        out->count++;
    }
    return true;
}

static bool read_fields_open(struct reading *s, struct vt_binary_fields *out,
                             bool is_trailer)
{
    uint64_t len;

    for (;;) {
        if (!read_number(&s->r, &len))
            return malformed(s, "a field section has no end");
        if (len == 0)
            return true;
        if (!read_field(s, &s->r, len, out, is_trailer))
            return false;
        out->count++;
    }
}

/* may_be_missing: the message may end here. */
static bool read_fields(struct reading *s, struct vt_binary_fields *out, bool is_trailer,
                        bool may_be_missing)
{
    *out = (struct vt_binary_fields){ s->fields + s->field_count, 0 };
    if (may_be_missing && vt_read_end(&s->r))
        return true;
    return s->message.is_indeterminate ? read_fields_open(s, out, is_trailer)
                                       : read_fields_known(s, out, is_trailer);
}

/* Chunks, none of them empty, and a zero; joined in the arena. */
static bool read_chunks(struct reading *s)
{
    uint8_t *whole = vt_arena_alloc(s->arena, s->r.rest.len);
    size_t len = 0;
    vt_slice chunk;

    do {
        if (!read_counted(&s->r, &chunk))
            return malformed(s, "the content has no end");
        if (chunk.len != 0)
            memcpy(whole + len, chunk.data, chunk.len);
        len += chunk.len;
    } while (chunk.len != 0);
    s->message.content = vt_slice_of(whole, len);
    return true;
}

static bool read_content(struct reading *s)
{
    if (vt_read_end(&s->r))
        return true;
    if (s->message.is_indeterminate)
        return read_chunks(s);
    return read_counted(&s->r, &s->message.content) ||
           malformed(s, "the content is cut short");
}

static bool read_request_line(struct reading *s)
{
    struct vt_binary_http *m = &s->message;

    if (!read_counted(&s->r, &m->method) || !read_counted(&s->r, &m->scheme) ||
        !read_counted(&s->r, &m->authority) || !read_counted(&s->r, &m->path))
        return malformed(s, "the request is cut short");
    return (is_token(m->method) && has_target(m)) ||
           malformed(s, "no good method or target");
}

static bool read_status(struct reading *s)
{
    struct vt_binary_http *m = &s->message;
    struct vt_binary_interim *interim;
    uint64_t status;

    for (;;) {
        if (!read_number(&s->r, &status) || status < 100 || status > 599)
            return malformed(s, "no status of 100 to 599");
        m->status = (unsigned)status;
        if (status >= 200)
            return true;
        if (m->interim_count == VT_BINARY_HTTP_INTERIMS_MAX)
            return vt_fail(s->err, VT_LIMIT, "binary HTTP: more than %d interim responses",
                           VT_BINARY_HTTP_INTERIMS_MAX);
        interim = &m->interims[m->interim_count++];
        interim->status = m->status;
        if (!read_fields(s, &interim->fields, false, false))
            return false;
    }
}

static bool is_zero(vt_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i] != 0)
            return false;
    return true;
}

static bool read_message(struct reading *s)
{
    struct vt_binary_http *m = &s->message;
    uint64_t framing;

    if (!read_number(&s->r, &framing) || framing > RESPONSE_INDETERMINATE)
        return malformed(s, "neither a request nor a response");
    m->is_request = framing == REQUEST_KNOWN || framing == REQUEST_INDETERMINATE;
    m->is_indeterminate = framing >= REQUEST_INDETERMINATE;
    return (m->is_request ? read_request_line(s) : read_status(s)) &&
           read_fields(s, &m->headers, false, true) && read_content(s) &&
           read_fields(s, &m->trailers, true, true) &&
           (is_zero(s->r.rest) || malformed(s, "the padding is not zeros"));
}

bool vt_binary_http_parse(vt_slice bytes, struct vt_arena *arena,
                          struct vt_binary_http *out, struct vt_error *err)
{
    struct reading s = { .r = { bytes }, .arena = arena, .err = err };

    s.fields = vt_arena_alloc(arena, VT_BINARY_HTTP_FIELDS_MAX * sizeof *s.fields);
    if (!read_message(&s))
        return false;
    *out = s.message;
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

static size_t number_len(uint64_t value)
{
    return value < 1U << 6 ? 1 : value < 1U << 14 ? 2 : value < 1U << 30 ? 4 : 8;
}

static void put_fields(struct vt_buf *out, const struct vt_binary_fields *fields,
                       bool is_indeterminate)
{
    size_t len = 0;

    for (size_t i = 0; i < fields->count; i++)
        len += number_len(fields->rows[i].name.len) + fields->rows[i].name.len +
               number_len(fields->rows[i].value.len) + fields->rows[i].value.len;
    if (!is_indeterminate)
        put_number(out, len);
    for (size_t i = 0; i < fields->count; i++) {
        put_counted(out, fields->rows[i].name);
        put_counted(out, fields->rows[i].value);
    }
    if (is_indeterminate)
        put_number(out, 0);
}

static void put_request_line(struct vt_buf *out, const struct vt_binary_http *m)
{
    put_counted(out, m->method);
    put_counted(out, m->scheme);
    put_counted(out, m->authority);
    put_counted(out, m->path);
}

static void put_status(struct vt_buf *out, const struct vt_binary_http *m)
{
    for (size_t i = 0; i < m->interim_count; i++) {
        put_number(out, m->interims[i].status);
        put_fields(out, &m->interims[i].fields, m->is_indeterminate);
    }
    put_number(out, m->status);
}

void vt_binary_http_write(struct vt_buf *out, const struct vt_binary_http *m)
{
    put_number(out, (m->is_request ? 0U : 1U) + (m->is_indeterminate ? 2U : 0U));
    if (m->is_request)
        put_request_line(out, m);
    else
        put_status(out, m);
    put_fields(out, &m->headers, m->is_indeterminate);
    put_counted(out, m->content); /* no content is one zero in both forms */
    if (m->is_indeterminate && m->content.len != 0)
        put_number(out, 0);
    put_fields(out, &m->trailers, m->is_indeterminate);
}

bool vt_binary_http_pad(struct vt_buf *out, size_t len, struct vt_error *err)
{
    uint8_t *at;

    if (out->len > len)
        return vt_fail(err, VT_LIMIT, "binary HTTP: %zu bytes, longer than its padding",
                       out->len);
    at = vt_buf_extend(out, len - out->len);
    if (at != NULL)
        memset(at, 0, (size_t)(out->data + out->len - at));
    return vt_buf_check(out, "binary HTTP", err);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool is_named(vt_slice name, const char *wanted)
{
    size_t len = strlen(wanted);

    for (size_t i = 0; i < name.len && i < len; i++)
        if (lower(name.data[i]) != lower((uint8_t)wanted[i]))
            return false;
    return name.len == len;
}

vt_slice vt_binary_fields_find(const struct vt_binary_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (is_named(fields->rows[i].name, name))
            return fields->rows[i].value;
    return (vt_slice){ 0 };
}
