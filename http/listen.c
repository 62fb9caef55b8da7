/* A listening socket on one address. */
#include "http/server.h"
#include <arpa/inet.h>
#include <sys/socket.h>

enum { BACKLOG = 512 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool parse(const char *text, uint16_t port, union address *out, socklen_t *len)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        *len = sizeof out->v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        *len = sizeof out->v6;
        return true;
    }
    return false;
}

bool vt_http_is_address(const char *text)
{
    union address ignored;
    socklen_t len;

    return parse(text, 0, &ignored, &len);
}

bool vt_http_listen(const char *address, uint16_t port, int *fd_out, uint16_t *port_out,
                    struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    union address bound;
    const int one = 1;
    socklen_t len;

    if (!parse(address, port, &bound, &len))
        return vt_fail(err, VT_MALFORMED, "'%s' is no IP address, say 127.0.0.1", address);
    fd = socket(bound.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, &bound.any, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, &bound.any, &len) != 0)
        return vt_fail(err, VT_IO, "cannot listen on %s port %u: %s", address, port,
                       strerror(errno));
    *port_out =
        ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
    *fd_out = vt_take_fd(&fd);
    return true;
}
