/* Law: whatever reader takes a message, its writer gives the same bytes again.  The first
 * byte says which reader is asked. */
#include "centre/message.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_ledger_question question;
    struct vt_document_head head;
    struct vt_centre_answer answer;
    vt_reader r = { input };
    uint32_t place;
    int64_t time;
    uint8_t which;

    if (!vt_read_u8(&r, &which))
        return;
    if (which == 'd' && vt_document_head_read(r.rest, &head))
        vt_document_head_write(&head, &again);
    else if (which == 't' && vt_turn_read(r.rest, &time))
        vt_turn_write(time, &again);
    else if (which == 'q' && vt_ask_read(r.rest, &place, &question))
        vt_ask_write(place, &question, &again);
    else if (which == 'a' && vt_centre_answer_read(r.rest, &answer))
        vt_centre_answer_write(&answer, &again);
    else
        return;
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), r.rest));
}
