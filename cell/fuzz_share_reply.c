/* Laws: what is taken of a cell's answer ends where its fields end and names no place that
 * is longer than it may be; a refusal says why. */
#include "cell/share.h"
#include "wire/json.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_share_reply reply = { .status = 202 };
    struct vt_error err = { 0 };

    if (input.len > VT_SHARE_RECEIPT_BYTES_MAX)
        return;
    if (!vt_share_reply_parse(input, &reply, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        VT_CHECK(reply.offset == 0 && reply.sentence[0] == '\0');
        return;
    }
    VT_CHECK(memchr(reply.sentence, '\0', sizeof reply.sentence) != NULL);
    VT_CHECK(memchr(reply.cell, '\0', sizeof reply.cell) != NULL);
    VT_CHECK(memchr(reply.url, '\0', sizeof reply.url) != NULL);
    VT_CHECK(reply.sentence[0] != '\0' && reply.offset <= (uint64_t)VT_JSON_INTEGER_MAX);
}
