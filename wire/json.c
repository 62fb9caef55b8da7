/* Strict parsing through jansson.  jansson refuses duplicates, bad UTF-8 and NUL; before it
 * sees the text a scan of our own bounds the depth and refuses fractions and exponents,
 * which jansson would turn into doubles. */
#include "wire/json.h"
#include "wire/hex.h"

void vt_json_clear(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}

/* Skip a string whose opening quote was passed; false if it does not end. */
static bool skip_string(vt_slice text, size_t *at)
{
    for (; *at < text.len; ++*at) {
        if (text.data[*at] == '\\')
            ++*at;
        else if (text.data[*at] == '"')
            return true;
    }
    return false;
}

/* What jansson would accept and we do not.  Returns a complaint or NULL. */
static const char *find_excess(vt_slice text)
{
    unsigned depth = 0;

    for (size_t at = 0; at < text.len; at++) {
        uint8_t byte = text.data[at];
        bool after_digit = at > 0 && text.data[at - 1] >= '0' && text.data[at - 1] <= '9';

        if (byte == '"') {
            at++;
            if (!skip_string(text, &at))
                return "a string does not end";
        } else if (byte == '{' || byte == '[') {
            if (++depth > VT_JSON_DEPTH_MAX)
                return "nested too deeply";
        } else if (byte == '}' || byte == ']') {
            depth -= depth > 0;
        } else if (after_digit && (byte == '.' || byte == 'e' || byte == 'E')) {
            return "a fraction or exponent; only whole numbers are taken";
        } else if (byte == '-' && at + 1 < text.len && text.data[at + 1] == '0') {
            return "a negative zero";
        }
    }
    return NULL;
}

static bool integers_in_range(const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);

        return number <= VT_JSON_INTEGER_MAX && number >= -VT_JSON_INTEGER_MAX;
    }
    if (json_is_object(value))
        json_object_foreach((json_t *)(uintptr_t)value, key,
                            member) if (!integers_in_range(member)) return false;
    if (json_is_array(value))
        json_array_foreach(value, i, member) if (!integers_in_range(member)) return false;
    return true;
}

bool vt_json_parse(vt_slice text, const char *what, json_t **value_out,
                   struct vt_error *err)
{
    const char *excess = find_excess(text);
    json_error_t where;
    VT_AUTO_JSON value = NULL;

    if (excess != NULL)
        return vt_fail(err, VT_MALFORMED, "%s: %s", what, excess);
    value = json_loadb(text.data != NULL ? (const char *)text.data : "", text.len,
                       JSON_REJECT_DUPLICATES, &where);
    if (value == NULL && json_error_code(&where) == json_error_out_of_memory)
        return vt_fail(err, VT_IO, "%s: out of memory", what);
    if (value == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: line %d, column %d: %s", what, where.line,
                       where.column, where.text);
    if (!integers_in_range(value))
        return vt_fail(err, VT_MALFORMED, "%s: a number beyond 2^53 - 1", what);
    *value_out = json_incref(value);
    return true;
}

bool vt_json_parse_canonical(vt_slice text, const char *what, json_t **value_out,
                             struct vt_error *err)
{
    VT_AUTO_JSON value = NULL;
    VT_AUTO_BUF again = vt_buf_init(text.len);

    if (!vt_json_parse(text, what, &value, err))
        return false;
    if (!vt_json_write_canonical(value, &again, err) ||
        !vt_slice_equal(vt_buf_slice(&again), text))
        return vt_fail(err, VT_MALFORMED, "%s: is not in canonical form (RFC 8785)", what);
    *value_out = json_incref(value);
    return true;
}

/* ---- fields ---------------------------------------------------------------------------
 */

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

bool vt_json_only(const json_t *object, const char *what, const char *const names[],
                  struct vt_error *err)
{
    const char *key;
    json_t *member;

    if (!json_is_object(object))
        return vt_fail(err, VT_MALFORMED, "%s: is not an object", what);
    json_object_foreach((json_t *)(uintptr_t)object, key, member)
    {
        size_t i = 0;

        while (names[i] != NULL && strcmp(names[i], key) != 0)
            i++;
        if (names[i] == NULL)
            return vt_fail(err, VT_MALFORMED, "%s: unknown field '%s'", what, key);
    }
    return true;
}
