/* Canonical JSON.  The known answers are those that accompany RFC 8785 (its own example of
 * sorting, and the files arrays, french, structures, unicode, values and weird of its test
 * data), with whole numbers in place of fractions. */
#include "tests/harness.h"
#include "wire/json.h"

static const struct {
    const char *name;
    vt_slice text, canonical;
} known[] = {
    { "arrays",
      VT_LIT("[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  "
             "}\n]"),
      VT_LIT("[56,{\"1\":[],\"10\":null,\"d\":true}]") },
    { "french",
      VT_LIT("{\"sin\": \"ignore locale\", \"p\xc3\xaa"
             "che\": \"but canonicalization MUST\",\n"
             "\"p\xc3\xa9"
             "ch\xc3\xa9\": \"is wrong according to French\","
             "\"peach\": \"This sorting order\"}"),
      VT_LIT("{\"peach\":\"This sorting order\",\"p\xc3\xa9"
             "ch\xc3\xa9\":\"is wrong according to French\",\"p\xc3\xaa"
             "che\":\"but canonicalization MUST\",\"sin\":\"ignore locale\"}") },
    { "structures",
      VT_LIT(
          "{\n  \"1\": {\"f\": {\"f\": \"hi\",\"F\": 5} ,\"\\n\": 56},\n  \"10\": { },\n  "
          "\"\": \"empty\",\n  \"a\": { },\n  \"111\": [ {\"e\": \"yes\",\"E\": \"no\" } "
          "],\n  \"A\": { }\n}"),
      VT_LIT("{\"\":\"empty\",\"1\":{\"\\n\":56,\"f\":{\"F\":5,\"f\":\"hi\"}},\"10\":{},"
             "\"111\":[{\"E\":\"no\",\"e\":\"yes\"}],\"A\":{},\"a\":{}}") },
    { "unicode is not normalised", VT_LIT("{\"Unnormalized Unicode\":\"A\\u030a\"}"),
      VT_LIT("{\"Unnormalized Unicode\":\"A\xcc\x8a\"}") },
    { "values",
      VT_LIT(
          "{\"numbers\": [333333333, 0, -2, 1],\n \"string\": "
          "\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n \"literals\": "
          "[null, true, false]}"),
      VT_LIT("{\"literals\":[null,true,false],\"numbers\":[333333333,0,-2,1],\"string\":"
             "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}") },
    { "weird", /* and RFC 8785 section 3.2.3: the emoji before the Hebrew letter */
      VT_LIT(
          "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\u000a\":\"Newline\","
          "\"1\":\"One\",\"\\u0080\":\"Control\\u007f\",\"\\ud83d\\ude02\":\"Smiley\","
          "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\\ufb33\":\"Hebrew Letter "
          "Dalet With Dagesh\",\"</script>\":\"Browser Challenge\"}"),
      VT_LIT(
          "{\"\\n\":\"Newline\",\"\\r\":\"Carriage Return\",\"1\":\"One\",\"</script>\":"
          "\"Browser Challenge\",\"\xc2\x80\":\"Control\x7f\",\"\xc3\xb6\":\"Latin Small "
          "Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x82\":"
          "\"Smiley\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}") },
    { "the edges of the surrogates",
      VT_LIT(
          "{\"\xef\xbf\xbf\":4,\"\xee\x80\x80\":3,\"\xf0\x90\x80\x80\":2,\"\xed\x9f\xbf\":"
          "1}"),
      VT_LIT(
          "{\"\xed\x9f\xbf\":1,\"\xf0\x90\x80\x80\":2,\"\xee\x80\x80\":3,\"\xef\xbf\xbf\":"
          "4}") },
    { "a name before its longer ones", VT_LIT("{\"ab\":2,\"a\":1,\"\":0,\"abc\":3}"),
      VT_LIT("{\"\":0,\"a\":1,\"ab\":2,\"abc\":3}") },
    { "every control character",
      VT_LIT(
          "[\"\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\u0008\\u0009\\u000a\\u000b"
          "\\u000c\\u000d\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016"
          "\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\\u0020\"]"),
      VT_LIT("[\"\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b"
             "\\f\\r\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016"
             "\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f \"]") },
    { "the ends of the whole numbers", VT_LIT("[9007199254740991, -9007199254740991]"),
      VT_LIT("[9007199254740991,-9007199254740991]") },
};

static void known_answers(void)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON value = NULL;
        VT_AUTO_JSON again = NULL;
        VT_AUTO_BUF out = vt_buf_init(1000);

        VT_CHECK_OK(vt_json_parse(known[i].text, "x", &value, &err));
        VT_CHECK_OK(vt_json_write_canonical(value, &out, &err));
        VT_CHECK_SAYING(vt_slice_equal(vt_buf_slice(&out), known[i].canonical), "%s: %.*s",
                        known[i].name, VT_SLICE_ARGS(vt_buf_slice(&out)));
        VT_CHECK_OK(vt_json_parse_canonical(known[i].canonical, "x", &again, &err));
        VT_CHECK(json_equal(value, again));
    }
}

static void other_spellings_are_refused(void)
{
    static const struct {
        const char *name;
        vt_slice text;
    } rows[] = {
        { "a space", VT_LIT("{\"a\": 1}") },
        { "a last newline", VT_LIT("{\"a\":1}\n") },
        { "names out of order", VT_LIT("{\"b\":1,\"a\":1}") },
        { "names in the order of code points",
          VT_LIT("{\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x82\":2}") },
        { "an escape too many", VT_LIT("[\"\\u0041\"]") },
        { "an escaped slash", VT_LIT("[\"\\/\"]") },
        { "an escaped Euro sign", VT_LIT("[\"\\u20ac\"]") },
        { "a long escape", VT_LIT("[\"\\u000a\"]") },
        { "upper-case hex digits", VT_LIT("[\"\\u000F\"]") },
        { "an escaped DEL", VT_LIT("[\"\\u007f\"]") },
        { "an inner space", VT_LIT("[1,[2, 3]]") },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON value = NULL;

        VT_CHECK_OK(vt_json_parse(rows[i].text, "x", &value, &err));
        vt_json_clear(&value);
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_json_parse_canonical(rows[i].text, "x", &value, &err));
        VT_CHECK_SAYING(value == NULL, "%s", rows[i].name);
        VT_CHECK(strcmp(err.message, "x: is not in canonical form (RFC 8785)") == 0);
    }
}

/* The same as TUF signs it: order by bytes, raw control characters. */
static void olpc_differs_where_it_should(void)
{
    static const struct {
        vt_slice text, olpc;
    } rows[] = {
        { VT_LIT("{\"b\": [1, -2, true, null], \"a\": {}}"),
          VT_LIT("{\"a\":{},\"b\":[1,-2,true,null]}") },
        { VT_LIT(
              "[\"quote \\\" backslash \\\\ slash \\/ newline \\n tab \\t one \\u0001\"]"),
          VT_LIT("[\"quote \\\" backslash \\\\ slash / newline \n tab \t one \x01\"]") },
        { VT_LIT("{\"\\ud83d\\ude02\":2,\"\\ufb33\":1,\"\\u20ac\":0}"),
          VT_LIT("{\"\xe2\x82\xac\":0,\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x82\":2}") },
        { VT_LIT("{\"ab\":2,\"a\":1,\"\":0}"), VT_LIT("{\"\":0,\"a\":1,\"ab\":2}") },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_JSON value = NULL;
        VT_AUTO_BUF out = vt_buf_init(1000);

        VT_CHECK_OK(vt_json_parse(rows[i].text, "x", &value, &err));
        VT_CHECK_OK(vt_json_write_olpc(value, &out, &err));
        VT_CHECK_SAYING(vt_slice_equal(vt_buf_slice(&out), rows[i].olpc), "%.*s",
                        VT_SLICE_ARGS(vt_buf_slice(&out)));
    }
}

static json_t *nested(unsigned depth)
{
    json_t *value = json_array();

    for (unsigned i = 1; i < depth; i++) {
        json_t *outer = json_array();

        json_array_append_new(outer, value);
        value = outer;
    }
    return value;
}

static json_t *object_with(const char *name, size_t len)
{
    json_t *object = json_object();

    json_object_setn_new_nocheck(object, name, len, json_true());
    return object;
}

/* Two names that a comparison would walk over if it trusted them. */
static json_t *cut_names(void)
{
    json_t *object = object_with("\xf0", 1);

    json_object_setn_new_nocheck(object, "\xf0\x9f", 2, json_true());
    return object;
}

/* What no reader would take is not written, by neither writer, and leaves no trace. */
static void values_without_a_form_are_refused(void)
{
    struct {
        const char *name;
        json_t *value;
        enum vt_code code;
    } rows[] = {
        { "a fraction", json_pack("[f]", 1.5), VT_MALFORMED },
        { "a fraction of nothing", json_pack("[f]", 1.0), VT_MALFORMED },
        { "2^53", json_pack("[I]", (json_int_t)VT_JSON_INTEGER_MAX + 1), VT_MALFORMED },
        { "-2^53", json_pack("[I]", -(json_int_t)VT_JSON_INTEGER_MAX - 1), VT_MALFORMED },
        { "its twin", json_pack("[I]", (json_int_t)VT_JSON_INTEGER_MAX), VT_OK },
        { "too deep", nested(VT_JSON_DEPTH_MAX + 1), VT_MALFORMED },
        { "its twin", nested(VT_JSON_DEPTH_MAX), VT_OK },
        { "a NUL", json_stringn_nocheck("a\0b", 3), VT_MALFORMED },
        { "bad UTF-8", json_stringn_nocheck("\xff", 1), VT_MALFORMED },
        { "its twin", json_stringn_nocheck("\xc3\xbf", 2), VT_OK },
        { "cut UTF-8 as a name", object_with("\xf0", 1), VT_MALFORMED },
        { "two names of cut UTF-8", cut_names(), VT_MALFORMED },
        { "a NUL in a name", object_with("a\0b", 3), VT_MALFORMED },
        { "its twin", object_with("ab", 2), VT_OK },
        { "nothing", NULL, VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int olpc = 0; olpc < 2; olpc++) {
            struct vt_error err = { 0 };
            VT_AUTO_BUF out = vt_buf_init(1000);
            bool ok;

            vt_buf_put_text(&out, "kept");
            ok = olpc ? vt_json_write_olpc(rows[i].value, &out, &err)
                      : vt_json_write_canonical(rows[i].value, &out, &err);
            VT_CHECK_SAYING(err.code == rows[i].code && ok == (err.code == VT_OK), "%s: %s",
                            rows[i].name, err.message);
            VT_CHECK(ok || vt_slice_is(vt_buf_slice(&out), "kept"));
        }
        json_decref(rows[i].value);
    }
}

static void room_is_bounded(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON value = NULL;

    VT_CHECK_OK(vt_json_parse(VT_LIT("{\"a\":[1,2,\"xyz\"]}"), "x", &value, &err));
    for (size_t room = 0; room <= 17; room++) {
        VT_AUTO_BUF out = vt_buf_init(room);

        err = (struct vt_error){ 0 };
        VT_CHECK(vt_json_write_canonical(value, &out, &err) == (room == 17));
        VT_CHECK(room == 17 || (err.code == VT_LIMIT && out.len == 0));
    }
}

static void one_text_is_written_alone(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(10);

    VT_CHECK_OK(vt_json_write_text(VT_LIT("a\n\""), &out, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&out), "\"a\\n\\\"\""));
    VT_CHECK_FAILS(VT_MALFORMED, vt_json_write_text(VT_LIT("\xff"), &out, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_json_write_text(VT_LIT("\0"), &out, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_json_write_text(VT_LIT("ab"), &out, &err));
    VT_CHECK(out.len == 7);
}

/* The order of two names is that of their UTF-16 forms, worked out here by writing them. */
static size_t utf16_of(uint32_t point, uint16_t out[2])
{
    if (point < 0x10000) {
        out[0] = (uint16_t)point;
        return 1;
    }
    out[0] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
    out[1] = (uint16_t)(0xdc00 + ((point - 0x10000) & 0x3ff));
    return 2;
}

static bool stands_before(uint32_t left, uint32_t right)
{
    uint16_t a[2] = { 0 }, b[2] = { 0 };

    (void)utf16_of(left, a);
    (void)utf16_of(right, b);
    return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

static void put_escaped(struct vt_buf *out, uint32_t point)
{
    uint16_t units[2];
    size_t count = utf16_of(point, units);

    vt_buf_put_text(out, "\"");
    for (size_t i = 0; i < count; i++)
        vt_buf_printf(out, "\\u%04x", units[i]);
    vt_buf_put_text(out, "\":0");
}

static void names_are_ordered_by_utf16(void)
{
    static const uint32_t points[] = { 0x1,     0x7f,    0x80,    0x7ff,    0x800,
                                       0xd7ff,  0xe000,  0xfb33,  0xffff,   0x10000,
                                       0x103ff, 0x10400, 0x1f602, 0x10fffe, 0x10ffff };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        for (size_t k = 0; k < sizeof points / sizeof points[0]; k++) {
            struct vt_error err = { 0 };
            VT_AUTO_JSON value = NULL;
            VT_AUTO_JSON first = NULL;
            VT_AUTO_BUF text = vt_buf_init(100);
            VT_AUTO_BUF one = vt_buf_init(100);
            VT_AUTO_BUF out = vt_buf_init(100);
            VT_AUTO_BUF want = vt_buf_init(100);

            if (i == k)
                continue;
            vt_buf_put_text(&text, "{");
            put_escaped(&text, points[i]);
            vt_buf_put_text(&text, ",");
            put_escaped(&text, points[k]);
            vt_buf_put_text(&text, "}");
            vt_buf_put_text(&one, "{");
            put_escaped(&one, stands_before(points[i], points[k]) ? points[i] : points[k]);
            vt_buf_put_text(&one, "}");
            VT_CHECK_OK(vt_json_parse(vt_buf_slice(&text), "x", &value, &err));
            VT_CHECK_OK(vt_json_parse(vt_buf_slice(&one), "x", &first, &err));
            VT_CHECK_OK(vt_json_write_canonical(value, &out, &err));
            VT_CHECK_OK(vt_json_write_canonical(first, &want, &err));
            vt_buf_truncate(&want, want.len - 1);
            VT_CHECK_SAYING(vt_slice_starts_with(vt_buf_slice(&out), vt_buf_slice(&want)),
                            "U+%04x and U+%04x", points[i], points[k]);
        }
}

static const struct vt_case cases[] = {
    { "known answers", known_answers },
    { "other spellings are refused", other_spellings_are_refused },
    { "olpc differs where it should", olpc_differs_where_it_should },
    { "values without a form are refused", values_without_a_form_are_refused },
    { "room is bounded", room_is_bounded },
    { "one text is written alone", one_text_is_written_alone },
    { "names are ordered by UTF-16", names_are_ordered_by_utf16 },
};

VT_TEST_MAIN("wire.canonical", cases)
