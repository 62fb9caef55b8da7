/* See serving.h. */
#include "tests/serving.h"

#include "http/http.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>

VT_NORETURN static void serve(struct vt_http_options *options, int listen_fd,
                              int control_fd, struct vt_http_server **server, int *control)
{
    struct vt_error err = { 0 };

    (void)alarm(60);
    *control = options->watches[0].fd = control_fd;
    VT_CHECK_OK(vt_http_server_new(listen_fd, options, server, &err));
    (void)close(listen_fd);
    VT_CHECK_OK(vt_http_server_run(*server, &err));
    vt_http_server_free(*server);
    exit(0);
}

struct vt_serving vt_serving_start(struct vt_http_options *options,
                                   struct vt_http_server **server, int *control)
{
    struct vt_error err = { 0 };
    struct vt_serving out = { 0 };
    int listen_fd, ends[2];

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &listen_fd, &out.port, &err));
    VT_CHECK(pipe(ends) == 0);
    out.control = ends[1];
    out.pid = fork();
    if (out.pid == 0) {
        (void)close(ends[1]);
        serve(options, listen_fd, ends[0], server, control);
    }
    (void)close(ends[0]);
    (void)close(listen_fd);
    return out;
}

void vt_serving_tell(const struct vt_serving *serving, char what)
{
    VT_CHECK(write(serving->control, &what, 1) == 1);
}

void vt_serving_ends_well(const struct vt_serving *serving)
{
    int status = -1;

    VT_CHECK(waitpid(serving->pid, &status, 0) == serving->pid);
    VT_CHECK_SAYING(status == 0, "the server ended with wait status %d", status);
}

void vt_serving_stop(const struct vt_serving *serving)
{
    vt_serving_tell(serving, 's');
    vt_serving_ends_well(serving);
}

int vt_serving_dial(const struct vt_serving *serving)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons(serving->port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    VT_CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

void vt_serving_say(int fd, const char *text)
{
    VT_CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}
