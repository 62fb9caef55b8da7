/* Asking the witnesses of a policy for their cosignatures, all at once.
 *
 * A mirror is a witness too, whose cosignature needs the entries first.  tlog-policy does
 * not tell them apart, but they do: a mirror must not sign in add-checkpoint.  So whoever
 * says yes there without a line of his key is fed with add-entries, as far as he lacks
 * entries, if the caller has them (`shelf`).
 *
 * A witness is believed nothing: a cosignature counts only after it was verified, and a
 * size that it names is only used to ask again.  One that is slow, dead, lying or in the
 * way of itself costs nothing but its cosignature, as long as the others are a quorum. */
#ifndef VT_LEDGER_WITNESS_CLIENT_H
#define VT_LEDGER_WITNESS_CLIENT_H

#include "base/base.h"
#include "ledger/policy.h"
#include "ledger/prove.h"
#include "store/disk.h"

/* What came of asking one witness. */
enum vt_witness_end {
    VT_WITNESS_COSIGNED,    /* its cosignature was verified and added                */
    VT_WITNESS_NOT_ASKED,   /* the policy names no URL for it                        */
    VT_WITNESS_NOT_NEEDED,  /* the quorum was there before its answer                */
    VT_WITNESS_UNREACHABLE, /* no connection, or it broke                            */
    VT_WITNESS_LATE,        /* no answer in time                                     */
    VT_WITNESS_REFUSED,     /* it answered, with a status that is a no               */
    VT_WITNESS_AHEAD,       /* it has cosigned (a mirror: keeps, or was told of) a
                             * larger tree of this log than ours                     */
    VT_WITNESS_WRONG,       /* its answer breaks the protocol, or its cosignature is
                             * not good                                              */
};

/* "cosigned", "not-asked" ... */
const char *vt_witness_end_name(enum vt_witness_end end);

struct vt_witness_report {
    enum vt_witness_end end;
    int status;    /* of its last answer; 0: none */
    uint64_t size; /* of the tree that it has cosigned last, as far as it said */
    bool is_mirror;
    uint64_t next;       /* of a mirror: the first entry that it lacked, as it said last */
    int64_t time_unix_s; /* of its cosignature; 0: none */
    int64_t took_ms;     /* from the first question to its end */
    char message[240];   /* why not, in a sentence; "" if it cosigned */
};

struct vt_witness_client; /* connections are kept from one asking to the next */

/* policy and env: borrowed as long as the client lives.  Returned; end with
 * vt_witness_client_free.  VT_IO. */
VT_CHECKED bool vt_witness_client_new(const struct vt_policy *policy,
                                      const struct vt_env *env,
                                      struct vt_witness_client **client_out,
                                      struct vt_error *err);
void vt_witness_client_free(struct vt_witness_client *client); /* NULL allowed */
void vt_witness_client_free_pointer(struct vt_witness_client **client);
#define VT_AUTO_WITNESS_CLIENT                                                             \
    __attribute__((cleanup(vt_witness_client_free_pointer))) struct vt_witness_client *

struct vt_witness_asking {
    vt_slice note; /* the checkpoint, signed by its log */
    /* The size that a witness has probably cosigned last, for those that never told us:
     * that of the last published checkpoint; 0 if there is none. */
    uint64_t hint_size;
    /* Consistency of the note's tree with its first old_size entries; called with 0 <
     * old_size < the note's size.  Its failure ends the asking. */
    bool (*prove)(void *context, uint64_t old_size, uint64_t size, struct vt_proof *out,
                  struct vt_error *err);
    void *context;
    struct vt_disk *shelf; /* the log's folder, for mirrors; NULL: they are not fed */
    bool is_for_mirrors;   /* whoever is known as a witness is not asked */
    /* Of a mirror whose key we cannot check: what it says is taken as it is. */
    bool is_unchecked;
    int64_t timeout_ms; /* for each answer; 0: 5 s, 30 s with entries */
    int64_t total_ms;   /* for all of it; 0: 15 s */
    int64_t linger_ms;  /* wait so long for more cosignatures than the quorum; 0: none */
};

/* Ask, and append to note_out the note with the cosignatures behind it.  reports:
 * policy->witness_count of them, in the policy's order, filled in any case.  With quorum
 * `none` nobody is asked unless linger_ms is given.
 * Errors: VT_REJECTED  no quorum; the sentence names who is missing
 *         VT_MALFORMED the note is no checkpoint
 *         VT_IO        and those of prove
 * Spec:   tlog-witness, "add-checkpoint"; tlog-mirror, "Updating a Mirror" */
VT_CHECKED bool vt_witness_client_ask(struct vt_witness_client *client,
                                      const struct vt_witness_asking *asking,
                                      struct vt_buf *note_out,
                                      struct vt_witness_report *reports,
                                      struct vt_error *err);

#endif
