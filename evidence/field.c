/* Fields of checked JSON. */
#include "evidence/field.h"

vt_slice vt_field_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return vt_slice_of(json_string_value(value), json_string_length(value));
}

uint64_t vt_field_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));

    return value < 0 ? 0 : (uint64_t)value; /* not negative: checked in this line */
}

vt_hash vt_field_hash(const json_t *object, const char *name)
{
    vt_hash hash;

    return vt_hash_parse_hex(vt_field_text(object, name), &hash) ? hash
                                                                 : (vt_hash){ { 0 } };
}

bool vt_list_has(const json_t *texts, vt_slice text)
{
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *at = json_array_get(texts, i);

        if (vt_slice_equal(vt_slice_of(json_string_value(at), json_string_length(at)),
                           text))
            return true;
    }
    return false;
}

json_t *vt_field_of_hash(const vt_hash *hash)
{
    char text[65];

    vt_hash_text(hash, text);
    return json_string(text);
}

json_t *vt_field_of_time(int64_t unix_s)
{
    char text[VT_TIME_TEXT_BYTES];

    vt_time_write(unix_s, text);
    return json_string(text);
}
