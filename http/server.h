/* A server for a table of paths, in one thread: it waits for its connections and for the
 * descriptors that its owner watches, so an answer may be given at once or later, when
 * another process has said something.
 *
 * Bounded everywhere: connections (also from one address), bytes of a request's head and
 * body, the time from a connection's opening (or its last answer) to a whole request, and
 * the time that an answer takes to leave.  What is over a bound is refused or closed;
 * nothing is buffered beyond it.  Where connections are too many, the one goes that has
 * sent no whole request for the longest time: a crowd that hangs keeps nobody out.
 *
 * A server listens on the address that it is given, 127.0.0.1 where nothing else is said.
 * It can speak TLS itself; HTTP/2 and large crowds of readers are the work of a web server
 * in front. */
#ifndef VT_HTTP_SERVER_H
#define VT_HTTP_SERVER_H

#include "base/base.h"

struct vt_http_server;
struct vt_http_exchange; /* one request, and its answer once there is one */

struct vt_http_route {
    const char *method; /* "GET" (answers HEAD too), "POST" ...; NULL ends the table */
    const char *path;   /* "/add"; with a '*' at the end, all that begin so */
    size_t body_bytes_max;
    /* Called with a whole request.  It calls vt_http_answer now, or keeps the exchange and
     * calls it later; until then the exchange stays valid, also if the client has gone, but
     * not longer than the server. */
    void (*handle)(void *context, struct vt_http_exchange *exchange);
    /* For bodies that are too long to be gathered; NULL: it is gathered. */
    const struct vt_http_stream *stream;
};

/* A body that is taken piece by piece; vt_http_body is empty then.  One that announces more
 * than body_bytes_max is refused before it comes (0: of any length); what comes without a
 * length is counted by whoever takes it. */
struct vt_http_stream {
    /* Called with each piece as it comes, and takes all of it; the route's `handle` is
     * called behind the last.  An answer may be given at any time: what still comes of the
     * body is read away, up to VT_HTTP_READ_AWAY_MAX. */
    void (*take)(void *context, struct vt_http_exchange *exchange, vt_slice piece);
    /* The client has gone before `handle` was called or an answer given: it ends now. */
    void (*gone)(void *context, struct vt_http_exchange *exchange);
};

#define VT_HTTP_READ_AWAY_MAX VT_MIB(64)

/* Another descriptor to wait for. */
struct vt_http_watch {
    int fd;
    /* Called when fd can be read or was closed.  False (with err) ends vt_http_server_run.
     */
    bool (*ready)(void *context, struct vt_error *err);
    bool is_for_start; /* not looked at any more once the server is stopping */
    void *context;     /* handed to it; NULL: that of the options */
};

struct vt_http_options {
    const struct vt_http_route *routes;
    void *context;            /* handed to handlers and watches */
    unsigned connections_max; /* 0: 256 */
    unsigned from_one_max;    /* connections from one address; 0: as many as at all */
    /* Request line and headers together; 0: 16 KiB.  A connection holds twice as much, and
     * wipes it after each request, so a server of many small requests sets less. */
    size_t head_bytes_max;
    /* All bodies that are being gathered, together; 0: 256 MiB.  Who would need more is
     * told to come back (503). */
    size_t gathered_bytes_max;
    int64_t request_ms_max; /* for a whole request, or a piece of a body that is taken piece
                             * by piece, to arrive; 0: 15 s */
    int64_t stream_ms_max;  /* for all pieces of such a body; 0: 5 min */
    int64_t answer_ms_max;  /* for an answer to be taken; 0: 60 s */
    int64_t stop_ms_max;    /* for answers under way when stopping; 0: 5 s */
    struct vt_http_watch watches[12]; /* ended by one without `ready` */
    /* The server stops, as by vt_http_server_stop, when this one can be read or was closed:
     * whoever started the process wants it to end.  0: there is none. */
    int stop_fd;
    /* Called about four times a second as long as there are connections; NULL: nobody. */
    void (*tick)(void *context, int64_t now_ms);
    /* Called then about once a minute: a line of log.  NULL: nobody. */
    void (*minute)(void *context);
    /* Called after each turn of the loop, before it waits again: the place to send on what
     * the turn's handlers gathered.  Fails as a watch does; NULL: nobody. */
    bool (*turn)(void *context, struct vt_error *err);
    /* Called with the head alone, before a body is taken, gathered or piece by piece (what
     * is_plain_taken is whole when it is seen); false: it was answered, and the body is not
     * taken.  NULL: each is taken. */
    bool (*may)(void *context, struct vt_http_exchange *exchange);
    /* Headers of every answer, refusals included: name, value, ...; NULL ends them.  NULL:
     * none. */
    const char *const *headers;
    /* Plain requests (plain_request.h) to routes of the method POST whose bodies are
     * gathered are read without the library, at less than half its price.  Not with TLS,
     * nor with from_one_max. */
    bool is_plain_taken;
    /* TLS: certificate chain and private key in PEM, NUL-ended; both NULL: plain HTTP. */
    const char *tls_certificate, *tls_key;
};

bool vt_http_is_address(const char *text); /* an IPv4 or IPv6 literal? */

/* Listen.  address: an IPv4 or IPv6 literal; port 0: any free one.
 * Errors: VT_MALFORMED no address; VT_IO taken, not permitted */
VT_CHECKED bool vt_http_listen(const char *address, uint16_t port, int *fd_out,
                               uint16_t *port_out, struct vt_error *err);

/* listen_fd: borrowed; must be from vt_http_listen.  All strings and tables must live as
 * long as the server.  Returned; end with vt_http_server_free.  VT_IO. */
VT_CHECKED bool vt_http_server_new(int listen_fd, const struct vt_http_options *options,
                                   struct vt_http_server **server_out,
                                   struct vt_error *err);
void vt_http_server_free(struct vt_http_server *server); /* NULL allowed */
void vt_http_server_free_pointer(struct vt_http_server **server);
#define VT_AUTO_HTTP_SERVER                                                                \
    __attribute__((cleanup(vt_http_server_free_pointer))) struct vt_http_server *

/* Serve until vt_http_server_stop was called (from a handler or a watch), and then until
 * what is under way is answered or stop_ms_max are over.  The error of a watch: its own. */
VT_CHECKED bool vt_http_server_run(struct vt_http_server *server, struct vt_error *err);
/* Take no new connection and no new request, and let vt_http_server_run return. */
void vt_http_server_stop(struct vt_http_server *server);

struct vt_http_counts {
    uint64_t open;      /* connections now */
    uint64_t accepted;  /* in all; of them: */
    uint64_t cut_off;   /* did not send its request, or take its answer, in time */
    uint64_t displaced; /* was idle for the longest when there were too many */
};
struct vt_http_counts vt_http_server_counts(const struct vt_http_server *server);

/* ---- inside a handler -------------------------------------------------------------------
 */

/* Borrowed from the exchange: the body until it is answered, the others until the handler
 * returns (a client that goes takes them along). */
vt_slice vt_http_body(const struct vt_http_exchange *exchange);
vt_slice vt_http_path(const struct vt_http_exchange *exchange); /* decoded, no query */
/* The header's value; empty if there is none. */
vt_slice vt_http_header(const struct vt_http_exchange *exchange, const char *name);
/* The query's value, decoded; empty if there is none. */
vt_slice vt_http_query(const struct vt_http_exchange *exchange, const char *name);

/* Does the value of an Accept header name this type itself, with a weight that is not 0?  A
 * wildcard does not name it; case does not count.
 * Spec: RFC 9110, 12.5.1 */
bool vt_http_accepts(vt_slice header, const char *type);
/* The token in the value of an Authorization header of scheme Bearer, in whatever case.
 * Spec: RFC 6750, 2.1; RFC 9110, 11.1 */
bool vt_http_bearer(vt_slice header, vt_slice *token_out);

/* What the owner remembers with an exchange; NULL at first. */
void vt_http_set_owned(struct vt_http_exchange *exchange, void *owned);
void *vt_http_owned(const struct vt_http_exchange *exchange);
/* Inside `take`: no more pieces, nor `handle`, until vt_http_resume is called (from
 * elsewhere), or an answer is given.  A client that goes meanwhile is noticed then. */
void vt_http_pause(struct vt_http_exchange *exchange);
void vt_http_resume(struct vt_http_exchange *exchange);

/* Add a header to the answer to come; at most 8.  Both are copied. */
void vt_http_set_header(struct vt_http_exchange *exchange, const char *name,
                        const char *value);
/* Answer, once.  body is copied.  The exchange must not be used afterwards. */
void vt_http_answer(struct vt_http_exchange *exchange, int status, const char *content_type,
                    vt_slice body);
/* The same with a whole file as body, streamed: fd is taken (closed also after failure). */
void vt_http_answer_fd(struct vt_http_exchange *exchange, int status,
                       const char *content_type, int fd, uint64_t bytes);
/* The same with bytes that the server takes and frees. */
void vt_http_answer_buf(struct vt_http_exchange *exchange, int status,
                        const char *content_type, struct vt_buf *body);

/* An answer that is made once and given often, with no allocation and no copy.  Its headers
 * are its own: what vt_http_set_header added to the exchange does not go with it.  body is
 * copied.  headers: names and values in turn, ended by NULL.  Returned; ends with
 * vt_http_ready_free, also while it is on its way to somebody. */
struct vt_http_ready;
struct vt_http_ready *vt_http_ready_new(const char *content_type,
                                        const char *const headers[], vt_slice body);
void vt_http_ready_free(struct vt_http_ready *ready); /* NULL allowed */
vt_slice vt_http_ready_body(const struct vt_http_ready *ready);
/* Inside a handler; status 200. */
void vt_http_answer_ready(struct vt_http_exchange *exchange,
                          const struct vt_http_ready *ready);

/* The same with a sentence as plain text; a '\n' is added. */
VT_PRINTF(3, 4)
void vt_http_answer_text(struct vt_http_exchange *exchange, int status, const char *format,
                         ...);

#endif
