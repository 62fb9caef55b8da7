/* Binary HTTP messages: a request or a response as one string of bytes.
 *
 * The specification lets a number be written on more bytes than it needs, a message end
 * before sections that are empty, and zeros stand behind it.  So one message has many
 * spellings, and readers must take them all; ours does, and writes one.  Nothing is signed
 * in this form.  Everything else is strict: a message that HTTP/2 would call malformed is
 * refused.  Spec: RFC 9292; RFC 9000 §16 (numbers) */
#ifndef VT_WIRE_BINARY_HTTP_H
#define VT_WIRE_BINARY_HTTP_H

#include "base/base.h"

#define VT_BINARY_HTTP_FIELDS_MAX   64 /* in one message */
#define VT_BINARY_HTTP_INTERIMS_MAX 4

struct vt_binary_field {
    vt_slice name, value;
};

struct vt_binary_fields {
    const struct vt_binary_field *rows;
    size_t count;
};

struct vt_binary_interim {
    unsigned status; /* 100 to 199 */
    struct vt_binary_fields fields;
};

struct vt_binary_http {
    bool is_request;
    bool is_indeterminate;                    /* written in sections without length */
    vt_slice method, scheme, authority, path; /* of a request; authority may be empty */
    unsigned status;                          /* of a response: 200 to 599 */
    struct vt_binary_interim interims[VT_BINARY_HTTP_INTERIMS_MAX];
    size_t interim_count;
    struct vt_binary_fields headers, trailers;
    vt_slice content;
};

/* Slices of *out are borrowed from `bytes` or lie in the arena.
 * Errors: VT_MALFORMED; VT_LIMIT more fields or interim responses than above */
VT_CHECKED bool vt_binary_http_parse(vt_slice bytes, struct vt_arena *arena,
                                     struct vt_binary_http *out, struct vt_error *err);
/* Append the message: numbers as short as can be, every section there, one piece of
 * content.  The caller answers for the values. */
void vt_binary_http_write(struct vt_buf *out, const struct vt_binary_http *message);
/* Zeros until out, which holds nothing but a message, has that length.
 * Errors: VT_LIMIT it is longer already, or there is no room */
VT_CHECKED bool vt_binary_http_pad(struct vt_buf *out, size_t len, struct vt_error *err);

/* The value of the first field with that name, whose letters' case does not count; empty
 * if there is none. */
vt_slice vt_binary_fields_find(const struct vt_binary_fields *fields, const char *name);

#endif
