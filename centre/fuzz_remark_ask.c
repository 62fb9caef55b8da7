/* Law: a request of notes that is taken is written again as the same bytes, and a report
 * has as many files as it says. */
#include "centre/remark_ask.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));
    struct vt_remark_ask ask;
    vt_reader files;
    vt_slice path;
    size_t count = 0;

    if (!vt_remark_ask_read(input, &ask))
        return;
    vt_remark_ask_write(&ask, &again);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
    files = (vt_reader){ ask.report.files };
    while (vt_report_next_file(&files, &path))
        count++;
    VT_CHECK(count == ask.report.file_count && files.rest.len == 0);
}
