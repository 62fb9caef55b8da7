/* Law: a wish, or what came of one, that is taken is written again as the same bytes; any
 * bytes of a log become text, and none of them is lost. */
#include "centre/rebuild_form.h"
#include "tools/fuzz.h"

static void try_log(vt_slice input)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    size_t taken;

    if (input.len > VT_KIB(512))
        return;
    taken = vt_rebuild_log_text(input, &text);
    VT_CHECK(vt_slice_is_utf8(vt_buf_slice(&text)) && text.len == taken &&
             input.len - taken <= 3 && (taken != 0 || input.len == 0));
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));
    VT_AUTO_REBUILD_TOLD told = { .number = 0 };
    struct vt_rebuild_wish wish;
    struct vt_error err = { 0 };

    try_log(input);
    if (vt_rebuild_wish_parse(input, &wish, &err))
        VT_CHECK(vt_rebuild_wish_write(&wish, &again, &err));
    else if (vt_rebuild_told_parse(input, &told, &err))
        VT_CHECK(vt_rebuild_told_write(&told, &again, &err));
    else
        return;
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}
