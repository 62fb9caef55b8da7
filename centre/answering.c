/* See answering.h. */
#include "centre/answering.h"
#include "centre/message.h"

int vt_centre_answer_all(const struct vt_answering *answering, struct vt_channel *channel,
                         bool is_begun, const struct vt_error *begun_err)
{
    struct vt_error err = *begun_err, lost = { 0 };
    struct vt_message message;

    if (!is_begun) {
        (void)!vt_channel_send_error(channel, &err, &lost);
        return vt_code_exit(err.code);
    }
    while (vt_channel_receive(channel, -1, &message, &err)) {
        if (message.type != VT_CENTRE_ASK) {
            (void)vt_fail(&err, VT_MALFORMED, "a message of type %u", message.type);
            break;
        }
        if (!answering->answer(answering->context, channel, message.body, &err))
            break;
    }
    if (err.code == VT_ABSENT) /* whoever asks has ended */
        return VT_EXIT_OK;
    (void)fprintf(stderr, "vitrine %s: %s\n", answering->role, err.message);
    return vt_code_exit(err.code);
}
