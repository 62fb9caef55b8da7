/* Law: a path that is taken is written again as the same bytes. */
#include "centre/question.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_ledger_question question;
    VT_AUTO_BUF again = vt_buf_init(VT_QUESTION_PATH_BYTES_MAX);

    if (!vt_ledger_question_parse(input, &question, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    vt_ledger_question_write(&question, &again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
