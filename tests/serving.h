/* A server of http/ in a process of its own, and plain words with it. */
#ifndef VT_TESTS_SERVING_H
#define VT_TESTS_SERVING_H

#include "http/server.h"
#include "tests/harness.h"

struct vt_serving {
    pid_t pid;
    uint16_t port;
    int control; /* what is written here the server's first watch can read */
};

/* Start: routes, context and options->watches[0].ready are the caller's.  In the process
 * *server and *control are set before the first request. */
struct vt_serving vt_serving_start(struct vt_http_options *options,
                                   struct vt_http_server **server, int *control);
void vt_serving_tell(const struct vt_serving *serving, char what);
/* It ends by itself, well. */
void vt_serving_ends_well(const struct vt_serving *serving);
/* 's' tells it to. */
void vt_serving_stop(const struct vt_serving *serving);

/* A connection to it, and words of ours. */
int vt_serving_dial(const struct vt_serving *serving);
void vt_serving_say(int fd, const char *text);

#endif
