/* A mirror that others feed: what is pending, what is kept, what was cosigned, and the
 * decisions about them, where the key is.  It believes no field that a front sends: a
 * pending checkpoint is judged as a witness does (and not signed), a ticket bears our own
 * check, a package its proof; and a tree is cosigned only when all of it is durable here,
 * can be served, and has the root that its log signed.
 *
 *   FOLDER/pending/       the last checkpoint of each log that was accepted
 *   FOLDER/cosigned/      the last one of each that was cosigned
 *   FOLDER/copies/HASH/   the copies (ledger/copy.h), HASH = SHA-256 of the origin
 *
 * Both memories are those of a witness (ledger/witness_memory.h).  After VT_IO only closing
 * is left.
 * Spec: C2SP tlog-mirror */
#ifndef VT_LEDGER_MIRROR_HOST_H
#define VT_LEDGER_MIRROR_HOST_H

#include "base/base.h"
#include "crypto/key.h"
#include "ledger/copy.h"
#include "ledger/witness_judge.h"

#define VT_MIRROR_COPIES "copies"

/* size, root, the log's key, its signature, our check */
#define VT_MIRROR_TICKET_BYTES (8 + 32 + 4 + 64 + 32)
/* Entries that may be sent again; more are a 409. */
#define VT_MIRROR_EXCESS_MAX 2048

/* Make the memories of a new one.
 * Errors: VT_REJECTED there are some that remember something; VT_IO */
VT_CHECKED bool vt_mirror_host_init(const char *folder, struct vt_error *err);
/* What an init that failed has made (vt_disk_abandon). */
void vt_mirror_host_abandon(const char *folder);

struct vt_mirror_host;

/* All is borrowed as long as it lives.  Checkpoints that were cosigned, but not shown when
 * the process died, are shown.  A copy that is damaged is said on standard error, and is
 * trouble of its log alone.  Returned; end with vt_mirror_host_close.
 * Errors: those of vt_witness_memory_open; VT_IO */
VT_CHECKED bool vt_mirror_host_open(const struct vt_witness_config *config,
                                    const struct vt_key *key, const char *folder,
                                    const struct vt_env *env,
                                    struct vt_mirror_host **host_out, struct vt_error *err);
void vt_mirror_host_close(struct vt_mirror_host *host); /* NULL allowed */

/* Where a log is. */
struct vt_mirror_state {
    bool has_pending;
    uint64_t pending, next, mirrored; /* sizes */
};
/* Errors: those of vt_copy_open */
VT_CHECKED bool vt_mirror_host_state(struct vt_mirror_host *host,
                                     const struct vt_witness_log *log,
                                     struct vt_mirror_state *out, struct vt_error *err);

/* add-checkpoint: what a witness would say; with YES it is pending, durably, not signed. */
VT_CHECKED bool vt_mirror_host_pend(struct vt_mirror_host *host,
                                    const struct vt_witness_question *question,
                                    struct vt_witness_verdict *out, struct vt_error *err);

/* ---- an upload: open, a package after the other, end ------------------------------------
 */

struct vt_mirror_upload {
    vt_hash log; /* SHA-256 of its origin */
    uint64_t start, end;
    bool has_ticket;
    uint8_t ticket[VT_MIRROR_TICKET_BYTES]; /* the client's, or that of the opening */
};

enum vt_mirror_what {
    VT_MIRROR_GO_ON,      /* opened, or the package was taken        */
    VT_MIRROR_COSIGNED,   /* 200                                     */
    VT_MIRROR_PROGRESS,   /* 202                                     */
    VT_MIRROR_FORM,       /* 400: no package of that upload          */
    VT_MIRROR_UNKNOWN,    /* 404                                     */
    VT_MIRROR_CONFLICT,   /* 409                                     */
    VT_MIRROR_NO_PENDING, /* 422: no checkpoint was ever pending     */
    VT_MIRROR_BAD_PROOF,  /* 422                                     */
    VT_MIRROR_TROUBLE,    /* 500: this copy is damaged               */
    VT_MIRROR_WHATS       /* how many there are                      */
};

struct vt_mirror_answer {
    enum vt_mirror_what what;
    struct vt_mirror_state state;
    /* Of a pending checkpoint that can be uploaded to; with GO_ON, PROGRESS, CONFLICT. */
    uint64_t size;
    uint8_t ticket[VT_MIRROR_TICKET_BYTES];
    int64_t time_unix_s;     /* with COSIGNED */
    uint8_t cosignature[64]; /* with COSIGNED */
};

/* May it begin?  With GO_ON the answer's ticket goes with its packages and its end. */
VT_CHECKED bool vt_mirror_host_begin(struct vt_mirror_host *host,
                                     const struct vt_mirror_upload *upload,
                                     struct vt_mirror_answer *out, struct vt_error *err);
/* range: of a package of the upload.  What was taken is durable with `end`. */
VT_CHECKED bool vt_mirror_host_take(struct vt_mirror_host *host,
                                    const struct vt_mirror_upload *upload,
                                    const struct vt_package_range *range,
                                    const struct vt_package *package,
                                    struct vt_mirror_answer *out, struct vt_error *err);
/* is_whole: the client has sent all of it.  What was taken is durable now; and if nothing
 * lacks, the tree is cosigned and shown. */
VT_CHECKED bool vt_mirror_host_end(struct vt_mirror_host *host,
                                   const struct vt_mirror_upload *upload, bool is_whole,
                                   struct vt_mirror_answer *out, struct vt_error *err);

#endif
