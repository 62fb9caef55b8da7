/* Fields of an object, each asked for with its type, and sentences that name the field. */
#include "wire/hex.h"
#include "wire/json.h"

static bool get(const json_t *object, const char *what, const char *name, json_t **out,
                struct vt_error *err)
{
    if (!json_is_object(object))
        return vt_fail(err, VT_MALFORMED, "%s: is not an object", what);
    *out = json_object_get(object, name);
    if (*out == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is missing", what, name);
    return true;
}

bool vt_json_get_text(const json_t *object, const char *what, const char *name,
                      vt_slice *out, struct vt_error *err)
{
    json_t *value;

    if (!get(object, what, name, &value, err))
        return false;
    if (!json_is_string(value))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not a text", what, name);
    *out = vt_slice_of(json_string_value(value), json_string_length(value));
    return true;
}

bool vt_json_get_number(const json_t *object, const char *what, const char *name,
                        uint64_t *out, struct vt_error *err)
{
    json_t *value;

    if (!get(object, what, name, &value, err))
        return false;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > VT_JSON_INTEGER_MAX)
        return vt_fail(err, VT_MALFORMED,
                       "%s: '%s' is not a whole number from 0 to 2^53 - 1", what, name);
    *out = (uint64_t)json_integer_value(value);
    return true;
}

json_t *vt_json_wide(uint64_t number)
{
    char text[24];

    if (number <= (uint64_t)VT_JSON_INTEGER_MAX)
        return json_integer((json_int_t)number);
    (void)snprintf(text, sizeof text, "%ju", (uintmax_t)number);
    return json_string(text);
}

bool vt_json_get_wide(const json_t *object, const char *what, const char *name,
                      uint64_t *out, struct vt_error *err)
{
    uint64_t number;
    json_t *value;

    if (!get(object, what, name, &value, err))
        return false;
    if (!json_is_string(value))
        return vt_json_get_number(object, what, name, out, err);
    if (!vt_decimal_parse(vt_slice_of(json_string_value(value), json_string_length(value)),
                          &number) ||
        number <= (uint64_t)VT_JSON_INTEGER_MAX)
        return vt_fail(err, VT_MALFORMED,
                       "%s: '%s' is a text, but no whole number from 2^53 to 2^64 - 1",
                       what, name);
    *out = number;
    return true;
}

bool vt_json_get_bool(const json_t *object, const char *what, const char *name, bool *out,
                      struct vt_error *err)
{
    json_t *value;

    if (!get(object, what, name, &value, err))
        return false;
    if (!json_is_boolean(value))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not true or false", what, name);
    *out = json_is_true(value);
    return true;
}

bool vt_json_get_object(const json_t *object, const char *what, const char *name,
                        json_t **out, struct vt_error *err)
{
    json_t *value;

    if (!get(object, what, name, &value, err))
        return false;
    if (!json_is_object(value))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not an object", what, name);
    *out = value;
    return true;
}

bool vt_json_get_array(const json_t *object, const char *what, const char *name,
                       json_t **out, struct vt_error *err)
{
    json_t *value;

    if (!get(object, what, name, &value, err))
        return false;
    if (!json_is_array(value))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not an array", what, name);
    *out = value;
    return true;
}

bool vt_json_get_sha256(const json_t *object, const char *what, const char *name,
                        uint8_t out[32], struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(object, what, name, &text, err))
        return false;
    if (!vt_hex_parse(text, out, 32))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is not 64 lower-case hex digits", what,
                       name);
    return true;
}

bool vt_json_get_time(const json_t *object, const char *what, const char *name,
                      int64_t *out, struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(object, what, name, &text, err))
        return false;
    if (!vt_time_parse(text, out))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is no time like 2026-11-23T17:37:25Z",
                       what, name);
    return true;
}

bool vt_json_has(const json_t *object, const char *name)
{
    return json_object_get(object, name) != NULL;
}

static bool is_listed(const char *name, const char *const names[])
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool vt_json_only(const json_t *object, const char *what, const char *const names[],
                  struct vt_error *err)
{
    json_t *own = (json_t *)(uintptr_t)object; /* jansson's iterators take no const */

    if (!json_is_object(object))
        return vt_fail(err, VT_MALFORMED, "%s: is not an object", what);
    for (void *at = json_object_iter(own); at != NULL; at = json_object_iter_next(own, at))
        if (!is_listed(json_object_iter_key(at), names))
            return vt_fail(err, VT_MALFORMED, "%s: unknown field '%s'", what,
                           json_object_iter_key(at));
    return true;
}
