/* Law: a question of source that is taken is written again as the same bytes. */
#include "centre/source_question.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(4));
    struct vt_source_question question;

    if (!vt_source_question_read(input, &question))
        return;
    vt_source_question_write(&question, &again);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}
