/* Closed schemas for the JSON that Vitrine signs: tables instead of code.  A value that
 * fits has every required field, no unknown one, each of its type and within its bounds. */
#ifndef VT_EVIDENCE_SCHEMA_H
#define VT_EVIDENCE_SCHEMA_H

#include "base/base.h"
#include "wire/json.h"

enum vt_field_kind {
    VT_FIELD_TEXT,   /* UTF-8 without control bytes, 1 to bytes_max bytes (0: 1024) */
    VT_FIELD_PROSE,  /* as TEXT, line breaks allowed, 0 bytes allowed */
    VT_FIELD_NUMBER, /* 0 to 2^53 - 1 */
    VT_FIELD_BOOL,
    VT_FIELD_SHA256,  /* 64 lower-case hex digits */
    VT_FIELD_TIME,    /* 2026-11-23T17:37:25Z */
    VT_FIELD_WORD,    /* one of `words` */
    VT_FIELD_OBJECT,  /* of `fields` */
    VT_FIELD_OBJECTS, /* array of such objects */
    VT_FIELD_TEXTS,   /* array of TEXT */
    VT_FIELD_MAP,     /* object with any names and TEXT values */
};

struct vt_field {
    const char *name; /* NULL ends a table */
    enum vt_field_kind kind;
    bool is_optional;
    size_t max;                    /* bytes of a text, members of an array; 0: 1024 */
    const struct vt_field *fields; /* OBJECT, OBJECTS */
    const char *const *words;      /* WORD; NULL-ended */
};

/* May this stand where a statement has a VT_FIELD_TEXT?  For what a person gives, before
 * anything long is begun.  Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_text_verify(const char *text, struct vt_error *err);

/* Errors: VT_MALFORMED naming the field; VT_LIMIT */
VT_CHECKED bool vt_schema_verify(const json_t *value, const char *what,
                                 const struct vt_field *fields, struct vt_error *err);

#endif
