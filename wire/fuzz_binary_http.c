/* Laws: what is taken and written is taken again as the same message, and then the writer
 * gives the same bytes again; zeros behind it do not matter; what is refused says why. */
#include "tools/fuzz.h"
#include "wire/binary_http.h"

static void check_fields(const struct vt_binary_fields *a, const struct vt_binary_fields *b)
{
    VT_CHECK(a->count == b->count && a->count <= VT_BINARY_HTTP_FIELDS_MAX);
    for (size_t i = 0; i < a->count; i++)
        VT_CHECK(vt_slice_equal(a->rows[i].name, b->rows[i].name) &&
                 vt_slice_equal(a->rows[i].value, b->rows[i].value) &&
                 a->rows[i].name.len != 0);
}

static void check_same(const struct vt_binary_http *a, const struct vt_binary_http *b)
{
    VT_CHECK(a->is_request == b->is_request && a->is_indeterminate == b->is_indeterminate);
    VT_CHECK(a->status == b->status && a->interim_count == b->interim_count);
    VT_CHECK(vt_slice_equal(a->method, b->method) && vt_slice_equal(a->scheme, b->scheme) &&
             vt_slice_equal(a->authority, b->authority) &&
             vt_slice_equal(a->path, b->path) && vt_slice_equal(a->content, b->content));
    for (size_t i = 0; i < a->interim_count; i++) {
        VT_CHECK(a->interims[i].status == b->interims[i].status);
        check_fields(&a->interims[i].fields, &b->interims[i].fields);
    }
    check_fields(&a->headers, &b->headers);
    check_fields(&a->trailers, &b->trailers);
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF once = vt_buf_init(VT_MIB(16)), twice = vt_buf_init(VT_MIB(16));
    struct vt_binary_http message, again;
    struct vt_error err = { 0 };

    if (input.len > VT_MIB(4))
        return;
    if (!vt_binary_http_parse(input, arena, &message, &err)) {
        VT_CHECK((err.code == VT_MALFORMED || err.code == VT_LIMIT) &&
                 err.message[0] != '\0');
        return;
    }
    vt_binary_http_write(&once, &message);
    VT_CHECK(vt_binary_http_parse(vt_buf_slice(&once), arena, &again, &err));
    check_same(&message, &again);
    vt_binary_http_write(&twice, &again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&once), vt_buf_slice(&twice)));
    VT_CHECK(vt_binary_http_pad(&twice, twice.len + 3, &err));
    VT_CHECK(vt_binary_http_parse(vt_buf_slice(&twice), arena, &again, &err));
    check_same(&message, &again);
}
