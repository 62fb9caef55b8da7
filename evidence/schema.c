/* Checks a value against a table of fields. */
#include "evidence/schema.h"

enum { MAX_USUAL = 1024 };

static size_t max_of(const struct vt_field *field)
{
    return field->max != 0 ? field->max : MAX_USUAL;
}

/* Does a code point begin at `at` that a terminal obeys or that turns text around?  C1
 * controls, and the embedding, override and isolate marks (U+202A..E, U+2066..9). */
static bool steers(const unsigned char *at)
{
    if (at[0] == 0xc2)
        return at[1] < 0xa0;
    return at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
                             (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

static bool verify_text(const json_t *value, const char *what, const struct vt_field *field,
                        struct vt_error *err)
{
    bool is_prose = field->kind == VT_FIELD_PROSE;
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);

    if (text == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not a text", what, field->name);
    if (len > max_of(field) || (len == 0 && !is_prose))
        return vt_fail(err, len == 0 ? VT_MALFORMED : VT_LIMIT,
                       "%s: '%s' has %zu bytes, 1 to %zu are taken", what, field->name, len,
                       max_of(field));
    for (size_t i = 0; i < len; i++) {
        const unsigned char *at = (const unsigned char *)text + i;

        if ((*at < 0x20 && !(is_prose && (*at == '\n' || *at == '\t'))) || *at == 0x7f ||
            steers(at))
            return vt_fail(err, VT_MALFORMED, "%s: '%s' holds a control byte", what,
                           field->name);
    }
    return true;
}

static bool verify_word(const json_t *value, const char *what, const struct vt_field *field,
                        struct vt_error *err)
{
    const char *text = json_string_value(value);

    for (size_t i = 0; text != NULL && field->words[i] != NULL; i++)
        if (strcmp(text, field->words[i]) == 0)
            return true;
    return vt_fail(err, VT_MALFORMED, "%s: '%s' is none of the words that it may be", what,
                   field->name);
}

static bool verify_array(const json_t *value, const char *what,
                         const struct vt_field *field, struct vt_error *err)
{
    const struct vt_field text = { field->name, VT_FIELD_TEXT, false, 0, NULL, NULL };

    if (!json_is_array(value))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not an array", what, field->name);
    if (json_array_size(value) > max_of(field))
        return vt_fail(err, VT_LIMIT, "%s: '%s' has %zu members, at most %zu", what,
                       field->name, json_array_size(value), max_of(field));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *member = json_array_get(value, i);

        if (field->kind == VT_FIELD_TEXTS
                ? !verify_text(member, what, &text, err)
                : !vt_schema_verify(member, what, field->fields, err))
            return false;
    }
    return true;
}

static bool verify_map(const json_t *value, const char *what, const struct vt_field *field,
                       struct vt_error *err)
{
    const struct vt_field text = { field->name, VT_FIELD_TEXT, false, 0, NULL, NULL };
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not an object", what, field->name);
    if (json_object_size(value) > max_of(field))
        return vt_fail(err, VT_LIMIT, "%s: '%s' has too many members", what, field->name);
    json_object_foreach((json_t *)(uintptr_t)value, name,
                        member) if (!verify_text(member, what, &text, err)) return false;
    return true;
}

static bool verify_field(const json_t *object, const char *what,
                         const struct vt_field *field, struct vt_error *err)
{
    const json_t *value = json_object_get(object, field->name);
    uint64_t number;
    int64_t time;
    uint8_t hash[32];
    bool truth;

    if (value == NULL)
        return field->is_optional ||
               vt_fail(err, VT_MALFORMED, "%s: '%s' is missing", what, field->name);
    switch (field->kind) {
    case VT_FIELD_TEXT:
    case VT_FIELD_PROSE:
        return verify_text(value, what, field, err);
    case VT_FIELD_NUMBER:
        return vt_json_get_number(object, what, field->name, &number, err);
    case VT_FIELD_BOOL:
        return vt_json_get_bool(object, what, field->name, &truth, err);
    case VT_FIELD_SHA256:
        return vt_json_get_sha256(object, what, field->name, hash, err);
    case VT_FIELD_TIME:
        return vt_json_get_time(object, what, field->name, &time, err);
    case VT_FIELD_WORD:
        return verify_word(value, what, field, err);
    case VT_FIELD_OBJECT:
        return vt_schema_verify(value, what, field->fields, err);
    case VT_FIELD_OBJECTS:
    case VT_FIELD_TEXTS:
        return verify_array(value, what, field, err);
    case VT_FIELD_MAP:
        return verify_map(value, what, field, err);
    }
    return vt_fail(err, VT_MALFORMED, "%s: '%s' is of no known kind", what, field->name);
}

bool vt_schema_verify(const json_t *value, const char *what, const struct vt_field *fields,
                      struct vt_error *err)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return vt_fail(err, VT_MALFORMED, "%s: is not an object", what);
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        const struct vt_field *field = fields;

        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name == NULL)
            return vt_fail(err, VT_MALFORMED, "%s: unknown field '%s'", what, name);
    }
    for (const struct vt_field *field = fields; field->name != NULL; field++)
        if (!verify_field(value, what, field, err))
            return false;
    return true;
}

bool vt_text_verify(const char *text, struct vt_error *err)
{
    static const struct vt_field field = { "text", VT_FIELD_TEXT, false, 0, NULL, NULL };
    VT_AUTO_JSON value = json_string(text);

    if (value == NULL)
        return vt_fail(err, VT_MALFORMED, "it is not UTF-8");
    return verify_text(value, "it", &field, err);
}
