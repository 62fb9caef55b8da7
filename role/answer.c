/* One message, one handler. */
#include "role/answer.h"

static bool answer_one(struct vt_channel *channel, const struct vt_answering *role,
                       struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(channel, -1, &message, err))
        return false;
    for (const struct vt_handler *h = role->handlers; h->handle != NULL; h++)
        if (h->type == message.type)
            return h->handle(role->context, channel, message.body, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
}

int vt_role_answer(struct vt_channel *channel, const struct vt_answering *role)
{
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun = role->begin(role->context, channel, &err);

    while (is_begun && answer_one(channel, role, &err))
        ;
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (err.code != VT_ABSENT) /* somebody must hear why it ends */
        (void)fprintf(stderr, "vitrine %s: %s\n", role->name, err.message);
    return err.code == VT_ABSENT ? VT_EXIT_OK : vt_code_exit(err.code);
}
