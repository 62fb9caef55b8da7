/* The strict reader: each good text with its forged twins, and where a fault is said to
 * lie. */
#include "tests/harness.h"
#include "wire/json.h"

static const struct {
    const char *name;
    vt_slice text;
    bool is_good;
} rows[] = {
    { "empty object", VT_LIT("{}"), true },
    { "empty array", VT_LIT("[]"), true },
    { "white space", VT_LIT(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"), true },
    { "form feed", VT_LIT("{}\f"), false },
    { "vertical tab", VT_LIT("\v{}"), false },
    { "no-break space", VT_LIT("{}\xc2\xa0"), false },
    { "byte order mark", VT_LIT("\xef\xbb\xbf{}"), false },
    { "nothing", VT_LIT(""), false },
    { "only space", VT_LIT("  \n"), false },
    { "a number alone", VT_LIT("1"), false },
    { "a text alone", VT_LIT("\"a\""), false },
    { "trailing bracket", VT_LIT("{}}"), false },
    { "trailing value", VT_LIT("{}{}"), false },
    { "trailing NUL", VT_LIT("{}\0"), false },
    { "NUL inside", VT_LIT("{\0}"), false },
    { "comment", VT_LIT("{}//"), false },
    { "literals", VT_LIT("[true,false,null]"), true },
    { "upper-case literal", VT_LIT("[True]"), false },
    { "short literal", VT_LIT("[tru]"), false },
    { "long literal", VT_LIT("[truee]"), false },
    { "literal cut by the end", VT_LIT("[tru"), false },
    { "NaN", VT_LIT("[NaN]"), false },
    { "comma behind the last", VT_LIT("[1,]"), false },
    { "comma before the first", VT_LIT("[,1]"), false },
    { "no comma", VT_LIT("[1 2]"), false },
    { "array as object", VT_LIT("[1}"), false },
    { "object as array", VT_LIT("{\"a\":1]"), false },
    { "array does not end", VT_LIT("[1"), false },
    { "object does not end", VT_LIT("{\"a\":1"), false },
    { "comma behind the last member", VT_LIT("{\"a\":1,}"), false },
    { "no colon", VT_LIT("{\"a\" 1}"), false },
    { "no value", VT_LIT("{\"a\":}"), false },
    { "no name", VT_LIT("{:1}"), false },
    { "name without quotes", VT_LIT("{a:1}"), false },
    { "single quotes", VT_LIT("{'a':1}"), false },
    { "number as name", VT_LIT("{1:1}"), false },

    { "two names", VT_LIT("{\"a\":1,\"b\":2}"), true },
    { "one name twice", VT_LIT("{\"a\":1,\"a\":1}"), false },
    { "one name in two spellings", VT_LIT("{\"a\":1,\"\\u0061\":2}"), false },
    { "one name far apart", VT_LIT("{\"a\":1,\"b\":{\"a\":1},\"a\":1}"), false },
    { "one name at two depths", VT_LIT("{\"a\":{\"a\":1}}"), true },
    { "empty name", VT_LIT("{\"\":1}"), true },
    { "empty name twice", VT_LIT("{\"\":1,\"\":1}"), false },
    { "a name and its beginning", VT_LIT("{\"ab\":1,\"a\":1}"), true },

    { "zero", VT_LIT("[0]"), true },
    { "negative zero", VT_LIT("[-0]"), false },
    { "minus one", VT_LIT("[-1]"), true },
    { "plus one", VT_LIT("[+1]"), false },
    { "leading zero", VT_LIT("[01]"), false },
    { "negative leading zero", VT_LIT("[-01]"), false },
    { "two zeros", VT_LIT("[00]"), false },
    { "minus alone", VT_LIT("[-]"), false },
    { "two minus", VT_LIT("[--1]"), false },
    { "fraction", VT_LIT("[1.5]"), false },
    { "fraction of nothing", VT_LIT("[1.0]"), false },
    { "open fraction", VT_LIT("[1.]"), false },
    { "fraction without its whole", VT_LIT("[.5]"), false },
    { "exponent", VT_LIT("[1e3]"), false },
    { "exponent of nothing", VT_LIT("[1E0]"), false },
    { "hexadecimal", VT_LIT("[0x1]"), false },
    { "2^53 - 1", VT_LIT("[9007199254740991]"), true },
    { "2^53", VT_LIT("[9007199254740992]"), false },
    { "-(2^53 - 1)", VT_LIT("[-9007199254740991]"), true },
    { "-2^53", VT_LIT("[-9007199254740992]"), false },
    { "2^63", VT_LIT("[9223372036854775808]"), false },
    { "2^64 + 1", VT_LIT("[18446744073709551617]"), false },
    { "forty digits", VT_LIT("[1000000000000000000000000000000000000000]"), false },

    { "escapes", VT_LIT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00E9\"]"), true },
    { "unknown escape", VT_LIT("[\"\\a\"]"), false },
    { "escaped quote at the end", VT_LIT("[\"\\\"]"), false },
    { "escape cut by the end", VT_LIT("[\"\\"), false },
    { "escape of a NUL", VT_LIT("[\"\\\0\"]"), false },
    { "text does not end", VT_LIT("[\"abc"), false },
    { "three hex digits", VT_LIT("[\"\\u00e\"]"), false },
    { "no hex digits", VT_LIT("[\"\\u00eg\"]"), false },
    { "hex digits cut by the end", VT_LIT("[\"\\u00"), false },
    { "upper-case u", VT_LIT("[\"\\U00e9\"]"), false },
    { "NUL escaped", VT_LIT("[\"\\u0000\"]"), false },
    { "U+0001 escaped", VT_LIT("[\"\\u0001\"]"), true },
    { "NUL in a name", VT_LIT("{\"a\\u0000b\":1}"), false },
    { "raw control", VT_LIT("[\"\x01\"]"), false },
    { "raw newline", VT_LIT("[\"a\nb\"]"), false },
    { "raw tab", VT_LIT("[\"a\tb\"]"), false },
    { "raw NUL", VT_LIT("[\"a\0b\"]"), false },
    { "raw DEL", VT_LIT("[\"\x7f\"]"), true },
    { "surrogate pair", VT_LIT("[\"\\ud83d\\ude00\"]"), true },
    { "high surrogate alone", VT_LIT("[\"\\ud83d\"]"), false },
    { "high surrogate and text", VT_LIT("[\"\\ud83dx\"]"), false },
    { "high surrogate and newline", VT_LIT("[\"\\ud83d\\n\"]"), false },
    { "high surrogate twice", VT_LIT("[\"\\ud83d\\ud83d\"]"), false },
    { "low surrogate alone", VT_LIT("[\"\\ude00\"]"), false },
    { "pair the wrong way round", VT_LIT("[\"\\ude00\\ud83d\"]"), false },
    { "last before the surrogates", VT_LIT("[\"\\ud7ff\"]"), true },
    { "first behind the surrogates", VT_LIT("[\"\\ue000\"]"), true },
    { "UTF-8", VT_LIT("[\"\xe2\x82\xac\"]"), true },
    { "UTF-8 cut", VT_LIT("[\"\xe2\x82\"]"), false },
    { "UTF-8 cut by an escape", VT_LIT("[\"\xe2\\u0082\xac\"]"), false },
    { "UTF-8 overlong", VT_LIT("[\"\xc0\xaf\"]"), false },
    { "UTF-8 surrogate", VT_LIT("[\"\xed\xa0\x80\"]"), false },
    { "UTF-8 beyond U+10FFFF", VT_LIT("[\"\xf4\x90\x80\x80\"]"), false },
    { "Latin-1", VT_LIT("[\"\xe9\"]"), false },
    { "bad UTF-8 in a name", VT_LIT("{\"\xe9\":1}"), false },
    { "bad UTF-8 outside texts", VT_LIT("[\xe9]"), false },
};

static void texts_are_taken_or_refused(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON value = NULL;
        bool is_good = vt_json_parse(rows[i].text, "x.json", &value, &err);

        VT_CHECK_SAYING(is_good == rows[i].is_good, "%s: %s", rows[i].name, err.message);
        VT_CHECK(is_good == (value != NULL));
        VT_CHECK(is_good || err.code == VT_MALFORMED);
        VT_CHECK_SAYING(is_good || strncmp(err.message, "x.json: line ", 13) == 0 ||
                            rows[i].text.len == 0,
                        "%s", err.message);
    }
}

/* jansson's own reader is the second opinion: it takes whatever we take, as the same
 * value. */
static void jansson_agrees_where_we_say_yes(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON ours = NULL;
        VT_AUTO_JSON theirs = NULL;

        if (!vt_json_parse(rows[i].text, "x.json", &ours, &err))
            continue;
        theirs = json_loadb((const char *)rows[i].text.data, rows[i].text.len,
                            JSON_REJECT_DUPLICATES, NULL);
        VT_CHECK_SAYING(theirs != NULL && json_equal(ours, theirs), "%s", rows[i].name);
    }
}

static void faults_are_placed(void)
{
    static const struct {
        vt_slice text;
        const char *message;
    } places[] = {
        { VT_LIT(""), "x: is empty" },
        { VT_LIT("\n"), "x: line 2, column 1: neither an object nor an array" },
        { VT_LIT("{\n  \"a\": 1,\n  \"a\": 2\n}"),
          "x: line 3, column 3: a name that stands twice in one object" },
        { VT_LIT("[\"\xc3\xa4\xe2\x82\xac\", 1.5]"),
          "x: line 1, column 8: a fraction or exponent; only whole numbers are taken" },
        { VT_LIT("[\n1,\n-0]"),
          "x: line 3, column 1: a number that is not in its one spelling" },
        { VT_LIT("[\n\n 9007199254740992]"),
          "x: line 3, column 2: a number beyond 2^53 - 1" },
        { VT_LIT("{}\n x"), "x: line 2, column 2: something stands behind the end" },
        { VT_LIT("[\"abc"), "x: line 1, column 2: a text that does not end" },
        { VT_LIT("[\"ab\nc\"]"), "x: line 1, column 5: a control character in a text" },
        { VT_LIT("[\"ab\\u12\"]"),
          "x: line 1, column 5: an escape without four hex digits" },
        { VT_LIT("[\"ab\\ud83d\\n\"]"), "x: line 1, column 5: half of a surrogate pair" },
        { VT_LIT("[\"ab\\ud83d\\u12\"]"), "x: line 1, column 5: half of a surrogate pair" },
        { VT_LIT("[\"ab\xff\"]"), "x: line 1, column 2: a text that is not UTF-8" },
        { VT_LIT("{\"a\":1"), "x: line 1, column 7: ',' or '}' is missing" },
        { VT_LIT("[1,"), "x: line 1, column 4: a value is missing" },
        { VT_LIT("{\"a\":1,}"), "x: line 1, column 8: a name in quotes is missing" },
        { VT_LIT("{\"a\"}"), "x: line 1, column 5: ':' is missing" },
    };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON value = NULL;

        VT_CHECK_FAILS(VT_MALFORMED, vt_json_parse(places[i].text, "x", &value, &err));
        VT_CHECK_SAYING(strcmp(err.message, places[i].message) == 0,
                        "wanted '%s', got '%s'", places[i].message, err.message);
    }
}

static void put_times(struct vt_buf *out, unsigned count, const char *text)
{
    for (unsigned i = 0; i < count; i++)
        vt_buf_put_text(out, text);
}

static void depth_is_bounded(void)
{
    static const struct {
        unsigned depth;
        bool is_good;
    } depths[] = { { VT_JSON_DEPTH_MAX, true },
                   { VT_JSON_DEPTH_MAX + 1, false },
                   { 100000, false } };

    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON array = NULL;
        VT_AUTO_JSON object = NULL;
        VT_AUTO_BUF arrays = vt_buf_init(VT_MIB(1));
        VT_AUTO_BUF objects = vt_buf_init(VT_MIB(1));

        put_times(&arrays, depths[i].depth, "[");
        put_times(&arrays, depths[i].depth, "]");
        VT_CHECK(vt_json_parse(vt_buf_slice(&arrays), "x", &array, &err) ==
                 depths[i].is_good);
        put_times(&objects, depths[i].depth, "{\"a\":");
        vt_buf_put_text(&objects, "1"); /* a plain value is not one level more */
        put_times(&objects, depths[i].depth, "}");
        VT_CHECK(vt_json_parse(vt_buf_slice(&objects), "x", &object, &err) ==
                 depths[i].is_good);
        VT_CHECK(depths[i].is_good || strstr(err.message, "nested too deeply") != NULL);
    }
}

static void escapes_mean_what_they_say(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON value = NULL;

    VT_CHECK_OK(vt_json_parse(
        VT_LIT("{\"\\u0041\\n\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u007f\\u0080\\u07ff\\u0800"
               "\\uFFFF\\ud800\\udc00\\uDBFF\\uDFFF\"}"),
        "x", &value, &err));
    VT_CHECK(strcmp(json_string_value(json_object_get(value, "A\n")),
                    "\"\\/\b\f\n\r\t\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"
                    "\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") == 0);
}

/* A flipped bit or a cut: refused, or another value; never the same one. */
static void mangled_texts_are_refused_or_mean_something_else(void)
{
    const vt_slice good =
        VT_LIT("{\"a\":[1,-20,\"\xe2\x82\xac\\n\",true],\"b\":{\"c\":null}}");
    struct vt_error err = { 0 };
    VT_AUTO_JSON value = NULL;
    uint8_t bytes[64];

    VT_CHECK(good.len <= sizeof bytes);
    VT_CHECK_OK(vt_json_parse_canonical(good, "x", &value, &err));
    for (size_t cut = 0; cut < good.len; cut++) {
        VT_AUTO_JSON other = NULL;

        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_json_parse(vt_slice_sub(good, 0, cut), "x", &other, &err));
    }
    for (size_t bit = 0; bit < 8 * good.len; bit++) {
        VT_AUTO_JSON other = NULL;

        memcpy(bytes, good.data, good.len);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (vt_json_parse_canonical(vt_slice_of(bytes, good.len), "x", &other, &err))
            VT_CHECK_SAYING(!json_equal(value, other), "bit %zu", bit);
    }
}

static json_t *parse(vt_slice text)
{
    struct vt_error err = { 0 };
    json_t *value = NULL;

    VT_CHECK_OK(vt_json_parse(text, "x", &value, &err));
    return value;
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void fields_are_given_by_type(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON o =
        parse(VT_LIT("{\"text\":\"t\",\"number\":9007199254740991,\"bool\":false,"
                     "\"object\":{\"a\":1},\"array\":[1,2],\"digest\":\"" HEX64 "\","
                     "\"time\":\"2026-11-23T17:37:25Z\"}"));
    vt_slice text;
    uint64_t number;
    bool is_true = true;
    json_t *inner;
    uint8_t digest[32];
    int64_t unix_s;

    VT_CHECK_OK(vt_json_get_text(o, "x", "text", &text, &err));
    VT_CHECK(vt_slice_is(text, "t"));
    VT_CHECK_OK(vt_json_get_number(o, "x", "number", &number, &err));
    VT_CHECK(number == UINT64_C(9007199254740991));
    VT_CHECK_OK(vt_json_get_bool(o, "x", "bool", &is_true, &err));
    VT_CHECK(!is_true);
    VT_CHECK_OK(vt_json_get_object(o, "x", "object", &inner, &err));
    VT_CHECK(json_object_size(inner) == 1);
    VT_CHECK_OK(vt_json_get_array(o, "x", "array", &inner, &err));
    VT_CHECK(json_array_size(inner) == 2);
    VT_CHECK_OK(vt_json_get_sha256(o, "x", "digest", digest, &err));
    VT_CHECK(digest[1] == 0x11 && digest[31] == 0xff);
    VT_CHECK_OK(vt_json_get_time(o, "x", "time", &unix_s, &err));
    VT_CHECK(unix_s == 1795455445);
    VT_CHECK(vt_json_has(o, "bool") && !vt_json_has(o, "boolean"));
}

/* Every getter against every value that is not of its type. */
static void fields_of_another_type_are_refused(void)
{
    VT_AUTO_JSON o = parse(VT_LIT(
        "{\"text\":\"t\",\"number\":1,\"negative\":-1,\"bool\":true,\"null\":null,"
        "\"object\":{},\"array\":[],"
        "\"upper\":\"00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\","
        "\"short\":\"00112233445566778899aabbccddeeff\",\"day\":\"2026-02-30T00:00:"
        "00Z\"}"));
    static const char *const names[] = { "text",  "number", "negative", "bool",
                                         "null",  "object", "array",    "upper",
                                         "short", "day",    "missing",  "" };
    static const char *const good[][6] = { { "text", "upper", "short", "day" },
                                           { "number" },
                                           { "bool" },
                                           { "object" },
                                           { "array" },
                                           { NULL },
                                           { NULL } };

    for (size_t g = 0; g < 7; g++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            struct vt_error err = { 0 };
            vt_slice text = VT_LIT("kept");
            uint64_t number = 7;
            bool is_true = false, want = false, got = false;
            json_t *inner = NULL;
            uint8_t digest[32] = { 7 };
            int64_t unix_s = 7;

            for (size_t n = 0; n < 6 && good[g][n] != NULL; n++)
                want = want || strcmp(good[g][n], names[i]) == 0;
            switch (g) {
            case 0:
                got = vt_json_get_text(o, "the thing", names[i], &text, &err);
                break;
            case 1:
                got = vt_json_get_number(o, "the thing", names[i], &number, &err);
                break;
            case 2:
                got = vt_json_get_bool(o, "the thing", names[i], &is_true, &err);
                break;
            case 3:
                got = vt_json_get_object(o, "the thing", names[i], &inner, &err);
                break;
            case 4:
                got = vt_json_get_array(o, "the thing", names[i], &inner, &err);
                break;
            case 5:
                got = vt_json_get_sha256(o, "the thing", names[i], digest, &err);
                break;
            default:
                got = vt_json_get_time(o, "the thing", names[i], &unix_s, &err);
                break;
            }
            VT_CHECK_SAYING(got == want, "getter %zu, %s", g, names[i]);
            if (got)
                continue;
            VT_CHECK(err.code == VT_MALFORMED && vt_slice_is(text, "kept") && number == 7 &&
                     !is_true && inner == NULL && digest[0] == 7 && unix_s == 7);
            VT_CHECK(strncmp(err.message, "the thing: '", 12) == 0 &&
                     strstr(err.message, names[i]) != NULL);
        }
}

static void what_is_no_object_has_no_fields(void)
{
    static const char *const names[] = { NULL };
    struct vt_error err = { 0 };
    VT_AUTO_JSON array = parse(VT_LIT("[1]"));
    vt_slice text;

    VT_CHECK_FAILS(VT_MALFORMED, vt_json_get_text(array, "x", "a", &text, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_json_get_text(NULL, "x", "a", &text, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_json_only(array, "x", names, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_json_only(NULL, "x", names, &err));
    VT_CHECK(!vt_json_has(array, "a") && !vt_json_has(NULL, "a"));
}

static void a_closed_object_has_no_other_names(void)
{
    static const char *const names[] = { "a", "b", NULL };
    static const struct {
        vt_slice text;
        bool is_good;
    } objects[] = {
        { VT_LIT("{}"), true },
        { VT_LIT("{\"a\":1}"), true },
        { VT_LIT("{\"b\":1,\"a\":1}"), true },
        { VT_LIT("{\"a\":1,\"c\":1}"), false },
        { VT_LIT("{\"A\":1}"), false },
        { VT_LIT("{\"\":1}"), false },
        { VT_LIT("{\"ab\":1}"), false },
    };

    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON object = parse(objects[i].text);

        VT_CHECK_SAYING(vt_json_only(object, "x", names, &err) == objects[i].is_good, "%s",
                        (const char *)objects[i].text.data);
        VT_CHECK(objects[i].is_good || err.code == VT_MALFORMED);
    }
}

/* A number of 64 bits: one spelling for each. */
static void wide_numbers(void)
{
    static const uint64_t numbers[] = { 0, UINT64_C(9007199254740991),
                                        UINT64_C(9007199254740992), UINT64_MAX };
    static const char *const refused[] = { "{\"n\":\"9007199254740991\"}",
                                           "{\"n\":\"18446744073709551616\"}",
                                           "{\"n\":\"09007199254740992\"}",
                                           "{\"n\":\"\"}",
                                           "{\"n\":-1}",
                                           "{}" };
    struct vt_error err = { 0 };
    uint64_t number = 7;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        VT_AUTO_JSON o = json_pack("{s:o}", "n", vt_json_wide(numbers[i]));
        VT_AUTO_BUF text = vt_buf_init(100);

        VT_CHECK_OK(vt_json_write_canonical(o, &text, &err));
        VT_CHECK_OK(vt_json_get_wide(o, "x", "n", &number, &err));
        VT_CHECK(number == numbers[i]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        VT_AUTO_JSON o = parse(vt_slice_from_cstr(refused[i]));

        VT_CHECK_FAILS(VT_MALFORMED, vt_json_get_wide(o, "x", "n", &number, &err));
    }
}

static const struct vt_case cases[] = {
    { "texts are taken or refused", texts_are_taken_or_refused },
    { "jansson agrees where we say yes", jansson_agrees_where_we_say_yes },
    { "faults are placed", faults_are_placed },
    { "depth is bounded", depth_is_bounded },
    { "escapes mean what they say", escapes_mean_what_they_say },
    { "mangled texts are refused or mean something else",
      mangled_texts_are_refused_or_mean_something_else },
    { "fields are given by type", fields_are_given_by_type },
    { "fields of another type are refused", fields_of_another_type_are_refused },
    { "wide numbers", wide_numbers },
    { "what is no object has no fields", what_is_no_object_has_no_fields },
    { "a closed object has no other names", a_closed_object_has_no_other_names },
};

VT_TEST_MAIN("wire.json", cases)
