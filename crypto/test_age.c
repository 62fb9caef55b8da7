/* Age files of ours: what the grammar takes, every truncation and every turned bit, streams
 * put in piece by piece, and header and payload kept apart. */
#include "crypto/age_stream.h"
#include "tests/harness.h"

/* Dice that are replayed: 0, 1, 2, ... */
static void count_up(void *context, uint8_t *out, size_t len)
{
    uint8_t *next = context;

    for (size_t i = 0; i < len; i++)
        out[i] = (*next)++;
}

static struct vt_env dice(uint8_t *next)
{
    struct vt_env env = vt_env_real();

    env.random = count_up;
    env.context = next;
    return env;
}

static const uint8_t FILE_KEY[VT_AGE_FILE_KEY_BYTES] = "a key of 16 byte";

struct sealed {
    struct vt_age_identity identity;
    struct vt_buf header, payload;
};

/* A whole file in two parts. */
static void seal(struct sealed *s, vt_slice plain)
{
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    uint8_t next = 7;
    struct vt_env env = dice(&next);

    s->header = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
    s->payload = vt_buf_init(VT_MIB(1));
    VT_CHECK_OK(vt_age_identity_generate(&env, &s->identity, &err));
    VT_CHECK_OK(
        vt_age_header_write(&env, &s->identity.recipient, FILE_KEY, &s->header, &err));
    VT_CHECK_OK(
        vt_age_seal_new(&env, FILE_KEY, vt_age_sink_buf(&s->payload), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
}

static void clear(struct sealed *s)
{
    vt_age_identity_clear(&s->identity);
    vt_buf_clear(&s->header);
    vt_buf_clear(&s->payload);
}

/* Header and payload under an identity; what came out is in `plain`. */
static bool unseal(const struct vt_age_identity *identity, vt_slice header_text,
                   vt_slice payload, struct vt_buf *plain, struct vt_error *err)
{
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_age_header header;
    uint8_t key[VT_AGE_FILE_KEY_BYTES];

    if (!vt_age_header_parse(header_text, &header, err) ||
        !vt_age_unwrap(identity, &header, key, err))
        return false;
    if (header.bytes.len != header_text.len)
        return vt_fail(err, VT_MALFORMED, "something stands behind the header");
    return vt_age_open_new(key, vt_age_sink_buf(plain), &stream, err) &&
           vt_age_stream_put(stream, payload, err) && vt_age_stream_end(stream, err);
}

/* ---- header -----------------------------------------------------------------------------
 */

#define LINE  "age-encryption.org/v1\n"
#define MAC   "--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg\n"
#define FULL  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
#define SHORT "hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE\n"

static const struct {
    const char *name;
    vt_slice text;
    enum vt_code want;
} headers[] = {
    { "one stanza", VT_LIT(LINE "-> a\n" SHORT MAC), VT_OK },
    { "arguments", VT_LIT(LINE "-> a b !~ --- ->\n" SHORT MAC), VT_OK },
    { "two stanzas", VT_LIT(LINE "-> a\n" SHORT "-> b\n\n" MAC), VT_OK },
    { "empty body", VT_LIT(LINE "-> a\n\n" MAC), VT_OK },
    { "full line and empty line", VT_LIT(LINE "-> a\n" FULL "\n" MAC), VT_OK },
    { "two full lines and a short one", VT_LIT(LINE "-> a\n" FULL FULL SHORT MAC), VT_OK },
    { "payload behind", VT_LIT(LINE "-> a\n\n" MAC "\0\1\2\n"), VT_OK },
    { "passphrase alone", VT_LIT(LINE "-> scrypt a 1\n\n" MAC), VT_OK },
    { "passphrase and another", VT_LIT(LINE "-> scrypt a 1\n\n-> a\n\n" MAC),
      VT_MALFORMED },
    { "no stanza", VT_LIT(LINE MAC), VT_MALFORMED },
    { "full line alone", VT_LIT(LINE "-> a\n" FULL MAC), VT_MALFORMED },
    { "line too long", VT_LIT(LINE "-> a\nA" FULL MAC), VT_MALFORMED },
    { "short line inside", VT_LIT(LINE "-> a\n" SHORT FULL MAC), VT_MALFORMED },
    { "no body", VT_LIT(LINE "-> a\n" MAC), VT_MALFORMED },
    { "no type", VT_LIT(LINE "-> \n\n" MAC), VT_MALFORMED },
    { "no space", VT_LIT(LINE "->a\n\n" MAC), VT_MALFORMED },
    { "two spaces", VT_LIT(LINE "-> a  b\n\n" MAC), VT_MALFORMED },
    { "space behind", VT_LIT(LINE "-> a \n\n" MAC), VT_MALFORMED },
    { "a control character", VT_LIT(LINE "-> a\x7f\n\n" MAC), VT_MALFORMED },
    { "no ASCII", VT_LIT(LINE "-> \xc3\xa9\n\n" MAC), VT_MALFORMED },
    { "padding", VT_LIT(LINE "-> a\nAA==\n" MAC), VT_MALFORMED },
    { "unused bits", VT_LIT(LINE "-> a\nAB\n" MAC), VT_MALFORMED },
    { "one digit", VT_LIT(LINE "-> a\nA\n" MAC), VT_MALFORMED },
    { "CR", VT_LIT(LINE "-> a\r\n\n" MAC), VT_MALFORMED },
    { "CR in the version", VT_LIT("age-encryption.org/v1\r\n-> a\n\n" MAC), VT_MALFORMED },
    { "version 2", VT_LIT("age-encryption.org/v2\n-> a\n\n" MAC), VT_MALFORMED },
    { "space before", VT_LIT(" " LINE "-> a\n\n" MAC), VT_MALFORMED },
    { "armour", VT_LIT("-----BEGIN AGE ENCRYPTED FILE-----\n"), VT_MALFORMED },
    { "empty", VT_LIT(""), VT_MALFORMED },
    { "no MAC", VT_LIT(LINE "-> a\n\n"), VT_MALFORMED },
    { "MAC without line feed",
      VT_LIT(LINE "-> a\n\n--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg"),
      VT_MALFORMED },
    { "MAC too short", VT_LIT(LINE "-> a\n\n--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3d\n"),
      VT_MALFORMED },
    { "MAC with unused bits",
      VT_LIT(LINE "-> a\n\n--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNh\n"),
      VT_MALFORMED },
    { "MAC with an argument",
      VT_LIT(LINE "-> a\n\n--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg a\n"),
      VT_MALFORMED },
};

static void headers_have_one_spelling(void)
{
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_age_header header;
        bool ok = vt_age_header_parse(headers[i].text, &header, &err);

        VT_CHECK_SAYING(ok ? headers[i].want == VT_OK : err.code == headers[i].want,
                        "%s: %s", headers[i].name, err.message);
    }
}

static void headers_are_bounded(void)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };
    struct vt_age_header header;

    vt_age_header_begin(&text);
    for (int i = 0; i < VT_AGE_STANZAS_MAX; i++)
        vt_age_stanza_write(&text, VT_LIT("a"), (vt_slice){ 0 }, VT_LIT("body"));
    VT_CHECK_OK(vt_age_header_end(&text, FILE_KEY, &err));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&text), &header, &err));
    VT_CHECK(header.stanza_count == VT_AGE_STANZAS_MAX);
    VT_CHECK_OK(vt_age_header_verify(&header, FILE_KEY, &err));

    vt_buf_truncate(&text, 0);
    vt_age_header_begin(&text);
    for (int i = 0; i <= VT_AGE_STANZAS_MAX; i++)
        vt_age_stanza_write(&text, VT_LIT("a"), (vt_slice){ 0 }, VT_LIT("body"));
    VT_CHECK_OK(vt_age_header_end(&text, FILE_KEY, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_age_header_parse(vt_buf_slice(&text), &header, &err));

    vt_buf_truncate(&text, 0);
    vt_age_header_begin(&text);
    vt_buf_put_text(&text, "-> ");
    memset(vt_buf_extend(&text, VT_AGE_HEADER_BYTES_MAX), 'a', VT_AGE_HEADER_BYTES_MAX);
    VT_CHECK_FAILS(VT_LIMIT, vt_age_header_parse(vt_buf_slice(&text), &header, &err));
}

/* ---- keys -------------------------------------------------------------------------------
 */

static void a_key_opens_its_own_only(void)
{
    VT_AUTO_BUF text = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
    VT_AUTO_AGE_IDENTITY a = { 0 }, b = { 0 };
    struct vt_env env = vt_env_real();
    struct vt_age_header header;
    struct vt_error err = { 0 };
    uint8_t key[VT_AGE_FILE_KEY_BYTES];
    const struct vt_age_recipient nobody = { { 0 } };

    VT_CHECK_OK(vt_age_identity_generate(&env, &a, &err));
    VT_CHECK_OK(vt_age_identity_generate(&env, &b, &err));
    VT_CHECK_OK(vt_age_header_write(&env, &a.recipient, FILE_KEY, &text, &err));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&text), &header, &err));
    VT_CHECK_OK(vt_age_unwrap(&a, &header, key, &err));
    VT_CHECK(memcmp(key, FILE_KEY, sizeof key) == 0);
    VT_CHECK_FAILS(VT_ABSENT, vt_age_unwrap(&b, &header, key, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_age_wrap(&env, &nobody, FILE_KEY, &text, &err));
}

/* A new header before the old payload: the file is another object, with the same content.
 */
static void a_file_can_be_wrapped_again(void)
{
    VT_AUTO_BUF again = vt_buf_init(VT_AGE_HEADER_BYTES_MAX), plain = vt_buf_init(64);
    VT_AUTO_AGE_IDENTITY other = { 0 };
    struct vt_age_header before, after;
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    struct sealed s = { 0 };
    uint8_t key[VT_AGE_FILE_KEY_BYTES];
    vt_hash id_before, id_after;

    seal(&s, VT_LIT("content"));
    VT_CHECK_OK(vt_age_identity_generate(&env, &other, &err));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&s.header), &before, &err));
    VT_CHECK_OK(vt_age_unwrap(&s.identity, &before, key, &err));
    VT_CHECK_OK(vt_age_header_write(&env, &other.recipient, key, &again, &err));
    VT_CHECK_OK(
        unseal(&other, vt_buf_slice(&again), vt_buf_slice(&s.payload), &plain, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&plain), "content"));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&again), &after, &err));
    id_before = vt_age_header_id(&before);
    id_after = vt_age_header_id(&after);
    VT_CHECK(!vt_hash_equal(&id_before, &id_after));
    id_after = vt_sha256_of(vt_buf_slice(&s.header));
    VT_CHECK(vt_hash_equal(&id_before, &id_after)); /* the whole header, nothing else */
    clear(&s);
}

/* Sealer and opener come to the same, for each header another; the file key is not it. */
static void a_bond_is_of_both_ends(void)
{
    uint8_t sealer[VT_AGE_BOND_BYTES], opener[VT_AGE_BOND_BYTES], again[VT_AGE_BOND_BYTES];
    VT_AUTO_BUF first = vt_buf_init(VT_KIB(1)), second = vt_buf_init(VT_KIB(1));
    VT_AUTO_BUF two = vt_buf_init(VT_KIB(2));
    VT_AUTO_AGE_IDENTITY a = { 0 }, b = { 0 };
    struct vt_age_header header;
    struct vt_error err = { 0 };
    uint8_t next = 9;
    struct vt_env env = dice(&next);

    VT_CHECK_OK(vt_age_identity_generate(&env, &a, &err));
    VT_CHECK_OK(vt_age_identity_generate(&env, &b, &err));
    VT_CHECK_OK(
        vt_age_header_write_bound(&env, &a.recipient, FILE_KEY, &first, sealer, &err));
    VT_CHECK_OK(
        vt_age_header_write_bound(&env, &a.recipient, FILE_KEY, &second, again, &err));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&first), &header, &err));
    VT_CHECK_OK(vt_age_bond(&a, &header, opener, &err));
    VT_CHECK(memcmp(sealer, opener, sizeof sealer) == 0);
    VT_CHECK(memcmp(sealer, again, sizeof sealer) != 0);
    VT_CHECK_OK(vt_age_bond(&b, &header, opener, &err)); /* not its opener: another */
    VT_CHECK(memcmp(sealer, opener, sizeof sealer) != 0);
    vt_age_header_begin(&two);
    VT_CHECK_OK(vt_age_wrap(&env, &a.recipient, FILE_KEY, &two, &err));
    VT_CHECK_OK(vt_age_wrap(&env, &b.recipient, FILE_KEY, &two, &err));
    VT_CHECK_OK(vt_age_header_end(&two, FILE_KEY, &err));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&two), &header, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_age_bond(&a, &header, opener, &err));
}

static void keys_are_words(void)
{
    VT_AUTO_AGE_IDENTITY a = { 0 }, b = { 0 };
    VT_AUTO_SECRET text = { 0 };
    struct vt_age_recipient recipient;
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    char word[VT_AGE_RECIPIENT_CHARS + 1];

    /* The specification's pair. */
    VT_CHECK_OK(vt_age_identity_parse(VT_LIT("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYY"
                                             "SJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"),
                                      &a, &err));
    vt_age_recipient_text(&a.recipient, word);
    VT_CHECK_SAYING(strcmp(word, "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equ"
                                 "nujwj") == 0,
                    "%s", word);
    vt_age_identity_clear(&a);
    VT_CHECK_OK(vt_age_identity_generate(&env, &a, &err));
    VT_CHECK_OK(vt_age_identity_text(&a, &text, &err));
    VT_CHECK_OK(vt_age_identity_parse(vt_slice_of(text.data, text.len), &b, &err));
    vt_age_recipient_text(&a.recipient, word);
    VT_CHECK_OK(vt_age_recipient_parse(vt_slice_from_cstr(word), &recipient, &err));
    VT_CHECK(memcmp(&recipient, &b.recipient, sizeof recipient) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_age_recipient_parse(vt_slice_of(text.data, text.len),
                                                        &recipient, &err));
}

/* ---- payload ----------------------------------------------------------------------------
 */

static vt_slice some_bytes(size_t len)
{
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), len + 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 167 + i / 251);
    return vt_slice_of(bytes, len);
}

/* Around the edges of chunks, in pieces that fall otherwise. */
static void pieces_do_not_matter(void)
{
    static const size_t lens[] = {
        0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 200000
    };
    static const size_t pieces[] = { 1, 15, 16, 17, 4096, 65552, 65553, 1000000 };

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct sealed s = { 0 };
        uint64_t bytes;

        seal(&s, some_bytes(lens[i]));
        VT_CHECK(vt_age_payload_bytes(lens[i], &bytes) && bytes == s.payload.len);
        for (size_t k = lens[i] > 70000 ? 1 : 0; k < sizeof pieces / sizeof pieces[0];
             k++) {
            VT_AUTO_BUF plain = vt_buf_init(VT_MIB(1));
            VT_AUTO_AGE_STREAM stream = NULL;
            struct vt_error err = { 0 };

            VT_CHECK_OK(vt_age_open_new(FILE_KEY, vt_age_sink_buf(&plain), &stream, &err));
            for (size_t at = 0; at < s.payload.len; at += pieces[k]) {
                size_t left = s.payload.len - at;

                VT_CHECK_OK(vt_age_stream_put(
                    stream,
                    vt_slice_of(s.payload.data + at, left < pieces[k] ? left : pieces[k]),
                    &err));
            }
            VT_CHECK_OK(vt_age_stream_end(stream, &err));
            VT_CHECK(vt_slice_equal(vt_buf_slice(&plain), some_bytes(lens[i])));
        }
        clear(&s);
    }
}

/* What came out of a damaged stream is the beginning of what was sealed, in whole chunks.
 */
static void check_prefix(const struct vt_buf *plain, vt_slice whole)
{
    VT_CHECK(plain->len <= whole.len && plain->len % VT_AGE_CHUNK_BYTES == 0);
    VT_CHECK(plain->len == 0 || memcmp(plain->data, whole.data, plain->len) == 0);
}

static void long_payloads_are_not_cut(void)
{
    vt_slice whole = some_bytes(131072);
    struct sealed s = { 0 };

    seal(&s, whole);
    for (size_t len = 0; len < s.payload.len; len += len % 65552 < 40 ? 1 : 4093) {
        VT_AUTO_BUF plain = vt_buf_init(VT_MIB(1));
        struct vt_error err = { 0 };

        VT_CHECK_FAILS(VT_REJECTED, unseal(&s.identity, vt_buf_slice(&s.header),
                                           vt_slice_of(s.payload.data, len), &plain, &err));
        check_prefix(&plain, whole);
    }
    for (size_t at = 0; at < s.payload.len; at += 4093) {
        VT_AUTO_BUF plain = vt_buf_init(VT_MIB(1));
        struct vt_error err = { 0 };

        s.payload.data[at] ^= 4;
        VT_CHECK_FAILS(VT_REJECTED, unseal(&s.identity, vt_buf_slice(&s.header),
                                           vt_buf_slice(&s.payload), &plain, &err));
        s.payload.data[at] ^= 4;
        check_prefix(&plain, whole);
    }
    clear(&s);
}

/* A dead stream stays dead, and a sink's own failure is handed on. */
static void failure_is_final(void)
{
    VT_AUTO_BUF plain = vt_buf_init(10);
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    struct sealed s = { 0 };

    seal(&s, some_bytes(70000));
    VT_CHECK_OK(vt_age_open_new(FILE_KEY, vt_age_sink_buf(&plain), &stream, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_age_stream_put(stream, vt_buf_slice(&s.payload), &err));
    err.code = VT_OK;
    VT_CHECK_FAILS(VT_LIMIT, vt_age_stream_put(stream, VT_LIT("x"), &err));
    err.code = VT_OK;
    VT_CHECK_FAILS(VT_LIMIT, vt_age_stream_end(stream, &err));
    clear(&s);
}

/* ---- mangling ---------------------------------------------------------------------------
 */

static void every_byte_of_a_file_counts(void)
{
    struct sealed s = { 0 };
    size_t parts[2];

    seal(&s, VT_LIT("forty-two bytes that nobody else shall see"));
    parts[0] = s.header.len;
    parts[1] = s.payload.len;
    for (int part = 0; part < 2; part++) {
        struct vt_buf *buf = part == 0 ? &s.header : &s.payload;

        for (size_t at = 0; at < parts[part]; at++) {
            VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1));
            struct vt_error err = { 0 };
            vt_slice cut = vt_slice_of(buf->data, at);

            for (unsigned bit = 0; bit < 8; bit++) {
                buf->data[at] ^= (uint8_t)(1U << bit);
                VT_CHECK_SAYING(!unseal(&s.identity, vt_buf_slice(&s.header),
                                        vt_buf_slice(&s.payload), &plain, &err),
                                "part %d, byte %zu, bit %u", part, at, bit);
                buf->data[at] ^= (uint8_t)(1U << bit);
            }
            VT_CHECK_SAYING(!unseal(&s.identity, part == 0 ? cut : vt_buf_slice(&s.header),
                                    part == 1 ? cut : vt_buf_slice(&s.payload), &plain,
                                    &err),
                            "part %d cut at %zu", part, at);
            VT_CHECK(plain.len == 0);
        }
    }
    clear(&s);
}

static const struct vt_case cases[] = {
    { "a bond is of both ends", a_bond_is_of_both_ends },
    { "headers have one spelling", headers_have_one_spelling },
    { "headers are bounded", headers_are_bounded },
    { "a key opens its own only", a_key_opens_its_own_only },
    { "a file can be wrapped again", a_file_can_be_wrapped_again },
    { "keys are words", keys_are_words },
    { "pieces do not matter", pieces_do_not_matter },
    { "long payloads are not cut", long_payloads_are_not_cut },
    { "failure is final", failure_is_final },
    { "every byte of a file counts", every_byte_of_a_file_counts },
};

VT_TEST_MAIN("crypto.test_age", cases)
