/* Base64: known answers of RFC 4648 §10, and each good spelling with its forged twins. */
#include "tests/harness.h"
#include "wire/base64.h"

static const struct {
    const char *name;
    vt_slice bytes, text;
} known[] = {
    { "nothing", VT_LIT(""), VT_LIT("") },
    { "f", VT_LIT("f"), VT_LIT("Zg==") },
    { "fo", VT_LIT("fo"), VT_LIT("Zm8=") },
    { "foo", VT_LIT("foo"), VT_LIT("Zm9v") },
    { "foob", VT_LIT("foob"), VT_LIT("Zm9vYg==") },
    { "fooba", VT_LIT("fooba"), VT_LIT("Zm9vYmE=") },
    { "foobar", VT_LIT("foobar"), VT_LIT("Zm9vYmFy") },
    { "both last digits", VT_LIT("\xfb\xff\xbf"), VT_LIT("+/+/") },
    { "zeros", VT_LIT("\0\0\0\0"), VT_LIT("AAAAAA==") },
};

static void known_answers(void)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF text = vt_buf_init(100);
        VT_AUTO_BUF bytes = vt_buf_init(100);

        vt_base64_write(&text, known[i].bytes);
        VT_CHECK_SAYING(vt_slice_equal(vt_buf_slice(&text), known[i].text), "%s",
                        known[i].name);
        VT_CHECK(text.len == vt_base64_len(known[i].bytes.len));
        vt_buf_put_text(&bytes, "x");
        VT_CHECK_OK(vt_base64_parse(known[i].text, &bytes, &err));
        VT_CHECK(bytes.len == known[i].bytes.len + 1 && bytes.data[0] == 'x');
        VT_CHECK_SAYING(vt_slice_ends_with(vt_buf_slice(&bytes), known[i].bytes), "%s",
                        known[i].name);
    }
}

static const struct {
    const char *name;
    vt_slice text;
    bool is_standard, is_url_safe;
} spellings[] = {
    { "whole groups", VT_LIT("Zm9v"), true, true },
    { "one byte more", VT_LIT("Zg=="), true, true },
    { "its padding half", VT_LIT("Zg="), false, false },
    { "its padding missing", VT_LIT("Zg"), false, false },
    { "its padding double", VT_LIT("Zg======"), false, false },
    { "its unused bits 0001", VT_LIT("Zh=="), false, false },
    { "its unused bits 1000", VT_LIT("Zo=="), false, false },
    { "its next value", VT_LIT("Zw=="), true, true },
    { "two bytes more", VT_LIT("Zm8="), true, true },
    { "its unused bits 01", VT_LIT("Zm9="), false, false },
    { "its unused bits 10", VT_LIT("Zm+="), false, false },
    { "its padding missing", VT_LIT("Zm8"), false, false },
    { "one digit", VT_LIT("Z==="), false, false },
    { "padding alone", VT_LIT("===="), false, false },
    { "padding inside a group", VT_LIT("Zg=g"), false, false },
    { "padding inside the text", VT_LIT("Zg==Zg=="), false, false },
    { "padding first", VT_LIT("=Zm9"), false, false },
    { "a newline behind", VT_LIT("Zm9v\n"), false, false },
    { "a newline inside", VT_LIT("Zm9v\nZm9"), false, false },
    { "a space inside", VT_LIT("Zm 9"), false, false },
    { "a NUL inside", VT_LIT("Zm\0v"), false, false },
    { "high bit", VT_LIT("Zm9\xf6"), false, false },
    { "plus and slash", VT_LIT("+/+/"), true, true },
    { "minus and underscore", VT_LIT("-_-_"), false, true },
    { "minus alone", VT_LIT("-AAA"), false, true },
    { "underscore alone", VT_LIT("_AAA"), false, true },
    { "both alphabets", VT_LIT("-/-/"), false, false },
    { "both alphabets, late", VT_LIT("+++++++_"), false, false },
    { "dot", VT_LIT("Zm9."), false, false },
    { "comma", VT_LIT("Zm9,"), false, false },
};

static void values_have_one_spelling(void)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF standard = vt_buf_init(100);
        VT_AUTO_BUF any = vt_buf_init(100);
        bool is_standard = vt_base64_parse(spellings[i].text, &standard, &err);
        bool is_any;

        VT_CHECK_SAYING(is_standard == spellings[i].is_standard, "%s", spellings[i].name);
        VT_CHECK(is_standard || (err.code == VT_MALFORMED && standard.len == 0));
        is_any = vt_base64_parse_any(spellings[i].text, &any, &err);
        VT_CHECK_SAYING(is_any == spellings[i].is_url_safe, "%s", spellings[i].name);
        VT_CHECK(!is_standard ||
                 vt_slice_equal(vt_buf_slice(&standard), vt_buf_slice(&any)));
    }
}

static void both_alphabets_mean_the_same(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF standard = vt_buf_init(100);
    VT_AUTO_BUF url_safe = vt_buf_init(100);

    VT_CHECK_OK(vt_base64_parse_any(VT_LIT("a+/b+w=="), &standard, &err));
    VT_CHECK_OK(vt_base64_parse_any(VT_LIT("a-_b-w=="), &url_safe, &err));
    VT_CHECK(standard.len == 4);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&standard), vt_buf_slice(&url_safe)));
}

/* Whatever is changed: refused, or another value in its one spelling. */
static void mangled_texts_are_refused_or_mean_something_else(void)
{
    uint8_t bytes[48];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        VT_AUTO_BUF text = vt_buf_init(100);

        vt_base64_write(&text, vt_slice_of(bytes, len));
        for (size_t bit = 0; bit < 8 * text.len; bit++) {
            struct vt_error err = { 0 };
            VT_AUTO_BUF other = vt_buf_init(100);
            VT_AUTO_BUF again = vt_buf_init(100);

            text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (vt_base64_parse(vt_buf_slice(&text), &other, &err)) {
                vt_base64_write(&again, vt_buf_slice(&other));
                VT_CHECK(vt_slice_equal(vt_buf_slice(&again), vt_buf_slice(&text)));
                VT_CHECK(!vt_slice_equal(vt_buf_slice(&other), vt_slice_of(bytes, len)));
            }
            text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t cut = 0; cut < text.len; cut++) {
            struct vt_error err = { 0 };
            VT_AUTO_BUF other = vt_buf_init(100);

            if (cut % 4 != 0)
                VT_CHECK_FAILS(VT_MALFORMED,
                               vt_base64_parse(vt_slice_of(text.data, cut), &other, &err));
        }
    }
}

static void an_exact_length_is_demanded(void)
{
    struct vt_error err = { 0 };
    uint8_t out[3] = "xyz";
    size_t whole_len = 7;

    VT_CHECK_FAILS(VT_MALFORMED, vt_base64_parse_exact(VT_LIT("Zm8="), out, 3, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_base64_parse_exact(VT_LIT("Zm9vYg=="), out, 3, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_base64_parse_exact(VT_LIT("Zm9vYmFy"), out, 3, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_base64_parse_exact(VT_LIT("Zm9v"), out, 2, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_base64_parse_exact(VT_LIT("Zm9!"), out, 3, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_base64_parse_head(VT_LIT("Zm8="), out, 3, &whole_len, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_base64_parse_head(VT_LIT("Zm9vZh=="), out, 3, &whole_len, &err));
    VT_CHECK(memcmp(out, "xyz", 3) == 0 && whole_len == 7);
    VT_CHECK_OK(vt_base64_parse_exact(VT_LIT("Zm9v"), out, 3, &err));
    VT_CHECK(memcmp(out, "foo", 3) == 0);
    VT_CHECK_OK(vt_base64_parse_head(VT_LIT("YmFyYg=="), out, 2, &whole_len, &err));
    VT_CHECK(memcmp(out, "bao", 3) == 0 && whole_len == 4);
}

/* Without padding: again one spelling for each value, and no '=' anywhere. */
static const struct {
    const char *name;
    vt_slice text;
    const char *bytes; /* NULL: refused */
} bare[] = {
    { "empty", VT_LIT(""), "" },
    { "one byte", VT_LIT("Zg"), "f" },
    { "two bytes", VT_LIT("Zm8"), "fo" },
    { "three bytes", VT_LIT("Zm9v"), "foo" },
    { "four bytes", VT_LIT("Zm9vYg"), "foob" },
    { "one digit", VT_LIT("Z"), NULL },
    { "five digits", VT_LIT("Zm9vY"), NULL },
    { "unused bits of two digits", VT_LIT("Zh"), NULL },
    { "unused bits of three digits", VT_LIT("Zm9"), NULL },
    { "padding", VT_LIT("Zg=="), NULL },
    { "padding of one", VT_LIT("Zm8="), NULL },
    { "padding alone", VT_LIT("="), NULL },
    { "minus", VT_LIT("-A"), NULL },
    { "a newline behind", VT_LIT("Zm9v\n"), NULL },
};

static void bare_texts_have_one_spelling(void)
{
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF bytes = vt_buf_init(100), again = vt_buf_init(100);
        uint8_t exact[8] = "xyz";
        size_t len = 99;

        if (bare[i].bytes == NULL) {
            VT_CHECK_FAILS(VT_MALFORMED, vt_base64_parse_bare(bare[i].text, &bytes, &err));
            VT_CHECK_FAILS(VT_MALFORMED, vt_base64_bare_len(bare[i].text, &len, &err));
            VT_CHECK_FAILS(VT_MALFORMED,
                           vt_base64_parse_bare_exact(bare[i].text, exact, 1, &err));
            VT_CHECK(bytes.len == 0 && len == 99 && exact[0] == 'x');
            continue;
        }
        VT_CHECK_OK(vt_base64_parse_bare(bare[i].text, &bytes, &err));
        VT_CHECK_SAYING(vt_slice_is(vt_buf_slice(&bytes), bare[i].bytes), "%s",
                        bare[i].name);
        VT_CHECK_OK(vt_base64_bare_len(bare[i].text, &len, &err));
        VT_CHECK(len == bytes.len);
        VT_CHECK_OK(vt_base64_parse_bare_exact(bare[i].text, exact, len, &err));
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_base64_parse_bare_exact(bare[i].text, exact, len + 1, &err));
        vt_base64_write_bare(&again, vt_buf_slice(&bytes));
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), bare[i].text));
    }
}

static void a_full_buffer_is_a_limit(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(3);

    vt_buf_put_text(&out, "x");
    VT_CHECK_FAILS(VT_LIMIT, vt_base64_parse(VT_LIT("Zm9v"), &out, &err));
    VT_CHECK(out.len == 1);
}

static const struct vt_case cases[] = {
    { "known answers", known_answers },
    { "values have one spelling", values_have_one_spelling },
    { "both alphabets mean the same", both_alphabets_mean_the_same },
    { "mangled texts are refused or mean something else",
      mangled_texts_are_refused_or_mean_something_else },
    { "an exact length is demanded", an_exact_length_is_demanded },
    { "bare texts have one spelling", bare_texts_have_one_spelling },
    { "a full buffer is a limit", a_full_buffer_is_a_limit },
};

VT_TEST_MAIN("wire.base64", cases)
