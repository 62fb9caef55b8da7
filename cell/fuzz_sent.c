/* Laws: a line that is taken is written as the same bytes; a refusal says why. */
#include "cell/sent.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(8));
    struct vt_sent_record record;
    vt_hash previous;

    if (!vt_sent_record_parse(input, &record, &previous, &json, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_sent_record_write(&record, &previous, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
