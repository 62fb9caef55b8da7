/* What was taken and refused, on its way to the process that keeps the totals.
 *
 * Nobody waits for it: what happens is added up here, and goes in one message as soon as
 * the last one is durable.  So whatever comes, one message is under way, and the disk
 * decides how many there are.  A power loss costs what had not gone yet, some milliseconds;
 * an end in good order costs nothing. */
#include "cell/cell_front.h"
#include "cell/counter.h"

enum { LAST_MS_MAX = 2000 };

struct vt_count_link {
    struct vt_channel channel;
    struct vt_count_growth growth;
    bool has_grown, is_under_way;
};

void vt_cell_front_count_some(struct vt_cell_front *f, enum vt_data_class data,
                              enum vt_count_reason reason, uint64_t count)
{
    if (f->count == NULL)
        return;
    f->count->growth.more[data][reason] += count;
    f->count->has_grown = true;
}

void vt_cell_front_count(struct vt_cell_front *f, enum vt_data_class data,
                         enum vt_count_reason reason)
{
    vt_cell_front_count_some(f, data, reason, 1);
}

/* What an answer of the keeper comes to; accepted: it is whole, not only under way. */
void vt_cell_front_count_status(struct vt_cell_front *f, enum vt_data_class data,
                                int status, bool is_fenced)
{
    static const struct {
        int status;
        enum vt_count_reason reason;
    } reasons[] = {
        { VT_HTTP_BAD_REQUEST, VT_COUNTED_MALFORMED },
        { VT_HTTP_FORBIDDEN, VT_COUNTED_NO_CONSENT },
        { VT_HTTP_GONE, VT_COUNTED_NO_CONSENT },
        { VT_HTTP_TOO_LARGE, VT_COUNTED_LIMITED },
        { VT_HTTP_UNSUPPORTED_TYPE, VT_COUNTED_MALFORMED },
        { VT_HTTP_MISDIRECTED, VT_COUNTED_MISPLACED },
        { VT_HTTP_UNPROCESSABLE, VT_COUNTED_MALFORMED },
        { VT_HTTP_TOO_MANY, VT_COUNTED_LIMITED },
        { VT_HTTP_UNAVAILABLE, VT_COUNTED_LIMITED },
        { 507, VT_COUNTED_LIMITED },
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            vt_cell_front_count(f, data, is_fenced ? VT_COUNTED_FENCED : reasons[i].reason);
}

static bool send_growth(struct vt_count_link *link, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));

    vt_count_growth_write(&link->growth, &body);
    link->growth = (struct vt_count_growth){ { { 0 } } };
    link->has_grown = false;
    link->is_under_way = true;
    return vt_channel_send(&link->channel, VT_COUNTER_ADD, vt_buf_slice(&body), err);
}

bool vt_cell_front_count_send(void *context, struct vt_error *err)
{
    struct vt_cell_front *f = context;

    return f->count == NULL || !f->count->has_grown || f->count->is_under_way ||
           send_growth(f->count, err);
}

bool vt_cell_front_on_counter(void *context, struct vt_error *err)
{
    struct vt_cell_front *f = context;
    struct vt_message message;

    if (!vt_channel_receive(&f->count->channel, 0, &message, err))
        return false;
    if (message.type != VT_COUNTER_ADDED || !f->count->is_under_way)
        return vt_fail(err, VT_MALFORMED, "the counter answered what nobody asked");
    f->count->is_under_way = false;
    return vt_cell_front_count_send(f, err);
}

struct vt_count_link *vt_cell_front_count_new(int fd)
{
    struct vt_count_link *link = vt_alloc(sizeof *link);

    link->channel = vt_channel_init(fd);
    return link;
}

int vt_cell_front_count_fd(const struct vt_count_link *link)
{
    return link->channel.fd;
}

/* The last of it goes, and is waited for. */
void vt_cell_front_count_free(struct vt_count_link *link)
{
    struct vt_error err = { 0 };
    struct vt_message message;

    if (link == NULL)
        return;
    if (link->is_under_way)
        (void)!vt_channel_receive(&link->channel, LAST_MS_MAX, &message, &err);
    if (link->has_grown && send_growth(link, &err))
        (void)!vt_channel_receive(&link->channel, LAST_MS_MAX, &message, &err);
    vt_channel_clear(&link->channel);
    free(link);
}
