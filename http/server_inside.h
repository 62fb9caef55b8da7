/* What the server's two readers share: server.c with the library behind it, and plain.c for
 * requests of the plainest form.  Private to http/. */
#ifndef VT_HTTP_SERVER_INSIDE_H
#define VT_HTTP_SERVER_INSIDE_H

#include "http/plain_request.h"
#include "http/server.h"

enum { VT_HTTP_SPARE = 64 }; /* connections over the bound, until the oldest are closed */

enum vt_http_activity { VT_HTTP_READING, VT_HTTP_WORKING, VT_HTTP_WRITING };

/* One per TCP connection, in a ring through the server: what changed last stands first. */
struct vt_http_connection {
    struct vt_http_connection *next, *before;
    int fd;
    bool is_cut;    /* we gave it up, and the library will see it closed */
    bool is_peeked; /* we looked whether it has ended, since it does what it does */
    bool has_nul;   /* in the path or the query of the request that comes */
    enum vt_http_activity does;
    int64_t since_ms; /* when it began to do so */
    /* Of those that plain.c reads: */
    bool is_plain;                  /* it does; false: the library */
    bool has_news;                  /* something came that was not looked at */
    bool has_ended;                 /* its client sends no more; told to us once */
    bool is_due;                    /* in the list of those that have something to do */
    struct vt_http_connection *due; /* the next one of it */
    struct vt_http_exchange *first, *last; /* under way, in the order of the answers */
    struct vt_buf out;                     /* answers that are to be sent */
    size_t sent;                           /* of it */
};

/* What plain.c holds for a server. */
struct vt_plain {
    int epoll_fd, listen_fd; /* -1: the library reads everything */
    bool is_deaf;            /* could not accept; until the next sweep */
    struct vt_http_connection *due;
    uint8_t *peek; /* what one look at a connection shows */
    int64_t date_s;
    char date[40]; /* in the words of HTTP, of the second date_s */
};

struct vt_http_server {
    struct vt_plain plain;
    struct vt_http_connection *handed_over; /* to the library, just now */
    struct MHD_Daemon *daemon;
    struct vt_http_options options;
    struct vt_http_connection ring; /* head of the ring; itself no connection */
    struct vt_http_counts counts;
    struct vt_http_exchange *sleeping; /* the newest; linked by `next` */
    bool has_closed;                   /* a connection, in the last step */
    bool has_more;                     /* to do at once in the next step */
    size_t dozing_count;               /* of the sleeping: not suspended yet */
    bool is_stopping;
    int64_t stop_at_ms; /* when stopping: the latest */
    size_t gathered;    /* bytes that bodies take which are being gathered, or wait for an
                           answer */
    int64_t swept_ms, minute_ms; /* when we last swept, and last called `minute` */
};

struct vt_http_exchange {
    struct vt_http_server *server;
    struct vt_http_connection *line; /* of one that plain.c read; NULL: the library's */
    struct vt_plain_request plain;   /* and what it read, behind this struct */
    struct vt_buf answer;            /* of it, until those before it have theirs */
    struct MHD_Connection *connection;
    const struct vt_http_route *route; /* NULL: refused */
    vt_slice path;
    struct vt_buf body;
    uint64_t announced; /* Content-Length; 0: none */
    bool is_handled;    /* the handler ran, or we refused */
    void *owned;
    bool is_paused;          /* by the owner, within a body */
    int64_t stream_since_ms; /* when its body began to come, piece by piece */
    size_t read_away;        /* bytes that came behind the answer */
    /* Asleep: waits for its answer.  It dozes at first, and the library calls us for it in
     * each step; then its connection is suspended, which costs three calls of the system.
     */
    bool is_sleeping, is_suspended;
    unsigned dozed; /* steps */
    struct vt_http_exchange *next, *before;
    int status;                    /* 0: no answer yet */
    struct MHD_Response *response; /* owned until queued, unless it is another's */
    bool is_ready;                 /* it is: of a struct vt_http_ready */
    char (*headers)[2][128];       /* HEADERS_MAX of them; NULL: none yet */
    size_t header_count;
};

/* A connection was opened, and is counted; the one that is idle for the longest may have to
 * go for it.  It lives until vt_http_connection_free. */
struct vt_http_connection *vt_http_connection_new(struct vt_http_server *server, int fd);
void vt_http_connection_free(struct vt_http_server *server,
                             struct vt_http_connection *connection);
/* From now on. */
void vt_http_connection_does(struct vt_http_server *server,
                             struct vt_http_connection *connection,
                             enum vt_http_activity what);
/* The library reads this connection from now on; it is taken. */
void vt_http_hand_over(struct vt_http_server *server,
                       struct vt_http_connection *connection);
const char *vt_http_reason(int status); /* "OK" */

#endif
