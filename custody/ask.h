/* Asking a key agent for file keys: sign a statement, log its commitment, prove that, ask,
 * and open the answer.  For the reader's machine and for a scanner's dispatcher.
 *
 * The statement's keys and the recipient's identity stay with the caller; what leaves the
 * machine is the commitment (to the ledger) and the statement with its proof (to the
 * agent). Spec: custody/request.h; custody/DESIGN.md */
#ifndef VT_CUSTODY_ASK_H
#define VT_CUSTODY_ASK_H

#include "base/base.h"
#include "crypto/age_grant.h"
#include "custody/access.h"
#include "custody/agent.h"
#include "evidence/trust.h"
#include "http/client.h"

/* Who is asked; all is borrowed.  What a call does not ask may be NULL. */
struct vt_asker {
    const char *ledger;               /* URL of the access ledger */
    const char *token;                /* of one of its writers; NULL: none is needed */
    const char *agent;                /* URL of the key agent */
    const struct vt_keyring *keyring; /* the trust root, and who is enrolled */
    const struct vt_env *env;
    struct vt_http_client *client;
};

/* The failure of a call that was answered with a no: VT_IO if it may be a yes later, else
 * VT_REJECTED.  Returns false. */
bool vt_ask_fail(const struct vt_http_call *call, struct vt_error *err);
/* The same for an answer of a key agent, with the sentence that it gives. */
bool vt_ask_fail_told(const struct vt_http_call *call, struct vt_error *err);

/* An object that is wanted. */
struct vt_ask_object {
    vt_slice header;                   /* its complete age header */
    struct vt_age_recipient recipient; /* that it is sealed for */
};

/* SHA-256 of the header: how statements name the object. */
vt_hash vt_ask_object_id(const struct vt_ask_object *object);

/* Write and sign the statement: keys of the person and the role (one key may be both only
 * if the policy names it as both).  envelope_out: appended.
 * Errors: those of vt_access_write and vt_envelope_sign */
VT_CHECKED bool vt_ask_sign(const struct vt_access *access,
                            const struct vt_key *const *keys, size_t count,
                            struct vt_buf *envelope_out, struct vt_error *err);

/* A signed statement with the salt of its commitment: whoever has both can show what the
 * entry on the ledger says.  They are kept, durably, before anything is sent: with them the
 * same can be asked again after a crash, and its answer fetched. */
struct vt_asked {
    uint8_t salt[VT_ACCESS_SALT_BYTES];
    vt_slice envelope;
};

/* Draw the salt of a new statement. */
void vt_ask_draw_salt(const struct vt_env *env, struct vt_asked *asked);

/* Put the commitment on the ledger, if it is not there, and wait for the proof with a
 * quorum; it is checked.  proof_out: emptied first, text of a tlog-proof.
 * Errors: VT_IO no answer, or the ledger is down: then nobody reads
 *         VT_REJECTED the ledger refuses, or its proof does not hold */
VT_CHECKED bool vt_ask_commit(const struct vt_asker *asker, const struct vt_asked *asked,
                              struct vt_buf *proof_out, struct vt_error *err);

enum vt_ask_outcome {
    VT_ASK_RELEASED,
    VT_ASK_ANNOUNCED, /* it must wait until ready_unix_s */
    VT_ASK_REFUSED,
};

struct vt_ask_answer {
    enum vt_ask_outcome outcome;
    char message[240];     /* why not */
    enum vt_agent_end end; /* why never again */
    int64_t ready_unix_s;
    struct vt_age_grant grant; /* released: the file keys, in locked memory */
    struct vt_buf headers;     /* of a relocation, instead: custody/rewrap.h */
    struct vt_buf tally;       /* released: the agent's signed count, checked */
    struct vt_buf claim; /* erased: custody/erasure.h, an agent's answer; not checked */
};
void vt_ask_answer_clear(struct vt_ask_answer *answer);
#define VT_AUTO_ASK_ANSWER                                                                 \
    __attribute__((cleanup(vt_ask_answer_clear))) struct vt_ask_answer

struct vt_ask_wish {
    const struct vt_ask_object *objects; /* in any order */
    size_t object_count;                 /* 1 to VT_ACCESS_BATCH_MAX */
    const vt_hash *ids; /* of the whole batch, ascending; NULL: the statement names them */
    size_t id_count;
    const struct vt_age_identity *identity; /* of the statement's recipient; NULL: it is a
                                             * relocation, and gets headers */
    bool is_erasure; /* no key is wanted: identity is NULL, and no object need be shown */
};

/* Commit and ask; a newer proof is sent by itself, a few times.  Where the agent has
 * started since the statement was logged it wants it logged anew: the salt is then the next
 * one that follows from the one that was drawn, so whoever kept that one finds the same way
 * again. *asked holds the salt that counted.  Answers are no failures. Errors: VT_IO no
 * answer of ledger or agent; VT_REJECTED one of them lies; VT_MALFORMED; VT_LIMIT */
VT_CHECKED bool vt_ask_release(const struct vt_asker *asker, struct vt_asked *asked,
                               const struct vt_ask_wish *wish, struct vt_ask_answer *answer,
                               struct vt_error *err);

/* The agent's count as it says it now, checked: signed by a key that is an agent's.
 * Appended.  Errors: VT_IO; VT_REJECTED; VT_MALFORMED */
VT_CHECKED bool vt_ask_count(const struct vt_asker *asker, struct vt_buf *tally_out,
                             struct vt_error *err);
/* Put a statement on the access ledger of that origin, and wait for the proof with a
 * quorum; it is checked.  proof_out: emptied first.  Errors: as vt_ask_commit */
VT_CHECKED bool vt_ask_log(const struct vt_asker *asker, vt_slice envelope, vt_slice origin,
                           struct vt_buf *proof_out, struct vt_error *err);
/* Put a tally on the access ledger.  Errors: VT_IO, VT_REJECTED */
VT_CHECKED bool vt_ask_log_count(const struct vt_asker *asker, vt_slice tally,
                                 struct vt_error *err);

#endif
