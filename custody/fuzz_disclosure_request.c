/* Laws: a question that is read is written as the same bytes; one that the front takes
 * apart is the same for the holder, and its header put together again the one that was
 * sent. */
#include "custody/agent_ask.h"
#include "tools/fuzz.h"

static void check_message(const struct vt_disclosure_request *request)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_AGENT_QUESTION_BYTES_MAX);
    VT_AUTO_BUF header = vt_buf_init(VT_KIB(1));
    struct vt_agent_question question, again;
    struct vt_error err = { 0 };

    if (!vt_agent_question_take(request, &question, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    vt_agent_question_write(&bytes, &question);
    VT_CHECK(vt_agent_question_read(vt_buf_slice(&bytes), &again));
    VT_CHECK(again.is_withdrawal == request->is_withdrawal);
    VT_CHECK(again.at_unix_s == request->at_unix_s);
    VT_CHECK(vt_hash_equal(&again.proof, &request->proof));
    vt_agent_object_header(&again.object, &header);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&header), request->header));
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_DISCLOSURE_REQUEST_BYTES_MAX);
    struct vt_disclosure_request request;
    struct vt_agent_question question;
    struct vt_error err = { 0 };

    if (vt_agent_question_read(input, &question)) { /* it may be a message instead */
        vt_agent_question_write(&again, &question);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
        return;
    }
    if (!vt_disclosure_request_parse(input, &request, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_disclosure_request_write(&request, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    check_message(&request);
}
