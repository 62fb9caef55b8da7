/* Signed notes and verifier keys: each good one with its forged twins. */
#include "tests/harness.h"
#include "wire/base64.h"
#include "wire/note.h"

#define DASH "\xe2\x80\x94"
#define SIG  "AQIDBAUG" /* key id 01020304, then two bytes */

static const struct {
    const char *name;
    vt_slice bytes;
    bool is_good;
} rows[] = {
    { "one line", VT_LIT("text\n\n" DASH " a.example " SIG "\n"), true },
    { "two lines", VT_LIT("text\n\n" DASH " a " SIG "\n" DASH " b " SIG "\n"), true },
    { "the same line twice", VT_LIT("text\n\n" DASH " a " SIG "\n" DASH " a " SIG "\n"),
      true },
    { "blank lines in the text", VT_LIT("a\n\nb\n\n\nc\n\n" DASH " a " SIG "\n"), true },
    { "a signature line in the text",
      VT_LIT("t\n\n" DASH " a " SIG "\n\n" DASH " b " SIG "\n"), true },
    { "a text of one empty line", VT_LIT("\n\n" DASH " a " SIG "\n"), true },
    { "no text at all", VT_LIT("\n" DASH " a " SIG "\n"), false },
    { "nothing", VT_LIT(""), false },
    { "one newline", VT_LIT("\n"), false },
    { "two newlines", VT_LIT("\n\n"), false },
    { "no signature", VT_LIT("text\n\n"), false },
    { "no blank line", VT_LIT("text\n" DASH " a " SIG "\n"), false },
    { "no last newline", VT_LIT("text\n\n" DASH " a " SIG), false },
    { "a last newline too many", VT_LIT("text\n\n" DASH " a " SIG "\n\n"), false },
    { "something behind", VT_LIT("text\n\n" DASH " a " SIG "\nx"), false },
    { "a line that is no signature", VT_LIT("text\n\n" DASH " a " SIG "\nx\n"), false },
    { "hyphen", VT_LIT("text\n\n- a " SIG "\n"), false },
    { "en dash", VT_LIT("text\n\n\xe2\x80\x93 a " SIG "\n"), false },
    { "no dash", VT_LIT("text\n\na " SIG "\n"), false },
    { "no space behind the dash", VT_LIT("text\n\n" DASH "a " SIG "\n"), false },
    { "two spaces behind the dash", VT_LIT("text\n\n" DASH "  a " SIG "\n"), false },
    { "a space before the dash", VT_LIT("text\n\n " DASH " a " SIG "\n"), false },
    { "two spaces behind the name", VT_LIT("text\n\n" DASH " a  " SIG "\n"), false },
    { "a space at the end", VT_LIT("text\n\n" DASH " a " SIG " \n"), false },
    { "no name", VT_LIT("text\n\n" DASH " " SIG "\n"), false },
    { "an empty name", VT_LIT("text\n\n" DASH "  " SIG "\n"), false },
    { "a plus in the name", VT_LIT("text\n\n" DASH " a+b " SIG "\n"), false },
    { "a no-break space in the name", VT_LIT("text\n\n" DASH " a\xc2\xa0 " SIG "\n"),
      false },
    { "an umlaut in the name", VT_LIT("text\n\n" DASH " \xc3\xa4 " SIG "\n"), true },
    { "no signature bytes", VT_LIT("text\n\n" DASH " a \n"), false },
    { "only a key id", VT_LIT("text\n\n" DASH " a AQIDBA==\n"), false },
    { "a key id and one byte", VT_LIT("text\n\n" DASH " a AQIDBAU=\n"), true },
    { "its unused bits", VT_LIT("text\n\n" DASH " a AQIDBAV=\n"), false },
    { "its padding", VT_LIT("text\n\n" DASH " a AQIDBAU\n"), false },
    { "URL-safe digits", VT_LIT("text\n\n" DASH " a AQIDBA-_\n"), false },
    { "standard digits", VT_LIT("text\n\n" DASH " a AQIDBA+/\n"), true },
    { "carriage return", VT_LIT("text\r\n\n" DASH " a " SIG "\n"), false },
    { "carriage returns", VT_LIT("text\r\n\r\n" DASH " a " SIG "\r\n"), false },
    { "tab", VT_LIT("te\txt\n\n" DASH " a " SIG "\n"), false },
    { "NUL", VT_LIT("te\0xt\n\n" DASH " a " SIG "\n"), false },
    { "escape character", VT_LIT("te\x1bxt\n\n" DASH " a " SIG "\n"), false },
    { "DEL", VT_LIT("te\x7fxt\n\n" DASH " a " SIG "\n"), true },
    { "UTF-8 text", VT_LIT("\xe2\x82\xac\n\n" DASH " a " SIG "\n"), true },
    { "Latin-1 text", VT_LIT("\xe9\n\n" DASH " a " SIG "\n"), false },
    { "overlong newline", VT_LIT("text\xc0\x8a\n\n" DASH " a " SIG "\n"), false },
};

/* Text, blank line and lines, put together again. */
static void put_together(const struct vt_note *note, struct vt_buf *out)
{
    vt_buf_put(out, note->text);
    vt_buf_put_text(out, "\n");
    for (size_t i = 0; i < note->signature_count; i++)
        vt_buf_put(out, note->signatures[i].line);
}

static void notes_are_taken_or_refused(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_note note = { .signature_count = 77 };
        VT_AUTO_BUF again = vt_buf_init(1000);
        bool is_good = vt_note_parse(rows[i].bytes, &note, &err);

        VT_CHECK_SAYING(is_good == rows[i].is_good, "%s: %s", rows[i].name, err.message);
        if (!is_good) {
            VT_CHECK(err.code == VT_MALFORMED && note.signature_count == 77);
            continue;
        }
        put_together(&note, &again);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), rows[i].bytes));
    }
}

static void parts_are_told_apart(void)
{
    struct vt_error err = { 0 };
    struct vt_note note;

    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_note_parse(VT_LIT("t\n\n" DASH " b /////w==\n"), &note, &err));
    VT_CHECK_OK(vt_note_parse(VT_LIT("t\n\n" DASH " a " SIG "\n\n" DASH " b.example/log "
                                     "/////wE=\n" DASH " c AAAAAAAA\n"),
                              &note, &err));
    VT_CHECK(vt_slice_is(note.text, "t\n\n" DASH " a " SIG "\n"));
    VT_CHECK(note.signature_count == 2);
    VT_CHECK(vt_slice_is(note.signatures[0].name, "b.example/log"));
    VT_CHECK(note.signatures[0].id == UINT32_C(0xffffffff));
    VT_CHECK(vt_slice_is(note.signatures[0].payload_base64, "/////wE="));
    VT_CHECK(vt_slice_is(note.signatures[0].line, DASH " b.example/log /////wE=\n"));
    VT_CHECK(vt_slice_is(note.signatures[1].name, "c") && note.signatures[1].id == 0);
}

static void put_note(struct vt_buf *out, size_t text_len, size_t signature_count)
{
    for (size_t i = 0; i < text_len; i++)
        vt_buf_put_u8(out, 'x');
    vt_buf_put_text(out, "\n\n");
    for (size_t i = 0; i < signature_count; i++)
        vt_note_write_signature(out, VT_LIT("w"), (uint32_t)i, VT_LIT("sixty-four"));
}

static void many_signatures_are_taken_up_to_a_limit(void)
{
    static const size_t counts[] = { 1, 16, VT_NOTE_SIGNATURES_MAX };
    struct vt_error err = { 0 };
    struct vt_note note;
    VT_AUTO_BUF bytes = vt_buf_init(VT_NOTE_BYTES_MAX);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        vt_buf_truncate(&bytes, 0);
        put_note(&bytes, 10, counts[i]);
        VT_CHECK_OK(vt_note_parse(vt_buf_slice(&bytes), &note, &err));
        VT_CHECK(note.signature_count == counts[i]);
        VT_CHECK(note.signatures[counts[i] - 1].id == counts[i] - 1);
    }
    vt_buf_truncate(&bytes, 0);
    put_note(&bytes, 10, VT_NOTE_SIGNATURES_MAX + 1);
    VT_CHECK_FAILS(VT_LIMIT, vt_note_parse(vt_buf_slice(&bytes), &note, &err));
}

static void size_is_bounded(void)
{
    struct vt_error err = { 0 };
    struct vt_note note;
    VT_AUTO_BUF bytes = vt_buf_init(2 * VT_NOTE_BYTES_MAX);
    VT_AUTO_BUF large = vt_buf_init(VT_NOTE_BYTES_MAX);
    size_t line_len;

    put_note(&bytes, 0, 1);
    line_len = bytes.len;
    vt_buf_truncate(&bytes, 0);
    put_note(&bytes, VT_NOTE_BYTES_MAX - line_len, 1);
    VT_CHECK(bytes.len == VT_NOTE_BYTES_MAX);
    VT_CHECK_OK(vt_note_parse(vt_buf_slice(&bytes), &note, &err));
    vt_buf_truncate(&bytes, 0);
    put_note(&bytes, VT_NOTE_BYTES_MAX - line_len + 1, 1);
    VT_CHECK_FAILS(VT_LIMIT, vt_note_parse(vt_buf_slice(&bytes), &note, &err));
    /* One large signature, as post-quantum schemes make them, is no trouble. */
    vt_buf_truncate(&bytes, 0);
    put_note(&bytes, 10, 1);
    VT_CHECK(vt_buf_extend(&large, 50000) != NULL);
    memset(large.data, 0xa5, large.len);
    vt_note_write_signature(&bytes, VT_LIT("large"), 9, vt_buf_slice(&large));
    VT_CHECK_OK(vt_note_parse(vt_buf_slice(&bytes), &note, &err));
    VT_CHECK(note.signatures[1].id == 9 &&
             note.signatures[1].payload_base64.len == vt_base64_len(50004));
}

static void names_are_good_or_not(void)
{
    static const struct {
        vt_slice name;
        bool is_good;
    } names[] = {
        { VT_LIT("a"), true },
        { VT_LIT("example.com/log-1_x~"), true },
        { VT_LIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x82"), true },
        { VT_LIT(""), false },
        { VT_LIT("+"), false },
        { VT_LIT("a+"), false },
        { VT_LIT("a b"), false },
        { VT_LIT("a\tb"), false },
        { VT_LIT("a\nb"), false },
        { VT_LIT("a\x0b"), false },
        { VT_LIT("a\x0c"), false },
        { VT_LIT("a\r"), false },
        { VT_LIT("a\0b"), false },
        { VT_LIT("a\xff"), false },
        { VT_LIT("a\xc2"), false },
    };
    /* The property White_Space of Unicode, beyond ASCII: all 19 of them. */
    static const char *const spaces[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    /* Their neighbours, and what only looks like a space. */
    static const char *const others[] = {
        "\xc2\x84",     "\xc2\x86",     "\xc2\xa1",     "\xe1\x99\xbf", "\xe1\x9a\x81",
        "\xe2\x80\x8b", "\xe2\x80\xa7", "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x80\xb0",
        "\xe2\x81\x9e", "\xe2\x81\xa0", "\xe3\x80\x81", "\xef\xbb\xbf", "\xe1\xa0\x8e",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        VT_CHECK_SAYING(vt_note_name_is_good(names[i].name) == names[i].is_good, "row %zu",
                        i);
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        VT_CHECK_SAYING(!vt_note_name_is_good(vt_slice_from_cstr(spaces[i])), "row %zu", i);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        VT_CHECK_SAYING(vt_note_name_is_good(vt_slice_from_cstr(others[i])), "row %zu", i);
}

static void names_are_bounded(void)
{
    char name[VT_NOTE_NAME_BYTES_MAX + 1];

    memset(name, 'n', sizeof name);
    VT_CHECK(vt_note_name_is_good(vt_slice_of(name, VT_NOTE_NAME_BYTES_MAX)));
    VT_CHECK(!vt_note_name_is_good(vt_slice_of(name, VT_NOTE_NAME_BYTES_MAX + 1)));
}

/* Cuts are refused; a flipped bit is refused or stands in what was taken apart, so that no
 * signature can cover both. */
static void mangled_notes_are_refused_or_differ(void)
{
    const vt_slice good =
        VT_LIT("a.example\n7\n\nmore\n\n" DASH " a.example " SIG "\n" DASH " b AQIDBAU=\n");
    struct vt_error err = { 0 };
    struct vt_note note, other;
    uint8_t bytes[100];

    VT_CHECK(good.len <= sizeof bytes);
    VT_CHECK_OK(vt_note_parse(good, &note, &err));
    for (size_t cut = 0; cut < good.len; cut++) {
        bool ends_with_a_line =
            vt_slice_ends_with(vt_slice_sub(good, 0, cut), VT_LIT(SIG "\n"));

        VT_CHECK_SAYING(vt_note_parse(vt_slice_sub(good, 0, cut), &other, &err) ==
                            ends_with_a_line,
                        "cut at %zu", cut);
    }
    for (size_t bit = 0; bit < 8 * good.len; bit++) {
        VT_AUTO_BUF again = vt_buf_init(100);

        memcpy(bytes, good.data, good.len);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!vt_note_parse(vt_slice_of(bytes, good.len), &other, &err)) {
            VT_CHECK(err.code == VT_MALFORMED);
            continue;
        }
        put_together(&other, &again);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), vt_slice_of(bytes, good.len)));
        VT_CHECK_SAYING(vt_slice_equal(other.text, note.text) == (bit / 8 >= note.text.len),
                        "bit %zu", bit);
    }
}

#define KEY33 "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g" /* 01, then 01 to 20 */

static void verifier_keys_have_one_spelling(void)
{
    static const struct {
        const char *name;
        vt_slice text;
        bool is_good;
    } keys[] = {
        { "good", VT_LIT("a.example+0a1b2c3d+" KEY33), true },
        { "plus signs in the base64",
          VT_LIT("a+00000000+BPv7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7"), true },
        { "cosignature", VT_LIT("a+0a1b2c3d+BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"),
          true },
        { "ECDSA", VT_LIT("a+0a1b2c3d+AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"),
          false },
        { "type 0", VT_LIT("a+0a1b2c3d+AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"),
          false },
        { "no name", VT_LIT("+0a1b2c3d+" KEY33), false },
        { "a space in the name", VT_LIT("a b+0a1b2c3d+" KEY33), false },
        { "upper-case id", VT_LIT("a+0A1B2C3D+" KEY33), false },
        { "short id", VT_LIT("a+0a1b2c3+" KEY33), false },
        { "long id", VT_LIT("a+0a1b2c3d0+" KEY33), false },
        { "no id", VT_LIT("a++" KEY33), false },
        { "one plus", VT_LIT("a+" KEY33), false },
        { "a plus too many", VT_LIT("a+0a1b2c3d++" KEY33), false },
        { "newline", VT_LIT("a+0a1b2c3d+" KEY33 "\n"), false },
        { "32 bytes", VT_LIT("a+0a1b2c3d+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
          false },
        { "34 bytes", VT_LIT("a+0a1b2c3d+" KEY33 "IQ=="), false },
        { "URL-safe", VT_LIT("a+00000000+BPv7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7"),
          false },
        { "nothing", VT_LIT(""), false },
        { "a secret key", VT_LIT("PRIVATE+KEY+a+0a1b2c3d+" KEY33), false },
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_vkey vkey = { .id = 77 };
        VT_AUTO_BUF again = vt_buf_init(1000);
        bool is_good = vt_vkey_take_apart(keys[i].text, &vkey, &err);

        VT_CHECK_SAYING(is_good == keys[i].is_good, "%s: %s", keys[i].name, err.message);
        VT_CHECK(is_good || (err.code == VT_MALFORMED && vkey.id == 77));
        if (!is_good)
            continue;
        vt_vkey_write(&again, &vkey);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), keys[i].text));
    }
}

static void a_verifier_key_has_parts(void)
{
    struct vt_error err = { 0 };
    struct vt_vkey vkey;

    VT_CHECK_OK(vt_vkey_take_apart(VT_LIT("a.example+0a1b2c3d+" KEY33), &vkey, &err));
    VT_CHECK(vt_slice_is(vkey.name, "a.example") && vkey.id == 0x0a1b2c3d);
    VT_CHECK(vkey.type == VT_NOTE_ED25519 && vkey.key[0] == 1 && vkey.key[31] == 32);
}

static const struct vt_case cases[] = {
    { "notes are taken or refused", notes_are_taken_or_refused },
    { "parts are told apart", parts_are_told_apart },
    { "many signatures are taken up to a limit", many_signatures_are_taken_up_to_a_limit },
    { "size is bounded", size_is_bounded },
    { "names are good or not", names_are_good_or_not },
    { "names are bounded", names_are_bounded },
    { "mangled notes are refused or differ", mangled_notes_are_refused_or_differ },
    { "verifier keys have one spelling", verifier_keys_have_one_spelling },
    { "a verifier key has parts", a_verifier_key_has_parts },
};

VT_TEST_MAIN("wire.note", cases)
