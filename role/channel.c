/* Bounded messages over a socket pair that keeps their boundaries. */
#include "role/channel.h"
#include <poll.h>
#include <sys/socket.h>

enum { HEADER_BYTES = 2, SEND_S_MAX = 30 };

struct vt_channel vt_channel_init(int fd)
{
    return (struct vt_channel){ fd, vt_buf_init(VT_MESSAGE_BYTES_MAX + HEADER_BYTES + 1) };
}

void vt_channel_clear(struct vt_channel *channel)
{
    vt_fd_close(&channel->fd);
    vt_buf_clear(&channel->in);
}

bool vt_channel_pair(struct vt_channel *a_out, struct vt_channel *b_out,
                     struct vt_error *err)
{
    const struct timeval patience = { .tv_sec = SEND_S_MAX };
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return vt_fail(err, VT_IO, "cannot make a channel: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        VT_ASSERT(
            setsockopt(ends[i], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
    *a_out = vt_channel_init(ends[0]);
    *b_out = vt_channel_init(ends[1]);
    return true;
}

static bool send_with(const struct vt_channel *channel, uint16_t type, vt_slice body,
                      int flags, bool *is_sent_out, struct vt_error *err)
{
    uint8_t header[HEADER_BYTES] = { (uint8_t)(type >> 8), (uint8_t)type };
    struct iovec parts[2] = { { header, sizeof header },
                              { (void *)(uintptr_t)body.data, body.len } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t sent;

    if (body.len > VT_MESSAGE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "message of %zu bytes, at most %zu", body.len,
                       VT_MESSAGE_BYTES_MAX);
    do
        sent = sendmsg(channel->fd, &message, MSG_NOSIGNAL | flags);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
        return vt_fail(err, VT_ABSENT, "the other process is gone");
    if (sent < 0 && errno != EAGAIN)
        return vt_fail(err, VT_IO, "cannot send a message: %s", strerror(errno));
    *is_sent_out = sent >= 0;
    return true;
}

bool vt_channel_send(const struct vt_channel *channel, uint16_t type, vt_slice body,
                     struct vt_error *err)
{
    bool is_sent;

    return send_with(channel, type, body, 0, &is_sent, err) &&
           (is_sent || vt_fail(err, VT_LIMIT, "the other process does not read"));
}

bool vt_channel_try_send(const struct vt_channel *channel, uint16_t type, vt_slice body,
                         bool *is_sent_out, struct vt_error *err)
{
    return send_with(channel, type, body, MSG_DONTWAIT, is_sent_out, err);
}

void vt_channel_write_error(const struct vt_error *failure, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)failure->code);
    vt_buf_put_text(out, failure->message);
}

bool vt_channel_send_error(const struct vt_channel *channel, const struct vt_error *failure,
                           struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(sizeof failure->message + 1);

    vt_channel_write_error(failure, &body);
    return vt_channel_send(channel, VT_MESSAGE_ERROR, vt_buf_slice(&body), err);
}

static bool wait_readable(int fd, int64_t timeout_ms, struct vt_error *err)
{
    int64_t end_ms = vt_monotonic_ms() + timeout_ms;
    struct pollfd poll_fd = { fd, POLLIN, 0 };

    for (;;) {
        int64_t left = timeout_ms < 0 ? -1 : end_ms - vt_monotonic_ms();
        int ready;

        if (timeout_ms >= 0 && left < 0)
            left = 0;
        ready = poll(&poll_fd, 1, (int)(left > 1000000 ? 1000000 : left));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return vt_fail(err, VT_IO, "cannot wait for a message: %s", strerror(errno));
        if (ready == 0 && timeout_ms >= 0 && vt_monotonic_ms() >= end_ms)
            return vt_fail(err, VT_LIMIT, "no answer within %jd ms", (intmax_t)timeout_ms);
    }
}

bool vt_channel_receive(struct vt_channel *channel, int64_t timeout_ms,
                        struct vt_message *out, struct vt_error *err)
{
    const size_t room = VT_MESSAGE_BYTES_MAX + HEADER_BYTES + 1;
    vt_reader r;
    uint8_t *at;
    ssize_t got;
    struct vt_message message;

    if (!wait_readable(channel->fd, timeout_ms, err))
        return false;
    vt_buf_truncate(&channel->in, 0);
    at = vt_buf_extend(&channel->in, room);
    if (at == NULL)
        return vt_fail(err, VT_IO, "out of memory for a message");
    do
        got = recv(channel->fd, at, room, 0);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return vt_fail(err, VT_ABSENT, "the other process is gone");
    if (got < 0)
        return vt_fail(err, VT_IO, "cannot receive a message: %s", strerror(errno));
    vt_buf_truncate(&channel->in, (size_t)got);
    r = (vt_reader){ vt_buf_slice(&channel->in) };
    if ((size_t)got == room || !vt_read_u16(&r, &message.type))
        return vt_fail(err, VT_MALFORMED, "message of a wrong length");
    message.body = r.rest;
    *out = message;
    return true;
}

bool vt_channel_fail_with(const struct vt_message *message, struct vt_error *err)
{
    vt_reader r = { message->body };
    uint8_t code;

    if (message->type != VT_MESSAGE_ERROR)
        return vt_fail(err, VT_MALFORMED, "a message of type %u, which nobody asked for",
                       message->type);
    if (!vt_read_u8(&r, &code) || code == VT_OK || code > VT_IO)
        code = VT_IO;
    return vt_fail(err, (enum vt_code)code, "%.*s", VT_SLICE_ARGS(r.rest));
}

bool vt_channel_call(struct vt_channel *channel, uint16_t type, vt_slice body,
                     uint16_t answer_type, int64_t timeout_ms, vt_slice *answer,
                     struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_send(channel, type, body, err) ||
        !vt_channel_receive(channel, timeout_ms, &message, err))
        return false;
    if (message.type != answer_type)
        return vt_channel_fail_with(&message, err);
    *answer = message.body;
    return true;
}

bool vt_channel_send_blob(const struct vt_channel *channel, uint16_t type, vt_slice bytes,
                          struct vt_error *err)
{
    while (bytes.len != 0) {
        size_t piece = bytes.len < VT_MESSAGE_BYTES_MAX ? bytes.len : VT_MESSAGE_BYTES_MAX;

        if (!vt_channel_send(channel, type, vt_slice_sub(bytes, 0, piece), err))
            return false;
        bytes = vt_slice_sub(bytes, piece, bytes.len - piece);
    }
    return vt_channel_send(channel, type, (vt_slice){ 0 }, err);
}

bool vt_channel_receive_blob(struct vt_channel *channel, uint16_t type, int64_t timeout_ms,
                             struct vt_buf *out, struct vt_error *err)
{
    for (;;) {
        struct vt_message message;

        if (!vt_channel_receive(channel, timeout_ms, &message, err))
            return false;
        if (message.type != type)
            return vt_channel_fail_with(&message, err);
        if (message.body.len == 0)
            return true;
        vt_buf_put(out, message.body);
        if (!vt_buf_check(out, "message", err))
            return false;
    }
}
