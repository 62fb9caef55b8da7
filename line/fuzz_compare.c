/* Law: what is unequal is told, with a path, and the answer can be written; the same bytes
 * are equal to themselves.  The first two bytes say where the second file begins. */
#include "line/compare_inside.h"
#include "tools/fuzz.h"

static struct vt_compare_limits small_limits(void)
{
    return (struct vt_compare_limits){ .unpacked_bytes_max = VT_MIB(8),
                                       .members_max = 256,
                                       .opened_max = 16,
                                       .depth_max = 4,
                                       .ratio_max = 1000 };
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_COMPARISON result = vt_comparison_new();
    struct vt_compare_run run = { .result = result, .limits = small_limits() };
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    vt_slice a, b;
    size_t at;

    if (input.len < 2)
        return;
    at = (size_t)input.data[0] << 8 | input.data[1];
    input = vt_slice_sub(input, 2, input.len - 2);
    at = at < input.len ? at : input.len;
    a = vt_slice_sub(input, 0, at);
    b = vt_slice_sub(input, at, input.len - at);
    if (vt_slice_equal(a, b))
        return;
    vt_compare_slices(&run, "file", a, b);
    VT_CHECK(result->total > 0 && result->count > 0);
    VT_CHECK(vt_comparison_first(result) != NULL && run.held_bytes == 0);
    VT_CHECK(vt_comparison_json(result, &json, &err));
    for (size_t i = 0; i < result->count; i++)
        VT_CHECK(vt_slice_starts_with(vt_slice_from_cstr(result->differences[i].path),
                                      VT_LIT("file")));
}
