/* Two types hold every byte: vt_slice (borrowed, read-only) and struct vt_buf (owned,
 * growing, bounded).  A vt_reader consumes a slice; its functions return false when the
 * input does not have the form asked for, and then leave the reader and outputs as they
 * were, so that a chain of && reads as the grammar. */
#ifndef VT_BASE_BYTES_H
#define VT_BASE_BYTES_H

#define VT_KIB(n) ((size_t)(n) << 10)
#define VT_MIB(n) ((size_t)(n) << 20)

typedef struct {
    const uint8_t *data; /* may be NULL when len is 0 */
    size_t len;          /* bytes */
} vt_slice;

/* A string literal as a slice, without its NUL; VT_LIT may hold NUL bytes. */
#define VT_LIT(text) ((vt_slice){ (const uint8_t *)("" text), sizeof(text) - 1 })

/* Any object's bytes as a slice. */
#define VT_BYTES(object) ((vt_slice){ (const uint8_t *)&(object), sizeof(object) })

/* printf("%.*s", VT_SLICE_ARGS(s)); cut at 2^20 bytes. */
#define VT_SLICE_ARGS(s)                                                                   \
    (int)((s).len < VT_MIB(1) ? (s).len : VT_MIB(1)),                                      \
        (s).data != NULL ? (const char *)(s).data : ""

vt_slice vt_slice_of(const void *data, size_t len);
vt_slice vt_slice_from_cstr(const char *text);            /* NULL gives the empty slice */
vt_slice vt_slice_sub(vt_slice s, size_t at, size_t len); /* at + len must lie inside */
bool vt_slice_equal(vt_slice a, vt_slice b);              /* not constant time */
bool vt_slice_is(vt_slice s, const char *text);           /* equal to a C string */
bool vt_slice_starts_with(vt_slice s, vt_slice prefix);
bool vt_slice_ends_with(vt_slice s, vt_slice suffix);
int vt_slice_compare(vt_slice a, vt_slice b); /* bytewise, as memcmp; shorter first */
bool vt_slice_has_byte(vt_slice s, uint8_t byte);
bool vt_slice_is_zero(vt_slice s); /* no byte but zeros */
bool vt_slice_is_utf8(vt_slice s); /* strict: no overlong form, no surrogate */

/* ---- growing buffer ------------------------------------------------------------- */

/* Writing past max_bytes (or running out of memory) does not write anything and makes
 * the buffer `is_full`; later writes do nothing.  So a writer writes without checks and
 * asks once, at the end, with vt_buf_check. */
struct vt_buf {
    uint8_t *data; /* owned; NULL while empty */
    size_t len;
    size_t capacity;
    size_t bytes_max;
    bool is_full; /* something did not fit: the content is not whole */
};

#define VT_AUTO_BUF __attribute__((cleanup(vt_buf_clear))) struct vt_buf

/* Did a buffer of this thread fail to grow because memory ran out, since it was last
 * forgotten?  Then an answer that rests on buffers may be wrong. */
bool vt_buf_was_starved(void);
void vt_buf_forget_starving(void);

/* A buffer that may grow to bytes_max. */
struct vt_buf vt_buf_init(size_t bytes_max);
void vt_buf_clear(struct vt_buf *buf);                /* frees; safe to call twice */
void vt_buf_truncate(struct vt_buf *buf, size_t len); /* keeps the first len bytes */
void vt_buf_put(struct vt_buf *buf, vt_slice bytes);
void vt_buf_put_text(struct vt_buf *buf, const char *text); /* a C string */
void vt_buf_put_u8(struct vt_buf *buf, uint8_t value);
void vt_buf_put_u16(struct vt_buf *buf, uint16_t value); /* big-endian */
/* Its length in two bytes, and the bytes; one that is longer fills the buffer. */
void vt_buf_put_part(struct vt_buf *buf, vt_slice part);
void vt_buf_put_u32(struct vt_buf *buf, uint32_t value); /* big-endian */
void vt_buf_put_u64(struct vt_buf *buf, uint64_t value); /* big-endian */
/* The ending of what is counted: "1 rule", "2 rules". */
const char *vt_plural(uint64_t count);
VT_PRINTF(2, 3) void vt_buf_printf(struct vt_buf *buf, const char *format, ...);
/* Room for len more bytes, uninitialised, counted as written; NULL (and is_full) if it
 * does not fit. */
uint8_t *vt_buf_extend(struct vt_buf *buf, size_t len);
vt_slice vt_buf_slice(const struct vt_buf *buf); /* borrowed until the next write */
/* The content as a C string (a NUL is kept behind it, not counted).  NULL if is_full. */
const char *vt_buf_cstr(struct vt_buf *buf);

/* False (VT_LIMIT) if something did not fit; `what` names the thing being written. */
VT_CHECKED bool vt_buf_check(const struct vt_buf *buf, const char *what,
                             struct vt_error *err);

/* ---- reader --------------------------------------------------------------------- */

typedef struct {
    vt_slice rest; /* what was not read yet */
} vt_reader;

VT_CHECKED bool vt_read_u8(vt_reader *r, uint8_t *out);
VT_CHECKED bool vt_read_u16(vt_reader *r, uint16_t *out); /* big-endian, as all below */
VT_CHECKED bool vt_read_part(vt_reader *r,
                             vt_slice *out); /* as vt_buf_put_part writes it */
VT_CHECKED bool vt_read_u32(vt_reader *r, uint32_t *out);
VT_CHECKED bool vt_read_u64(vt_reader *r, uint64_t *out);
VT_CHECKED bool vt_read_bytes(vt_reader *r, size_t len, vt_slice *out);
VT_CHECKED bool vt_read_literal(vt_reader *r, vt_slice literal);
/* Up to and without the first `stop`, which is consumed; false if there is none. */
VT_CHECKED bool vt_read_until(vt_reader *r, uint8_t stop, vt_slice *out);
/* One line without its '\n'; a last line without '\n' does not count as a line. */
VT_CHECKED bool vt_read_line(vt_reader *r, vt_slice *out);
VT_CHECKED bool vt_read_end(const vt_reader *r);

/* The whole slice as a decimal number: digits only, no leading zero, fits 64 bits. */
VT_CHECKED bool vt_decimal_parse(vt_slice text, uint64_t *out);

#endif
