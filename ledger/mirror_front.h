/* What the files of the mirror's front share.  Private to ledger/.
 *
 * Whatever needs the signer is a job; one is under way, the others wait in a line.  An
 * upload has at most one job at a time, and its body is paused as long, so the line is as
 * long as there are requests, and each of them holds at most one package. */
#ifndef VT_LEDGER_MIRROR_FRONT_H
#define VT_LEDGER_MIRROR_FRONT_H

#include "http/gzip.h"
#include "http/http.h"
#include "ledger/mirror_message.h"
#include "ledger/witness_reply.h"
#include "store/disk.h"

struct vt_mirror_front;
struct vt_mirror_upload_inside; /* mirror_upload.c */

struct vt_mirror_job {
    /* Tell the signer; and what it answered. */
    bool (*send)(struct vt_mirror_front *front, struct vt_mirror_job *job,
                 struct vt_error *err);
    bool (*take)(struct vt_mirror_front *front, struct vt_mirror_job *job,
                 const struct vt_message *message, struct vt_error *err);
    void (*drop)(struct vt_mirror_job *job); /* when we end; NULL: it is an upload's */
    struct vt_mirror_job *next;
    bool is_waiting; /* in the line, or under way */
};

struct vt_mirror_front {
    struct vt_arena *arena;
    struct vt_witness_config config;
    struct vt_mirror_state *states; /* as config.logs; as far as we heard */
    struct vt_disk *copies;         /* read only */
    const char *folder;             /* of the copies */
    uint32_t uploads_max, connections_max;
    struct vt_channel signer;
    struct vt_http_server *server;
    struct vt_mirror_job *first, **last;
    struct vt_mirror_upload_inside *all; /* uploads, in a list */
    size_t uploads;
    struct vt_error trouble; /* why we end, when it was found inside a handler */
};

/* Put it into the line. */
void vt_mirror_front_put(struct vt_mirror_front *front, struct vt_mirror_job *job);

/* ---- mirror_upload.c: add-entries -------------------------------------------------------
 */

extern const struct vt_http_stream vt_mirror_upload_stream;
/* Its whole body is here. */
void vt_mirror_upload_on_end(void *context, struct vt_http_exchange *exchange);
void vt_mirror_upload_drop_all(struct vt_mirror_front *front); /* at the end */

#endif
