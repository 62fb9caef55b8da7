/* Strict JSON (RFC 8259) through jansson, and the canonical form (RFC 8785) that is our
 * own.
 *
 * Parsing refuses: duplicate names, bad UTF-8, NUL in strings, fractions and exponents,
 * integers outside ±(2^53 − 1), depth over VT_JSON_DEPTH_MAX, trailing bytes.  So every
 * value we hold has an exact canonical form.  `json_t *` are jansson's; the caller holds a
 * reference and ends it with json_decref (or VT_AUTO_JSON). */
#ifndef VT_WIRE_JSON_H
#define VT_WIRE_JSON_H

#include "base/base.h"
#include <jansson.h>

#define VT_JSON_DEPTH_MAX   32
#define VT_JSON_INTEGER_MAX ((int64_t)9007199254740991)

#define VT_AUTO_JSON __attribute__((cleanup(vt_json_clear))) json_t *
void vt_json_clear(json_t **value);

/* Parse an object or array.  `what` names the text in messages ("trust.json").
 * value_out: returned.  Errors: VT_MALFORMED with line and column. */
VT_CHECKED bool vt_json_parse(vt_slice text, const char *what, json_t **value_out,
                              struct vt_error *err);

/* RFC 8785: names sorted by UTF-16 code units, shortest escapes, integers only.  Fails on
 * reals, integers out of range and depth (VT_MALFORMED) and if out is full (VT_LIMIT). */
VT_CHECKED bool vt_json_write_canonical(const json_t *value, struct vt_buf *out,
                                        struct vt_error *err);
/* OLPC canonical JSON as TUF signs it. */
VT_CHECKED bool vt_json_write_olpc(const json_t *value, struct vt_buf *out,
                                   struct vt_error *err);
/* Parse, and demand that the text is its own canonical form (RFC 8785). */
VT_CHECKED bool vt_json_parse_canonical(vt_slice text, const char *what, json_t **value_out,
                                        struct vt_error *err);

/* ---- fields of an object, with sentences that name the field ------------------------- */

/* All are borrowed from `object`.  `what` names the object in messages.  A missing field
 * or one of another type: VT_MALFORMED. */
VT_CHECKED bool vt_json_get_text(const json_t *object, const char *what, const char *name,
                                 vt_slice *out, struct vt_error *err);
/* Integer from 0 to VT_JSON_INTEGER_MAX. */
VT_CHECKED bool vt_json_get_number(const json_t *object, const char *what, const char *name,
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
