/* What stands in the values of two headers; see server.h. */
#include "http/server.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static vt_slice trim(vt_slice text)
{
    size_t from = 0, to = text.len;

    while (from < to && is_blank(text.data[from]))
        from++;
    while (to > from && is_blank(text.data[to - 1]))
        to--;
    return vt_slice_sub(text, from, to - from);
}

/* Up to the separator, which is taken too, or all of it. */
static vt_slice next(vt_slice *rest, uint8_t separator)
{
    size_t len = 0;
    vt_slice part;

    while (len < rest->len && rest->data[len] != separator)
        len++;
    part = vt_slice_sub(*rest, 0, len);
    len += len < rest->len;
    *rest = vt_slice_sub(*rest, len, rest->len - len);
    return trim(part);
}

static bool is_word(vt_slice text, const char *word)
{
    return text.len == strlen(word) &&
           strncasecmp((const char *)text.data, word, text.len) == 0;
}

/* "q=0", "q=0.", "q=0.000": not wanted. */
static bool is_nothing(vt_slice parameter)
{
    vt_slice value = parameter;

    if (!is_word(next(&value, '='), "q"))
        return false;
    value = trim(value);
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] != '0' && value.data[i] != '.')
            return false;
    return value.len != 0;
}

bool vt_http_accepts(vt_slice header, const char *type)
{
    while (header.len != 0) {
        vt_slice range = next(&header, ',');
        bool is_wanted = is_word(next(&range, ';'), type);

        while (is_wanted && range.len != 0)
            is_wanted = !is_nothing(next(&range, ';'));
        if (is_wanted)
            return true;
    }
    return false;
}

bool vt_http_bearer(vt_slice header, vt_slice *token_out)
{
    vt_slice rest = header;

    if (!is_word(next(&rest, ' '), "bearer"))
        return false;
    *token_out = trim(rest);
    return token_out->len != 0;
}
