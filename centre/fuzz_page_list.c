/* Law: lines that are taken are written again as the same bytes. */
#include "centre/page_list.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(2));
    struct vt_error err = { 0 };
    struct vt_page_line line;
    vt_reader r = { input };

    while (r.rest.len != 0 && vt_page_line_read(&r, &line, &err))
        vt_page_line_write(&line, &again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again),
                            vt_slice_sub(input, 0, input.len - r.rest.len)) ||
             err.code == VT_MALFORMED);
}
