/* A load generator for logs that take POST /add: many kept connections in one thread,
 * closed loop (the next request when the last is answered) or open loop (at a set rate,
 * whoever answers; latency counts from when a request was due, so waiting is not left out).
 */
#ifndef VT_BENCH_LOAD_H
#define VT_BENCH_LOAD_H

#include "base/base.h"

struct vt_load {
    uint16_t port;        /* on 127.0.0.1 */
    const char *path;     /* "/add" */
    const char *accept;   /* NULL: none */
    unsigned connections; /* at most 1024 */
    unsigned batch;       /* entries in a request; 1: the entry is the body */
    unsigned depth; /* requests sent at once on a connection (pipelined), the next when
                       all are answered; 0: 1 */
    unsigned entry_bytes;
    double rate; /* requests a second; 0: closed loop */
    double seconds;
    uint64_t first; /* entries are made unique by a number, from this one on */
    /* Else where bodies come from: the next one of that connection, empty when it has no
     * more.  Then `batch` and `depth` are 1 and entry_bytes is the longest body. */
    vt_slice (*body)(void *context, unsigned connection);
    void *context;
};

struct vt_load_result {
    uint64_t requests, entries; /* answered with 200 */
    uint64_t turned_away;       /* 429, 503 */
    uint64_t failed;            /* anything else */
    double seconds;
    double p50_ms, p99_ms, max_ms; /* of those answered with 200 */
    uint64_t next;                 /* first unused number */
};

/* Prints to standard error and ends the program when nothing answers. */
struct vt_load_result vt_load_run(const struct vt_load *load);

#endif
