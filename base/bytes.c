/* Slices, bounded buffers, readers.  The trick of the buffer: failure is sticky, so a
 * writer checks once at its end. */
#include "base/base.h"

vt_slice vt_slice_of(const void *data, size_t len)
{
    return (vt_slice){ data, len };
}

vt_slice vt_slice_from_cstr(const char *text)
{
    return (vt_slice){ (const uint8_t *)text, text != NULL ? strlen(text) : 0 };
}

vt_slice vt_slice_sub(vt_slice s, size_t at, size_t len)
{
    if (at > s.len || len > s.len - at)
        return (vt_slice){ 0 };
    return (vt_slice){ s.data != NULL ? s.data + at : NULL, len };
}

bool vt_slice_equal(vt_slice a, vt_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool vt_slice_is(vt_slice s, const char *text)
{
    return vt_slice_equal(s, vt_slice_from_cstr(text));
}

bool vt_slice_starts_with(vt_slice s, vt_slice prefix)
{
    return s.len >= prefix.len && vt_slice_equal(vt_slice_sub(s, 0, prefix.len), prefix);
}

bool vt_slice_ends_with(vt_slice s, vt_slice suffix)
{
    return s.len >= suffix.len &&
           vt_slice_equal(vt_slice_sub(s, s.len - suffix.len, suffix.len), suffix);
}

int vt_slice_compare(vt_slice a, vt_slice b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared != 0 ? memcmp(a.data, b.data, shared) : 0;

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool vt_slice_has_byte(vt_slice s, uint8_t byte)
{
    return s.len != 0 && memchr(s.data, byte, s.len) != NULL;
}

bool vt_slice_is_zero(vt_slice s)
{
    return s.len == 0 || (s.data[0] == 0 && memcmp(s.data, s.data + 1, s.len - 1) == 0);
}

/* Length of the well-formed sequence at s (RFC 3629 table), 0 if there is none. */
static size_t utf8_sequence_len(vt_slice s)
{
    uint8_t first = s.data[0];
    uint8_t low = 0x80, high = 0xbf;
    size_t len;

    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        len = 2;
    else if (first >= 0xe0 && first <= 0xef)
        len = 3;
    else if (first >= 0xf0 && first <= 0xf4)
        len = 4;
    else
        return 0;
    low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : low;
    high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : high;
    if (s.len < len || s.data[1] < low || s.data[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s.data[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* Most texts are ASCII: eight of its bytes at once. */
static size_t ascii_len(vt_slice s)
{
    uint64_t eight;
    size_t len = 0;

    for (; s.len - len >= sizeof eight; len += sizeof eight) {
        memcpy(&eight, s.data + len, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return len;
}

bool vt_slice_is_utf8(vt_slice s)
{
    while (s.len != 0) {
        size_t len = ascii_len(s);

        if (len == 0)
            len = utf8_sequence_len(s);
        if (len == 0)
            return false;
        s = vt_slice_sub(s, len, s.len - len);
    }
    return true;
}

struct vt_buf vt_buf_init(size_t bytes_max)
{
    return (struct vt_buf){ .bytes_max = bytes_max };
}

void vt_buf_clear(struct vt_buf *buf)
{
    free(buf->data);
    *buf = (struct vt_buf){ .bytes_max = buf->bytes_max };
}

void vt_buf_truncate(struct vt_buf *buf, size_t len)
{
    if (len < buf->len)
        buf->len = len;
}

/* (Initial-exec: a library that is loaded later needs no helper for it.) */
static _Thread_local bool was_starved __attribute__((tls_model("initial-exec")));

bool vt_buf_was_starved(void)
{
    return was_starved;
}

void vt_buf_forget_starving(void)
{
    was_starved = false;
}

/* Capacity always exceeds len by one, for the NUL of vt_buf_cstr. */
static bool buf_reserve(struct vt_buf *buf, size_t more)
{
    size_t wanted, capacity;
    uint8_t *grown;

    if (buf->is_full)
        return false;
    if (more > buf->bytes_max - buf->len || buf->bytes_max == SIZE_MAX) {
        buf->is_full = true;
        return false;
    }
    wanted = buf->len + more + 1;
    if (wanted <= buf->capacity)
        return true;
    capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    grown = realloc(buf->data, capacity);
    if (grown == NULL) {
        was_starved = true;
        buf->is_full = true;
        return false;
    }
    buf->data = grown;
    buf->capacity = capacity;
    return true;
}

uint8_t *vt_buf_extend(struct vt_buf *buf, size_t len)
{
    uint8_t *at;

    if (!buf_reserve(buf, len))
        return NULL;
    at = buf->data + buf->len;
    buf->len += len;
    return at;
}

void vt_buf_put(struct vt_buf *buf, vt_slice bytes)
{
    uint8_t *at = vt_buf_extend(buf, bytes.len);

    if (at != NULL && bytes.len != 0)
        memcpy(at, bytes.data, bytes.len);
}

void vt_buf_put_text(struct vt_buf *buf, const char *text)
{
    vt_buf_put(buf, vt_slice_from_cstr(text));
}

static void put_big_endian(struct vt_buf *buf, uint64_t value, unsigned bytes)
{
    uint8_t out[8];

    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    vt_buf_put(buf, vt_slice_of(out, bytes));
}

void vt_buf_put_u8(struct vt_buf *buf, uint8_t value)
{
    put_big_endian(buf, value, 1);
}

void vt_buf_put_u16(struct vt_buf *buf, uint16_t value)
{
    put_big_endian(buf, value, 2);
}

void vt_buf_put_part(struct vt_buf *buf, vt_slice part)
{
    buf->is_full = buf->is_full || part.len > UINT16_MAX;
    vt_buf_put_u16(buf, (uint16_t)part.len);
    vt_buf_put(buf, part);
}

void vt_buf_put_u32(struct vt_buf *buf, uint32_t value)
{
    put_big_endian(buf, value, 4);
}

void vt_buf_put_u64(struct vt_buf *buf, uint64_t value)
{
    put_big_endian(buf, value, 8);
}

void vt_buf_printf(struct vt_buf *buf, const char *format, ...)
{
    va_list args, again;
    int len;
    uint8_t *at;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = len >= 0 ? vt_buf_extend(buf, (size_t)len) : NULL;
    if (at != NULL) /* the reserve always holds one byte more, for this NUL */
        (void)vsnprintf((char *)at, (size_t)len + 1, format, again);
    else
        buf->is_full = true;
    va_end(again);
}

vt_slice vt_buf_slice(const struct vt_buf *buf)
{
    return (vt_slice){ buf->data, buf->len };
}

const char *vt_buf_cstr(struct vt_buf *buf)
{
    if (!buf_reserve(buf, 0))
        return NULL;
    buf->data[buf->len] = '\0';
    return (const char *)buf->data;
}

bool vt_buf_check(const struct vt_buf *buf, const char *what, struct vt_error *err)
{
    if (buf->is_full)
        return vt_fail(err, VT_LIMIT, "%s: larger than %zu bytes", what, buf->bytes_max);
    return true;
}

static bool read_big_endian(vt_reader *r, unsigned bytes, uint64_t *out)
{
    vt_slice raw;
    uint64_t value = 0;

    if (!vt_read_bytes(r, bytes, &raw))
        return false;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | raw.data[i];
    *out = value;
    return true;
}

bool vt_read_u8(vt_reader *r, uint8_t *out)
{
    uint64_t value;

    if (!read_big_endian(r, 1, &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

bool vt_read_u16(vt_reader *r, uint16_t *out)
{
    uint64_t value;

    if (!read_big_endian(r, 2, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

bool vt_read_part(vt_reader *r, vt_slice *out)
{
    vt_reader at = *r;
    uint16_t len;

    if (!vt_read_u16(&at, &len) || !vt_read_bytes(&at, len, out))
        return false;
    *r = at;
    return true;
}

bool vt_read_u32(vt_reader *r, uint32_t *out)
{
    uint64_t value;

    if (!read_big_endian(r, 4, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool vt_read_u64(vt_reader *r, uint64_t *out)
{
    return read_big_endian(r, 8, out);
}

bool vt_read_bytes(vt_reader *r, size_t len, vt_slice *out)
{
    if (len > r->rest.len)
        return false;
    *out = vt_slice_sub(r->rest, 0, len);
    r->rest = vt_slice_sub(r->rest, len, r->rest.len - len);
    return true;
}

bool vt_read_literal(vt_reader *r, vt_slice literal)
{
    if (!vt_slice_starts_with(r->rest, literal))
        return false;
    r->rest = vt_slice_sub(r->rest, literal.len, r->rest.len - literal.len);
    return true;
}

bool vt_read_until(vt_reader *r, uint8_t stop, vt_slice *out)
{
    const uint8_t *at;
    size_t len;

    if (r->rest.len == 0)
        return false;
    at = memchr(r->rest.data, stop, r->rest.len);
    if (at == NULL)
        return false;
    len = (size_t)(at - r->rest.data); /* at lies inside: never negative */
    *out = vt_slice_sub(r->rest, 0, len);
    r->rest = vt_slice_sub(r->rest, len + 1, r->rest.len - len - 1);
    return true;
}

bool vt_read_line(vt_reader *r, vt_slice *out)
{
    return vt_read_until(r, '\n', out);
}

bool vt_read_end(const vt_reader *r)
{
    return r->rest.len == 0;
}

const char *vt_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

bool vt_decimal_parse(vt_slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');

        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}
