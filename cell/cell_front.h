/* What the files of the cell's front share.  Private to cell/.
 *
 * The front knows what strangers ask and keeps none of it: no log, no counter by path or
 * address.  Each of its sides is a file with a table of routes:
 *
 *   front_read.c     what an epoch published
 *   front_watch.c    health and metrics                                             */
#ifndef VT_CELL_CELL_FRONT_H
#define VT_CELL_CELL_FRONT_H

#include "cell/head.h"
#include "http/http.h"
#include "role/role.h"
#include "store/disk.h"

/* The newest head as it is shown, looked at again when it is asked for. */
struct vt_shown_head {
    struct vt_buf bytes;       /* of head.json; empty: none is shown */
    struct vt_head_file *file; /* parsed; NULL: none */
    char etag[72];
    int64_t looked_ms;
};

/* What is counted, for /metrics. */
struct vt_cell_front_counts {
    uint64_t heads, epochs, nodes, buckets, filters, unchanged, not_found;
};

struct vt_cell_front {
    struct vt_arena *arena;
    struct vt_http_server *server;
    struct vt_channel *parent; /* who started us */
    struct vt_env env;
    struct vt_disk *disk; /* DIR/public, read only */
    const char *folder, *cell;
    uint64_t connections_max, from_one_max, lag_s;
    char *tls_certificate, *tls_key; /* NULL: plain HTTP */
    struct vt_shown_head head;
    struct vt_cell_front_counts counts, logged;
    uint64_t cut_off_logged, displaced_logged;
    int64_t started_ms, logged_ms;
    bool is_draining;
    int64_t stop_at_ms; /* when draining */
};

/* Every table ends with a route without a method. */
extern const struct vt_http_route vt_cell_front_read_routes[];
extern const struct vt_http_route vt_cell_front_watch_routes[];

/* Look whether another head is shown; at most a few times a second. */
void vt_cell_front_look(struct vt_cell_front *front);
/* The answer to what is not there, and must not be kept by a cache. */
void vt_cell_front_not_found(struct vt_cell_front *front,
                             struct vt_http_exchange *exchange);
/* Does the client have these bytes already?  Then it is answered (304). */
bool vt_cell_front_is_unchanged(struct vt_cell_front *front,
                                struct vt_http_exchange *exchange, const char *etag);

/* How much later than it should the head is; false: there is none that is still valid, or
 * none at all. */
bool vt_cell_front_is_well(const struct vt_cell_front *front, int64_t now_unix_s);

#endif
