/* Laws: what is taken is its own canonical form, and no name in it leads out of a folder;
 * a refusal says why. */
#include "release/index.h"
#include "tools/fuzz.h"

static void check_part(vt_slice part)
{
    VT_CHECK(part.len != 0 && !vt_slice_has_byte(part, '/') && !vt_slice_has_byte(part, 0));
    VT_CHECK(!vt_slice_is(part, "..") && !vt_slice_is(part, "."));
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    VT_AUTO_INDEX index = { 0 };
    struct vt_error err = { 0 };

    if (!vt_index_parse(input, &index, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0' && index.json == NULL && index.count == 0);
        return;
    }
    VT_CHECK(vt_json_write_canonical(index.json, &text, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&text), input));
    for (size_t i = 0; i < index.count; i++) {
        check_part(index.files[i].product);
        check_part(index.files[i].version);
        check_part(index.files[i].name);
    }
}
