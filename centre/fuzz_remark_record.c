/* Law: what the sealed record says of notes that is taken is written again as the same
 * bytes, and is no question of source. */
#include "centre/remark_record.h"
#include "centre/sealed_frame.h"
#include "centre/source_question.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_SEALED_QUESTION_BYTES_MAX);
    struct vt_remark_record record;
    struct vt_source_question question;

    if (!vt_remark_record_read(input, &record))
        return;
    vt_remark_record_write(&record, &again);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
    VT_CHECK(!vt_source_question_read(input, &question));
}
