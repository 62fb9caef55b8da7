/* What the files of the cell's front share.  Private to cell/.
 *
 * The front knows what strangers ask and keeps none of it: no log, no counter by path or
 * address.  Each of its sides is a file with a table of routes:
 *
 *   front_read.c     what an epoch published
 *   front_answer.c   whole answers: a bucket with its way to the root, one or many
 *   front_about.c    which release runs here
 *   front_gateway.c  look-ups that were sealed, through the holder of the gateway's key
 *   front_keeper.c   samples, statistics, withdrawals: to the keeper, if there is one
 *   front_count.c    what was taken and refused, to the process that keeps the totals
 *   front_watch.c    health and metrics
 *
 * and front_place.c says of a request whose it is.                                  */
#ifndef VT_CELL_CELL_FRONT_H
#define VT_CELL_CELL_FRONT_H

#include "cell/count.h"
#include "cell/head.h"
#include "cell/residency.h"
#include "cell/statistic.h"
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
    uint64_t misplaced, fenced, kept, refused, too_many, sealed, unsealed, answers, batches;
};

struct vt_front_about;
struct vt_keeper_link;
struct vt_gateway_link;
struct vt_answers;
struct vt_count_link;

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
    json_t *papers; /* what we were told; the slices of the next ones point into it */
    struct vt_front_about *about;
    struct vt_answers *answers;         /* put together for look-ups */
    struct vt_residency *residency;     /* which cell is whose; NULL: nobody said */
    struct vt_statistic_schema *schema; /* of reports; NULL: none are taken */
    struct vt_keeper_link *keeper;      /* NULL: nothing is taken */
    struct vt_count_link *count;        /* NULL: nobody counts */
    struct vt_gateway_link *gateway;    /* NULL: there is none */
    struct vt_error trouble;            /* why we end, when it was found inside a handler */
    struct vt_cell_front_counts counts, logged;
    uint64_t cut_off_logged, displaced_logged;
    int64_t started_ms;
    bool is_draining;
    int64_t stop_at_ms; /* when draining */
};

/* Every table ends with a route without a method. */
extern const struct vt_http_route vt_cell_front_read_routes[];
extern const struct vt_http_route vt_cell_front_watch_routes[];
extern const struct vt_http_route vt_cell_front_answer_routes[];
extern const struct vt_http_route vt_cell_front_about_routes[];
extern const struct vt_http_route vt_cell_front_keeper_routes[];
extern const struct vt_http_route vt_cell_front_gateway_routes[];

/* Look whether another head is shown; at most a few times a second. */
void vt_cell_front_look(struct vt_cell_front *front);
/* Append what a GET of that name answers; false: there is nothing.  name: below public/. */
bool vt_cell_front_read(struct vt_cell_front *front, vt_slice name, struct vt_buf *out);
/* The answer to what is not there, and must not be kept by a cache. */
void vt_cell_front_not_found(struct vt_cell_front *front,
                             struct vt_http_exchange *exchange);
/* Answers are kept in memory, up to so many bytes. */
struct vt_answers *vt_cell_front_answers_new(uint64_t bytes_max);
void vt_cell_front_answers_free(struct vt_answers *answers); /* NULL allowed */
/* A new head is shown: its tree is the one that is asked about from now on. */
void vt_cell_front_answers_take(struct vt_cell_front *front);
/* Append the answer that "answer/ROOT/INDEX" names; false: there is none. */
bool vt_cell_front_answer_read(struct vt_cell_front *front, vt_slice name,
                               struct vt_buf *out);

/* Does the client have these bytes already?  Then it is answered (304). */
bool vt_cell_front_is_unchanged(struct vt_cell_front *front,
                                struct vt_http_exchange *exchange, const char *etag);

/* Before confinement.  evidence: borrowed as long as the front; empty: none.
 * Errors: VT_REJECTED it is about another file, and may not differ; VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_cell_front_about_new(struct vt_cell_front *front, vt_slice evidence,
                                        bool may_differ, struct vt_error *err);
void vt_cell_front_about_free(struct vt_front_about *about); /* NULL allowed */

/* One more.  Sent after each turn of the server's loop. */
void vt_cell_front_count(struct vt_cell_front *front, enum vt_data_class data,
                         enum vt_count_reason reason);
void vt_cell_front_count_some(struct vt_cell_front *f, enum vt_data_class data,
                              enum vt_count_reason reason, uint64_t count);
/* One more no, of those that have a reason.  is_fenced: 503 because data move. */
void vt_cell_front_count_status(struct vt_cell_front *front, enum vt_data_class data,
                                int status, bool is_fenced);
bool vt_cell_front_count_send(void *context, struct vt_error *err);
struct vt_count_link *vt_cell_front_count_new(int fd);
int vt_cell_front_count_fd(const struct vt_count_link *link);
void vt_cell_front_count_free(struct vt_count_link *link); /* NULL allowed */
bool vt_cell_front_on_counter(void *context, struct vt_error *err);

/* Does what the request's query says of its country belong here?  If not, it is answered:
 * 421 or 503 with the right cell. */
bool vt_cell_front_is_ours(struct vt_cell_front *front, struct vt_http_exchange *exchange,
                           enum vt_data_class data);
/* Put the right cell into the headers of an answer to come. */
void vt_cell_front_name_cell(struct vt_http_exchange *exchange, vt_slice cell,
                             vt_slice url);

/* The keeper's channel, of which fd is one end (taken); a watch reads it. */
struct vt_keeper_link *vt_cell_front_keeper_new(int fd);
int vt_cell_front_keeper_fd(const struct vt_keeper_link *link);
void vt_cell_front_keeper_free(struct vt_keeper_link *link); /* NULL allowed */
bool vt_cell_front_on_keeper(void *context, struct vt_error *err);
/* The same to the holder of the gateway's key. */
struct vt_gateway_link *vt_cell_front_gateway_new(int fd);
int vt_cell_front_gateway_fd(const struct vt_gateway_link *link);
void vt_cell_front_gateway_free(struct vt_gateway_link *link); /* NULL allowed */
bool vt_cell_front_on_gateway(void *context, struct vt_error *err);

/* How much later than it should the head is; false: there is none that is still valid, or
 * none at all. */
bool vt_cell_front_is_well(const struct vt_cell_front *front, int64_t now_unix_s);

#endif
