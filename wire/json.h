/* Strict JSON (RFC 8259) and its canonical forms; the values themselves are jansson's.
 *
 * The reader refuses: duplicate names, bad UTF-8, lone surrogates, NUL in texts, fractions
 * and exponents, -0, integers outside ±(2^53 − 1), nesting deeper than VT_JSON_DEPTH_MAX,
 * bytes behind the end.  So every value that we hold has an exact canonical form.
 *
 * A json_t is ended with json_decref (or VT_AUTO_JSON).  The caller bounds the length of a
 * text before it hands it over; a value takes some tens of times as much memory. */
#ifndef VT_WIRE_JSON_H
#define VT_WIRE_JSON_H

#include "base/base.h"
#include <jansson.h>

#define VT_JSON_DEPTH_MAX   32 /* arrays and objects inside each other */
#define VT_JSON_INTEGER_MAX ((int64_t)9007199254740991)

#define VT_AUTO_JSON __attribute__((cleanup(vt_json_clear))) json_t *
void vt_json_clear(json_t **value);

/* Parse an object or array.  `what` names the text in messages ("trust.json").
 * value_out: returned, end with json_decref.
 * Errors: VT_MALFORMED with line and column, both from 1, the column in characters
 *         VT_IO        out of memory */
VT_CHECKED bool vt_json_parse(vt_slice text, const char *what, json_t **value_out,
                              struct vt_error *err);
/* Parse, and demand that the text is its own canonical form (RFC 8785). */
VT_CHECKED bool vt_json_parse_canonical(vt_slice text, const char *what, json_t **value_out,
                                        struct vt_error *err);

/* Append the canonical form: names sorted by UTF-16 code units, shortest escapes, no white
 * space.  On failure out keeps its length.
 * Errors: VT_MALFORMED what the reader above would refuse: fractions, integers out of
 * range, NUL or bad UTF-8 in a text, nesting too deep VT_LIMIT     out has no room VT_IO
 * out of memory Spec:   RFC 8785 §3.2 */
VT_CHECKED bool vt_json_write_canonical(const json_t *value, struct vt_buf *out,
                                        struct vt_error *err);
/* The same in OLPC canonical JSON, as TUF signs it: names sorted by bytes, only the quote
 * and the backslash escaped.  It is for signing; with control characters in a text it is
 * not JSON. */
VT_CHECKED bool vt_json_write_olpc(const json_t *value, struct vt_buf *out,
                                   struct vt_error *err);
/* One text with its quotes, as vt_json_write_canonical writes it. */
VT_CHECKED bool vt_json_write_text(vt_slice text, struct vt_buf *out, struct vt_error *err);

/* Take the seed of jansson's hashing from the kernel now.  A process that will confine
 * itself calls this before: afterwards jansson could only guess one from the clock. */
void vt_json_prepare(void);

/* ---- fields of an object, with sentences that name the field ------------------------- */

/* All are borrowed from `object`.  `what` names the object in messages.  A missing field
 * or one of another type: VT_MALFORMED. */
VT_CHECKED bool vt_json_get_text(const json_t *object, const char *what, const char *name,
                                 vt_slice *out, struct vt_error *err);
/* Integer from 0 to VT_JSON_INTEGER_MAX. */
VT_CHECKED bool vt_json_get_number(const json_t *object, const char *what, const char *name,
                                   uint64_t *out, struct vt_error *err);
/* A number that strangers sign, and that may be any of 64 bits: an integer up to
 * VT_JSON_INTEGER_MAX, its decimal text beyond.  Returned. */
json_t *vt_json_wide(uint64_t number);
/* The same, read: one spelling for each number. */
VT_CHECKED bool vt_json_get_wide(const json_t *object, const char *what, const char *name,
                                 uint64_t *out, struct vt_error *err);
VT_CHECKED bool vt_json_get_bool(const json_t *object, const char *what, const char *name,
                                 bool *out, struct vt_error *err);
VT_CHECKED bool vt_json_get_object(const json_t *object, const char *what, const char *name,
                                   json_t **out, struct vt_error *err);
VT_CHECKED bool vt_json_get_array(const json_t *object, const char *what, const char *name,
                                  json_t **out, struct vt_error *err);
/* 64 lower-case hex digits into 32 bytes. */
VT_CHECKED bool vt_json_get_sha256(const json_t *object, const char *what, const char *name,
                                   uint8_t out[32], struct vt_error *err);
/* A time in the one form of base/env.h, as seconds since 1970. */
VT_CHECKED bool vt_json_get_time(const json_t *object, const char *what, const char *name,
                                 int64_t *out, struct vt_error *err);
bool vt_json_has(const json_t *object, const char *name);

/* A closed object: no member outside the NULL-ended list of names. */
VT_CHECKED bool vt_json_only(const json_t *object, const char *what,
                             const char *const names[], struct vt_error *err);

#endif
