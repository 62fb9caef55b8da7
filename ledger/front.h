/* What the files of the ledger's front share.  Private to ledger/.
 *
 *   request        a POST that waits: one entry, or the entries of a batch
 *   item           one entry of it, in the queue to the sequencer
 *
 *   queue:   [ sent to the sequencer, not answered | waiting ]
 *             sent of them                           ... count                           */
#ifndef VT_LEDGER_FRONT_H
#define VT_LEDGER_FRONT_H

#include "http/http.h"
#include "ledger/beside.h"
#include "ledger/frozen.h"
#include "ledger/ledger.h"
#include "ledger/lookup.h"
#include "ledger/serve_message.h"
#include "ledger/shelf.h"
#include "store/disk.h"

enum vt_front_wish { VT_WISH_INDEX, VT_WISH_BATCH, VT_WISH_PROOF };

struct vt_front_request {
    struct vt_http_exchange *exchange; /* NULL: it was told to come back */
    enum vt_front_wish wish;
    size_t count, done;
    int64_t since_ms;
    struct vt_front_request *next, *before; /* among those that wait for a checkpoint */
    struct vt_front_result {
        enum vt_code code;
        uint64_t index;
        char *message; /* owned; NULL: none */
    } results[];
};

struct vt_front_item {
    struct vt_front_request *request;
    size_t at;      /* in its results */
    vt_slice entry; /* in the exchange's body */
};

/* A predicate that comes. */
struct vt_front_keep {
    struct vt_front_ledger *ledger;
    struct vt_http_exchange *exchange;
    unsigned slot;
    struct vt_buf piece; /* gathered, not sent yet */
    uint64_t bytes;      /* in all */
    bool is_asked;       /* the sequencer; the client is paused */
    bool is_whole;       /* the body is here */
    bool is_ended;       /* and all of it was sent */
};

/* What is known of a witness since this process began, for /metrics. */
struct vt_front_witness {
    char name[256];
    enum vt_witness_end end; /* of the last round */
    uint64_t status;         /* of its last answer; 0: none */
    uint64_t size;           /* of the tree that it has cosigned last; 0: it never said */
    uint64_t took_ms;        /* its last answer */
    uint64_t cosigned;       /* checkpoints */
    int64_t cosigned_ms;     /* the last time; 0: never */
};

/* What is counted, for /metrics. */
struct vt_front_counts {
    uint64_t entries, refused, too_many, forbidden, reads, not_found, lookups;
    uint64_t proofs, checkpoints, failures, kept;
    uint64_t latency_ms[16]; /* requests to add that took up to 2^n ms */
    uint64_t latency_sum_ms, latency_count;
};

/* One who may add entries. */
struct vt_front_writer {
    const char *name;
    vt_hash token; /* SHA-256 of it */
};

struct vt_front;

/* A ledger that is served. */
struct vt_front_ledger {
    struct vt_front *front;      /* borrowed */
    const char *prefix;          /* "" or "/NAME" */
    struct vt_disk *disk;        /* read only */
    struct vt_channel sequencer; /* fd -1: the log has ended */
    struct vt_frozen frozen;     /* which one goes on; origin empty: this one does */

    struct vt_front_item *queue; /* a ring of front->pending_max */
    uint64_t first, count, sent;
    uint64_t bytes;         /* of the entries in it */
    uint64_t waiting_bytes; /* of those not sent yet, as they take room in a message */
    struct vt_buf out;      /* the message that is written */
    uint16_t in_flight[4];  /* entries in each ADD under way */
    unsigned messages;

    struct vt_front_keep *keeps[VT_SERVE_SLOTS]; /* owned; NULL: free */

    struct vt_front_request *waiting; /* head of the ring of those that want a proof */
    uint64_t size;                    /* durable */
    struct vt_head published;
    struct vt_buf checkpoint;
    int64_t published_ms;     /* when we heard of it */
    int64_t behind_since_ms;  /* since when durable entries wait for a checkpoint */
    char failure[240];        /* of the last publication; "".  Not for strangers */
    bool is_unwitnessed;      /* it: too few witnesses */
    bool is_full;             /* the disk, when the last entry came */
    bool is_stalled;          /* the sequencer has not answered for too long */
    struct vt_prover *prover; /* of the published tree */
    struct vt_lookup *lookup; /* as it was built when it was asked last; NULL: never */
    struct vt_front_counts counts;
    struct vt_front_witness *witnesses; /* VT_POLICY_WITNESSES_MAX */
    size_t witness_count;               /* that we have heard of */
};

struct vt_front {
    struct vt_arena *arena;
    struct vt_http_server *server;
    struct vt_front_ledger *ledgers;
    size_t ledger_count;
    uint64_t pending_max, connections_max;
    uint64_t awaited;     /* connections whose requests wait for a proof */
    uint64_t lag_ms_max;  /* so long entries may wait for a checkpoint and we are well */
    uint64_t wait_ms_max; /* nobody waits longer, for the disk or for a quorum */
    struct vt_front_writer *writers; /* none: everybody */
    size_t writer_count;
    char *tls_certificate, *tls_key; /* NULL: plain HTTP */
    int64_t started_ms;
    uint64_t logged[8]; /* what the last line of the log counted */
};

/* ---- front_add.c: entries, in and answered ----------------------------------------------
 */

void vt_front_on_add(void *context, struct vt_http_exchange *exchange);
/* The path from a leaf to the published root, checked before it leaves; appended. */
VT_CHECKED bool vt_front_prove(struct vt_front_ledger *ledger, uint64_t index,
                               vt_slice entry, struct vt_buf *out, struct vt_error *err);
void vt_front_on_batch(void *context, struct vt_http_exchange *exchange);
/* Takes this log entries still?  Else it was answered (410, and which one goes on). */
bool vt_front_goes_on(struct vt_front_ledger *ledger, struct vt_http_exchange *exchange);
/* That, and may this client write?  Else it was answered. */
bool vt_front_may_write(struct vt_front_ledger *ledger, struct vt_http_exchange *exchange);
/* The same, asked of the head alone: a body is not gathered for nothing. */
bool vt_front_may(void *context, struct vt_http_exchange *exchange);
/* After each turn of the server: what its handlers gathered goes to the sequencers. */
bool vt_front_send_all(void *context, struct vt_error *err);
/* The sequencer has said something; a watch. */
bool vt_front_on_sequencer(void *context, struct vt_error *err);
/* Who waits too long for the disk or for a checkpoint is told so. */
void vt_front_expire(struct vt_front_ledger *ledger, int64_t now_ms);
void vt_front_drop_all(struct vt_front_ledger *ledger); /* at the end */
/* Of a log that has ended: which one goes on, and the last checkpoint.  Errors: as of a
 * sequencer that gives nonsense; VT_ABSENT one of the files is not there */
VT_CHECKED bool vt_front_load_end(struct vt_front_ledger *ledger, struct vt_error *err);

/* ---- front_keep.c: predicates, in pieces ------------------------------------------------
 */

extern const struct vt_http_stream vt_front_keep_stream;
void vt_front_on_keep(void *context, struct vt_http_exchange *exchange);
/* A KEPT of the sequencer. */
VT_CHECKED bool vt_front_take_kept(struct vt_front_ledger *ledger, vt_slice body,
                                   struct vt_error *err);
void vt_front_drop_keeps(struct vt_front_ledger *ledger); /* at the end */

/* ---- front_read.c: tiles, checkpoint, health --------------------------------------------
 */

void vt_front_on_tile(void *context, struct vt_http_exchange *exchange);
/* The bytes of a predicate that an entry names (ledger/beside.h). */
void vt_front_on_beside(void *context, struct vt_http_exchange *exchange);
/* What the operator's verbs leave beside the checkpoint: VT_FROZEN_NAME and its like. */
void vt_front_on_paper(void *context, struct vt_http_exchange *exchange);
void vt_front_on_checkpoint(void *context, struct vt_http_exchange *exchange);
/* front_lookup.c: which entries concern this term? */
void vt_front_on_lookup(void *context, struct vt_http_exchange *exchange);
/* Its prefix, as people see it. */
const char *vt_front_label(const struct vt_front_ledger *ledger);
/* Are its checkpoints keeping up?  Whatever holds them up: witnesses, signer or disk. */
bool vt_front_is_well(const struct vt_front_ledger *ledger);
void vt_front_on_health(void *context, struct vt_http_exchange *exchange);

/* The ledger that this path is about; its prefix was matched by the route. */
struct vt_front_ledger *vt_front_ledger_of(struct vt_front *front, vt_slice path);

/* ---- front_metrics.c --------------------------------------------------------------------
 */

void vt_front_on_metrics(void *context, struct vt_http_exchange *exchange);
/* A WITNESSES of the sequencer. */
VT_CHECKED bool vt_front_take_witnesses(struct vt_front_ledger *ledger, vt_slice body,
                                        struct vt_error *err);

#endif
