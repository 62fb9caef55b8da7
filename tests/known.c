/* Reads the lines of a file of cases and compares answers.  See known.h. */
#include "tests/known.h"
#include "crypto/sha256.h"

vt_slice vt_known_text(const json_t *one, const char *name)
{
    const json_t *value = json_object_get(one, name);

    return vt_slice_of(json_string_value(value), json_string_length(value));
}

vt_slice vt_known_hex(const json_t *one, const char *name)
{
    vt_slice text = vt_known_text(one, name);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), text.len / 2 + 1);

    VT_CHECK(vt_hex_parse(text, bytes, text.len / 2));
    return vt_slice_of(bytes, text.len / 2);
}

vt_slice vt_known_base64(const json_t *one, const char *name)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(4));

    VT_CHECK_OK(vt_base64_parse(vt_known_text(one, name), &bytes, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&bytes));
}

/* One line: was it of this kind? */
static bool put_before(vt_slice line, const char *kind, vt_known_judge *accepts)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON one = NULL;
    bool is_wanted;

    VT_CHECK_OK(vt_json_parse(line, "case", &one, &err));
    if (!vt_slice_is(vt_known_text(one, "kind"), kind))
        return false;
    is_wanted = vt_slice_is(vt_known_text(one, "want"), "accept");
    VT_CHECK(is_wanted || vt_slice_is(vt_known_text(one, "want"), "reject"));
    VT_CHECK(json_object_del(one, "want") == 0);
    VT_CHECK_SAYING(accepts(one) == is_wanted, "%.*s: wanted %s",
                    VT_SLICE_ARGS(vt_known_text(one, "name")),
                    is_wanted ? "accept" : "reject");
    return true;
}

void vt_test_known(const char *file, const char *kind, size_t count,
                   vt_known_judge *accepts)
{
    const char *path = vt_test_print("tests/vectors/cases/%s", file);
    vt_reader r = { vt_test_read(path) };
    size_t seen = 0;
    vt_slice line;

    while (vt_read_line(&r, &line))
        seen += put_before(line, kind, accepts);
    VT_CHECK(vt_read_end(&r));
    VT_CHECK_SAYING(seen == count, "%s: %zu cases of kind %s, there were %zu", path, seen,
                    kind, count);
}

struct vt_age_identity vt_known_identity(const char *name)
{
    vt_hash secret = vt_sha256_of(vt_slice_from_cstr(name));
    struct vt_age_identity out;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_from_bytes(secret.bytes, &out, &err));
    return out;
}
