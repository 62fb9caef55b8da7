/* Sharing a file with a cell, the client's side: what would be sent, in plain words; the
 * sealed file in the client's folder, from which an upload that broke off goes on; the line
 * in the record before a byte leaves; the receipt, checked and kept.
 *
 *   outbox/OBJECT.body   the sealed file      } until the receipt is here
 *   outbox/OBJECT.wish   the signed wish      }
 *   receipts/OBJECT      the receipt
 *   bonds/OBJECT         by which we can ask who had its key (cell/bond.h)
 *
 * The caller has the folder's lock, and has judged trust root, table of residency and head.
 */
#ifndef VT_CELL_SHARE_H
#define VT_CELL_SHARE_H

#include "cell/decide.h"
#include "cell/head_check.h"
#include "cell/recipient.h"
#include "cell/share_receipt.h"
#include "store/disk.h"

/* Where to, and by which papers; all borrowed. */
struct vt_share_place {
    const struct vt_trust *trust;
    const struct vt_residency *policy;
    const char *country;                /* where this client is */
    const struct vt_head_verdict *head; /* a yes */
    /* The documents behind the digests that the head selects. */
    const struct vt_recipient *recipients;
    size_t recipient_count;
    const struct vt_env *env;
};

/* ---- what would be sent ----------------------------------------------------------------
 */

struct vt_share_plan {
    const char *path; /* borrowed */
    vt_hash plain;    /* SHA-256 of the file: it does not leave */
    uint64_t plain_bytes;
    const struct vt_recipient *recipient; /* in the place */
    vt_slice rule;                        /* that asks; empty: its hash does */
    vt_slice purpose; /* as the supervisor's authorisation has it; in the head */
};

/* rule: that found the file here, and asks for such files; NULL: its hash must be on the
 * list.
 * Errors: VT_REJECTED this cell is not ours, nothing on its list asks for the file, or it
 *                     has no recipient for us now
 *         VT_IO       the file cannot be read */
VT_CHECKED bool vt_share_plan_make(const struct vt_share_place *place, const char *path,
                                   const char *rule, struct vt_share_plan *out,
                                   struct vt_error *err);
/* Append what would be sent, to whom, why, and what that tells, for a person. */
void vt_share_plan_text(const struct vt_share_place *place,
                        const struct vt_share_plan *plan, struct vt_buf *out);

/* ---- the sealed file -------------------------------------------------------------------
 */

struct vt_share_parcel {
    struct vt_share_request request; /* slices point into text */
    struct vt_buf text;              /* owned */
    bool was_begun;                  /* found in the outbox */
};

void vt_share_parcel_clear(struct vt_share_parcel *parcel);
#define VT_AUTO_SHARE_PARCEL                                                               \
    __attribute__((cleanup(vt_share_parcel_clear))) struct vt_share_parcel

/* The one in the outbox that was begun for this file, or a new one, durable there.  Nobody
 * can open it but who has the recipient's key: the file key is not kept.
 * Errors: VT_REJECTED the file was changed meanwhile; VT_IO */
VT_CHECKED bool vt_share_parcel_open(struct vt_disk *home,
                                     const struct vt_share_place *place,
                                     const struct vt_share_plan *plan,
                                     const struct vt_key *pseudonym,
                                     struct vt_share_parcel *out, struct vt_error *err);

/* ---- sending ---------------------------------------------------------------------------
 */

/* What a cell answered; statuses as in cell/keeper_message.h. */
struct vt_share_reply {
    int status;
    uint64_t offset;
    uint32_t retry_after_s;
    char sentence[240];
    char cell[65], url[1025];
    struct vt_buf document; /* owned */
};

/* How a cell is asked.  Each fills the reply (zeroed by the caller), or fails with VT_IO or
 * VT_LIMIT when no answer came. */
struct vt_share_door {
    bool (*share)(void *context, const struct vt_share_request *request,
                  struct vt_share_reply *out, struct vt_error *err);
    bool (*put)(void *context, const vt_hash *object, uint64_t offset, vt_slice bytes,
                struct vt_share_reply *out, struct vt_error *err);
    void *context;
    size_t piece_bytes; /* of one put; 0: 1 MiB */
    unsigned tries;     /* without an answer, one after the other; 0: 6 */
};

/* Over HTTP.  url: the cell's, borrowed; returned, end with vt_share_http_close. */
struct vt_share_http;
VT_CHECKED bool vt_share_http_open(const char *url, struct vt_share_http **out,
                                   struct vt_error *err);
void vt_share_http_close(struct vt_share_http *http); /* NULL allowed */
struct vt_share_door vt_share_http_door(struct vt_share_http *http);
/* Take an answer apart that is no receipt.  VT_MALFORMED */
VT_CHECKED bool vt_share_reply_parse(vt_slice json, struct vt_share_reply *out,
                                     struct vt_error *err);

/* What came of it. */
struct vt_share_outcome {
    bool is_held; /* the cell had the file already */
    int64_t until_unix_s;
    uint64_t bytes_sent; /* of the body, in this call */
};

/* Send the parcel: consent is asked for, the line in the record written (once), the wish
 * signed anew; then begun, or gone on with where the cell says; the receipt is checked and
 * kept, and the parcel taken out of the outbox.
 *
 * what  for the record, in plain words; 1 to 512 bytes
 *
 * Errors: VT_REJECTED nobody has allowed it; the cell says no, or its receipt is none
 *         VT_LIMIT    it takes nothing now (the sentence says when to come again)
 *         VT_IO       no answer, or the folder; what was begun goes on in the next call */
VT_CHECKED bool vt_share_send(struct vt_disk *home, const struct vt_share_place *place,
                              struct vt_share_parcel *parcel, vt_slice what,
                              const struct vt_key *pseudonym,
                              const struct vt_share_door *door,
                              struct vt_share_outcome *out, struct vt_error *err);

#endif
