/* Strict JSON: a grammar read by recursive descent, as deep as VT_JSON_DEPTH_MAX.  jansson
 * keeps the values; its reader is not used, because it goes on with a damaged token when
 * memory runs out (DESIGN.md). */
#include "wire/json.h"

struct parser {
    vt_slice text;
    size_t at;             /* what was read; in a complaint: where the fault lies */
    unsigned depth;        /* arrays and objects around this place */
    const char *complaint; /* NULL while all is well; a constant */
    bool is_out_of_memory;
    struct vt_buf scratch; /* the string that was read last, if it held escapes */
};

static bool parse_value(struct parser *p, json_t **value_out);

static bool complain(struct parser *p, size_t at, const char *complaint)
{
    p->at = at;
    p->complaint = complaint;
    return false;
}

static bool run_out_of_memory(struct parser *p)
{
    p->is_out_of_memory = true;
    return false;
}

/* The next byte, or '\0', which is never right, at the end. */
static uint8_t peek(const struct parser *p)
{
    return p->at < p->text.len ? p->text.data[p->at] : '\0';
}

static void skip_space(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
        p->at++;
}

/* Pass white space and then this byte; false if another stands there. */
static bool take(struct parser *p, char byte)
{
    skip_space(p);
    if (peek(p) != (uint8_t)byte)
        return false;
    p->at++;
    return true;
}

/* Is this literal next?  Then pass it. */
static bool take_word(struct parser *p, vt_slice word)
{
    vt_slice rest = vt_slice_sub(p->text, p->at, p->text.len - p->at);

    if (!vt_slice_starts_with(rest, word))
        return false;
    p->at += word.len;
    return true;
}

/* ---- strings --------------------------------------------------------------------------*/

static bool hex_value(uint8_t digit, uint32_t *out)
{
    if (digit >= '0' && digit <= '9')
        *out = (uint32_t)(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
        *out = (uint32_t)(digit - 'a' + 10);
    else if (digit >= 'A' && digit <= 'F')
        *out = (uint32_t)(digit - 'A' + 10);
    else
        return false;
    return true;
}

/* "\uXXXX" at this place as one UTF-16 code unit. */
static bool take_code_unit(struct parser *p, uint32_t *out)
{
    size_t start = p->at;
    uint32_t unit = 0, digit;

    if (!take_word(p, VT_LIT("\\u")))
        return false;
    for (size_t i = 0; i < 4; i++, p->at++) {
        if (!hex_value(peek(p), &digit))
            return complain(p, start, "an escape without four hex digits");
        unit = unit << 4 | digit;
    }
    *out = unit;
    return true;
}

static void put_utf8(struct vt_buf *out, uint32_t point)
{
    if (point < 0x80) {
        vt_buf_put_u8(out, (uint8_t)point);
        return;
    }
    if (point < 0x800) {
        vt_buf_put_u8(out, (uint8_t)(0xc0 | point >> 6));
    } else {
        if (point < 0x10000) {
            vt_buf_put_u8(out, (uint8_t)(0xe0 | point >> 12));
        } else {
            vt_buf_put_u8(out, (uint8_t)(0xf0 | point >> 18));
            vt_buf_put_u8(out, (uint8_t)(0x80 | (point >> 12 & 0x3f)));
        }
        vt_buf_put_u8(out, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
    }
    vt_buf_put_u8(out, (uint8_t)(0x80 | (point & 0x3f)));
}

static bool take_unicode_escape(struct parser *p)
{
    size_t start = p->at;
    uint32_t unit, low;

    if (!take_code_unit(p, &unit))
        return false;
    if (unit == 0)
        return complain(p, start, "a NUL in a text");
    if (unit >= 0xd800 && unit <= 0xdbff) {
        if (!take_code_unit(p, &low) || low < 0xdc00 || low > 0xdfff)
            return complain(p, start, "half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
        return complain(p, start, "half of a surrogate pair");
    }
    put_utf8(&p->scratch, unit);
    return true;
}

static bool take_escape(struct parser *p)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    uint8_t letter = p->at + 1 < p->text.len ? p->text.data[p->at + 1] : '\0';
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;

    if (letter == 'u')
        return take_unicode_escape(p);
    if (found == NULL)
        return complain(p, p->at, "an unknown escape");
    vt_buf_put_u8(&p->scratch, (uint8_t)meanings[found - letters]);
    p->at += 2;
    return true;
}

/* Bytes of a string that stand for themselves, up to a quote, an escape or a fault. */
static vt_slice take_plain(struct parser *p)
{
    size_t start = p->at, at = start;
    const uint8_t *data = p->text.data;

    while (at < p->text.len && data[at] >= 0x20 && data[at] != '"' && data[at] != '\\')
        at++;
    p->at = at;
    return vt_slice_sub(p->text, start, at - start);
}

/* A string whose opening quote was passed.  The slice points into the text, or into the
 * scratch buffer if there were escapes: it is good until the next string. */
static bool parse_string(struct parser *p, vt_slice *out)
{
    size_t start = p->at;
    vt_slice plain = take_plain(p);
    bool has_escapes = peek(p) == '\\';

    vt_buf_truncate(&p->scratch, 0);
    if (has_escapes)
        vt_buf_put(&p->scratch, plain);
    while (peek(p) == '\\') {
        if (!take_escape(p))
            return false;
        vt_buf_put(&p->scratch, take_plain(p));
    }
    if (p->at == p->text.len)
        return complain(p, start - 1, "a text that does not end");
    if (peek(p) != '"')
        return complain(p, p->at, "a control character in a text");
    p->at++;
    if (p->scratch.is_full) /* its bound is the text's length: escapes only shrink */
        return run_out_of_memory(p);
    *out = has_escapes ? vt_buf_slice(&p->scratch) : plain;
    if (!vt_slice_is_utf8(*out))
        return complain(p, start - 1, "a text that is not UTF-8");
    return true;
}

static json_t *new_string(vt_slice text)
{
    const char *data = text.data != NULL ? (const char *)text.data : "";

    return json_stringn_nocheck(data, text.len); /* UTF-8 was checked */
}

/* ---- numbers --------------------------------------------------------------------------*/

static bool parse_number(struct parser *p, json_t **value_out)
{
    size_t start = p->at;
    bool is_negative = take_word(p, VT_LIT("-"));
    size_t digits_at = p->at;
    vt_slice digits;
    uint64_t size;
    int64_t number;

    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    digits = vt_slice_sub(p->text, digits_at, p->at - digits_at);
    if (peek(p) == '.' || peek(p) == 'e' || peek(p) == 'E')
        return complain(p, start, "a fraction or exponent; only whole numbers are taken");
    if (digits.len == 0 || (digits.len > 1 && digits.data[0] == '0') ||
        (is_negative && vt_slice_is(digits, "0")))
        return complain(p, start, "a number that is not in its one spelling");
    if (!vt_decimal_parse(digits, &size) || size > (uint64_t)VT_JSON_INTEGER_MAX)
        return complain(p, start, "a number beyond 2^53 - 1");
    number = (int64_t)size; /* at most VT_JSON_INTEGER_MAX */
    *value_out = json_integer(is_negative ? -number : number);
    return *value_out != NULL || run_out_of_memory(p);
}

/* ---- arrays and objects ---------------------------------------------------------------*/

static bool parse_elements(struct parser *p, json_t *array)
{
    json_t *value;

    if (take(p, ']'))
        return true;
    do {
        if (!parse_value(p, &value))
            return false;
        if (json_array_append_new(array, value) != 0)
            return run_out_of_memory(p);
    } while (take(p, ','));
    return take(p, ']') || complain(p, p->at, "',' or ']' is missing");
}

static bool parse_member(struct parser *p, json_t *object)
{
    VT_AUTO_JSON name = NULL; /* kept apart: the value has strings of its own */
    json_t *value;
    vt_slice text;
    size_t at;

    if (!take(p, '"'))
        return complain(p, p->at, "a name in quotes is missing");
    at = p->at - 1;
    if (!parse_string(p, &text))
        return false;
    name = new_string(text);
    if (name == NULL)
        return run_out_of_memory(p);
    if (json_object_getn(object, json_string_value(name), text.len) != NULL)
        return complain(p, at, "a name that stands twice in one object");
    if (!take(p, ':'))
        return complain(p, p->at, "':' is missing");
    if (!parse_value(p, &value))
        return false;
    if (json_object_setn_new_nocheck(object, json_string_value(name),
                                     json_string_length(name), value) != 0)
        return run_out_of_memory(p);
    return true;
}

static bool parse_members(struct parser *p, json_t *object)
{
    if (take(p, '}'))
        return true;
    do {
        if (!parse_member(p, object))
            return false;
    } while (take(p, ','));
    return take(p, '}') || complain(p, p->at, "',' or '}' is missing");
}

/* An array or object whose bracket is next. */
static bool parse_container(struct parser *p, json_t **value_out)
{
    bool is_object = peek(p) == '{';
    VT_AUTO_JSON value = NULL;

    if (p->depth == VT_JSON_DEPTH_MAX)
        return complain(p, p->at, "nested too deeply");
    value = is_object ? json_object() : json_array();
    if (value == NULL)
        return run_out_of_memory(p);
    p->at++;
    p->depth++;
    if (!(is_object ? parse_members(p, value) : parse_elements(p, value)))
        return false;
    p->depth--;
    *value_out = json_incref(value);
    return true;
}

static bool parse_value(struct parser *p, json_t **value_out)
{
    vt_slice text;

    skip_space(p);
    if (peek(p) == '{' || peek(p) == '[')
        return parse_container(p, value_out);
    if (peek(p) == '-' || (peek(p) >= '0' && peek(p) <= '9'))
        return parse_number(p, value_out);
    if (take_word(p, VT_LIT("true")))
        *value_out = json_true();
    else if (take_word(p, VT_LIT("false")))
        *value_out = json_false();
    else if (take_word(p, VT_LIT("null")))
        *value_out = json_null();
    else if (!take(p, '"'))
        return complain(p, p->at, "a value is missing");
    else if (!parse_string(p, &text))
        return false;
    else
        *value_out = new_string(text);
    return *value_out != NULL || run_out_of_memory(p);
}

/* ---- the whole text -------------------------------------------------------------------*/

static bool parse_whole(struct parser *p, json_t **value_out)
{
    VT_AUTO_JSON value = NULL;

    skip_space(p);
    if (peek(p) != '{' && peek(p) != '[')
        return complain(p, p->at, "neither an object nor an array");
    if (!parse_container(p, &value))
        return false;
    skip_space(p);
    if (p->at != p->text.len)
        return complain(p, p->at, "something stands behind the end");
    *value_out = json_incref(value);
    return true;
}

/* Fill err from a parser that failed; line and column are counted from 1, in characters. */
static bool fail_at(const struct parser *p, const char *what, struct vt_error *err)
{
    size_t line = 1, column = 1;

    if (p->is_out_of_memory)
        return vt_fail(err, VT_IO, "%s: out of memory", what);
    if (p->text.len == 0)
        return vt_fail(err, VT_MALFORMED, "%s: is empty", what);
    for (size_t i = 0; i < p->at; i++) {
        if (p->text.data[i] == '\n') {
            line++;
            column = 1;
        } else if ((p->text.data[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return vt_fail(err, VT_MALFORMED, "%s: line %zu, column %zu: %s", what, line, column,
                   p->complaint);
}

bool vt_json_parse(vt_slice text, const char *what, json_t **value_out,
                   struct vt_error *err)
{
    struct parser p = { .text = text, .scratch = vt_buf_init(text.len) };
    bool ok = parse_whole(&p, value_out);

    vt_buf_clear(&p.scratch);
    return ok || fail_at(&p, what, err);
}

bool vt_json_parse_canonical(vt_slice text, const char *what, json_t **value_out,
                             struct vt_error *err)
{
    VT_AUTO_JSON value = NULL;
    VT_AUTO_BUF again = vt_buf_init(text.len);

    if (!vt_json_parse(text, what, &value, err))
        return false;
    if (!vt_json_write_canonical(value, &again, err) && err->code == VT_IO)
        return vt_within(err, "%s", what);
    if (!vt_slice_equal(vt_buf_slice(&again), text))
        return vt_fail(err, VT_MALFORMED, "%s: is not in canonical form (RFC 8785)", what);
    *value_out = json_incref(value);
    return true;
}

void vt_json_clear(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}

void vt_json_prepare(void)
{
    json_object_seed(0);
}
