/* Grants: what is given is found, nothing else; a grant is for one recipient, in one order,
 * and every byte of it counts. */
#include "crypto/age_grant.h"
#include "tests/harness.h"

static void make_rows(struct vt_age_grant_row *rows, size_t count)
{
    memset(rows, 0, count * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        rows[i].id.bytes[0] = (uint8_t)(i >> 8);
        rows[i].id.bytes[1] = (uint8_t)i;
        memset(rows[i].file_key, (int)(i * 7 % 251), sizeof rows[i].file_key);
    }
}

static void what_is_given_is_found(void)
{
    VT_AUTO_BUF message = vt_buf_init(VT_MIB(1));
    VT_AUTO_AGE_IDENTITY reader = { 0 }, other = { 0 };
    VT_AUTO_AGE_GRANT grant = { 0 };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    struct vt_age_grant_row *rows =
        vt_arena_alloc(vt_test_arena(), (VT_AGE_GRANT_ROWS_MAX + 1) * sizeof *rows);
    vt_hash absent = { { 1, 2, 3 } };

    make_rows(rows, VT_AGE_GRANT_ROWS_MAX + 1);
    VT_CHECK_OK(vt_age_identity_generate(&env, &reader, &err));
    VT_CHECK_OK(vt_age_identity_generate(&env, &other, &err));
    VT_CHECK_OK(vt_age_grant_write(&env, &reader.recipient, rows, VT_AGE_GRANT_ROWS_MAX,
                                   &message, &err));
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_age_grant_open(&other, vt_buf_slice(&message), &grant, &err));
    VT_CHECK_OK(vt_age_grant_open(&reader, vt_buf_slice(&message), &grant, &err));
    VT_CHECK(grant.count == VT_AGE_GRANT_ROWS_MAX);
    for (size_t i = 0; i < grant.count; i += 97)
        VT_CHECK(memcmp(vt_age_grant_find(&grant, &rows[i].id), rows[i].file_key,
                        VT_AGE_FILE_KEY_BYTES) == 0);
    VT_CHECK(vt_age_grant_find(&grant, &absent) == NULL);
    VT_CHECK_FAILS(VT_LIMIT, vt_age_grant_write(&env, &reader.recipient, rows,
                                                VT_AGE_GRANT_ROWS_MAX + 1, &message, &err));
    VT_CHECK_FAILS(VT_LIMIT,
                   vt_age_grant_write(&env, &reader.recipient, rows, 0, &message, &err));
    rows[1] = rows[0];
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_age_grant_write(&env, &reader.recipient, rows, 2, &message, &err));
}

/* An age file with that content, for one or two recipients. */
static void seal_content(const struct vt_age_recipient *recipient, bool is_for_two,
                         vt_slice content, struct vt_buf *out)
{
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    const uint8_t key[VT_AGE_FILE_KEY_BYTES] = { 5 };

    vt_age_header_begin(out);
    VT_CHECK_OK(vt_age_wrap(&env, recipient, key, out, &err));
    if (is_for_two)
        VT_CHECK_OK(vt_age_wrap(&env, recipient, key, out, &err));
    VT_CHECK_OK(vt_age_header_end(out, key, &err));
    VT_CHECK_OK(vt_age_seal_new(&env, key, vt_age_sink_buf(out), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, content, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
}

#define TITLE "vitrine/file-keys/v1\n"
#define A     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaakkkkkkkkkkkkkkkk"
#define B     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbkkkkkkkkkkkkkkkk"

static const struct {
    const char *name;
    vt_slice content;
    bool is_for_two;
    enum vt_code want;
} rows[] = {
    { "one", VT_LIT(TITLE A), false, VT_OK },
    { "two", VT_LIT(TITLE A B), false, VT_OK },
    { "none", VT_LIT(TITLE), false, VT_MALFORMED },
    { "nothing", VT_LIT(""), false, VT_MALFORMED },
    { "another title", VT_LIT("vitrine/file-keys/v2\n" A), false, VT_MALFORMED },
    { "out of order", VT_LIT(TITLE B A), false, VT_MALFORMED },
    { "twice", VT_LIT(TITLE A A), false, VT_MALFORMED },
    { "a byte more", VT_LIT(TITLE A "b"), false, VT_MALFORMED },
    { "for two recipients", VT_LIT(TITLE A), true, VT_MALFORMED },
};

static void grants_have_one_form(void)
{
    VT_AUTO_AGE_IDENTITY reader = { 0 };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_generate(&env, &reader, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF message = vt_buf_init(VT_KIB(16));
        VT_AUTO_AGE_GRANT grant = { 0 };
        bool ok;

        seal_content(&reader.recipient, rows[i].is_for_two, rows[i].content, &message);
        ok = vt_age_grant_open(&reader, vt_buf_slice(&message), &grant, &err);
        VT_CHECK_SAYING(ok ? rows[i].want == VT_OK : err.code == rows[i].want, "%s: %s",
                        rows[i].name, err.message);
    }
}

static void every_byte_counts(void)
{
    VT_AUTO_AGE_IDENTITY reader = { 0 };
    VT_AUTO_BUF message = vt_buf_init(VT_KIB(16));
    struct vt_env env = vt_env_real();
    struct vt_age_grant_row one[2];
    struct vt_error err = { 0 };

    make_rows(one, 2);
    VT_CHECK_OK(vt_age_identity_generate(&env, &reader, &err));
    VT_CHECK_OK(vt_age_grant_write(&env, &reader.recipient, one, 2, &message, &err));
    for (size_t at = 0; at < message.len; at++) {
        VT_AUTO_AGE_GRANT grant = { 0 };

        message.data[at] ^= (uint8_t)(1U << at % 8);
        VT_CHECK_SAYING(!vt_age_grant_open(&reader, vt_buf_slice(&message), &grant, &err),
                        "byte %zu", at);
        message.data[at] ^= (uint8_t)(1U << at % 8);
        VT_CHECK_SAYING(
            !vt_age_grant_open(&reader, vt_slice_of(message.data, at), &grant, &err),
            "cut at %zu", at);
    }
}

static const struct vt_case cases[] = {
    { "what is given is found", what_is_given_is_found },
    { "grants have one form", grants_have_one_form },
    { "every byte counts", every_byte_counts },
};

VT_TEST_MAIN("crypto.test_age_grant", cases)
