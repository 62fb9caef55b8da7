/* Law: a memory of another Centre that is taken is its own canonical form, and what is
 * shown next leaves a memory that is taken too. */
#include "centre/others.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    const struct vt_digests nothing = { .json = NULL };
    VT_AUTO_BUF again = vt_buf_init(VT_OTHER_BYTES_MAX);
    VT_AUTO_JSON differences = json_array();
    VT_AUTO_JSON other = NULL;
    VT_AUTO_JSON next = NULL;
    struct vt_error err = { 0 };
    size_t gone;

    if (input.len > VT_OTHER_BYTES_MAX || !vt_other_parse(input, &other, &err)) {
        VT_CHECK(input.len > VT_OTHER_BYTES_MAX || err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_json_write_canonical(other, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(
        vt_other_update(other, "a", &nothing, differences, 1800000000, &next, &gone, &err));
    VT_CHECK(gone <= json_array_size(json_object_get(other, "seen")));
}
