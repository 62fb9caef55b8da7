/* A request to release, taken apart: what a key agent's front hands to its holder.
 *
 * Nothing in it is text that the holder would have to parse: the statement is its fields,
 * from which the holder writes the payload itself and checks the signatures over that; the
 * checkpoint is size, root and signatures, for which it composes the note; an age header
 * with one X25519 stanza is three fields of 32 bytes, since such a header has one spelling.
 * So a front that was conquered can say nothing that was not signed. */
#ifndef VT_CUSTODY_AGENT_ASK_H
#define VT_CUSTODY_AGENT_ASK_H

#include "base/base.h"
#include "custody/access.h"
#include "custody/disclosure.h"
#include "custody/request.h"
#include "ledger/policy.h"

struct vt_agent_signature {
    vt_hash key_id;
    uint8_t bytes[64];
};

struct vt_agent_cosignature {
    uint16_t witness; /* its place in the policy */
    int64_t time_unix_s;
    uint8_t bytes[64];
};

/* An age header with one X25519 stanza. */
struct vt_agent_object {
    uint8_t recipient; /* its place among the recipients */
    uint8_t share[32];
    uint8_t body[32];
    uint8_t mac[32];
};

struct vt_agent_ask {
    uint8_t salt[VT_ACCESS_SALT_BYTES];
    struct vt_access access;
    struct vt_agent_signature signatures[VT_ACCESS_SIGNATURES_MAX];
    size_t signature_count;
    /* The proof that its commitment is on the ledger. */
    uint64_t size;
    vt_hash root;
    uint16_t log; /* whose key signed: its place in the policy */
    uint8_t log_signature[64];
    struct vt_agent_cosignature cosignatures[VT_POLICY_WITNESSES_MAX];
    size_t cosignature_count;
    uint64_t index;
    struct vt_proof inclusion;
    uint64_t seen_size; /* that growth begins with */
    struct vt_proof growth;
    /* What is wanted. */
    const vt_hash *ids; /* of the batch */
    size_t id_count;
    struct vt_age_recipient recipients[VT_CUSTODY_RECIPIENTS_MAX];
    size_t recipient_count;
    const struct vt_agent_object *objects;
    size_t object_count; /* at most VT_ACCESS_BATCH_MAX; 0: to erase, what is named */
};

/* Take a request apart; policy: of the trust root.  Slices of *out point into the arena or
 * the request.
 * Errors: VT_MALFORMED, VT_LIMIT what has not its form, or a checkpoint with extensions
 *         VT_REJECTED  no log of the policy signed the checkpoint, or a header that is not
 *                      sealed for exactly one X25519 key; VT_IO memory */
VT_CHECKED bool vt_agent_ask_take(const struct vt_custody_request *request,
                                  const struct vt_policy *policy, struct vt_arena *arena,
                                  struct vt_agent_ask *out, struct vt_error *err);

/* As a message between front and holder; exact inverses.  Slices point into bytes, arrays
 * lie in the arena. */
#define VT_AGENT_ASK_BYTES_MAX VT_MIB(1)
void vt_agent_ask_write(struct vt_buf *out, const struct vt_agent_ask *ask);
VT_CHECKED bool vt_agent_ask_read(vt_slice bytes, struct vt_arena *arena,
                                  struct vt_agent_ask *out);

/* A question for the accesses of one object, or the order of its sealer to release it never
 * again, taken apart (custody/disclosure.h). */
struct vt_agent_question {
    bool is_withdrawal;
    vt_hash nonce;
    int64_t at_unix_s;
    struct vt_age_recipient recipient;
    struct vt_agent_object object; /* its recipient is 0: the one above */
    vt_hash proof;
};

#define VT_AGENT_QUESTION_BYTES_MAX 256

/* Errors: VT_MALFORMED; VT_REJECTED not sealed for exactly one X25519 key */
VT_CHECKED bool vt_agent_question_take(const struct vt_disclosure_request *request,
                                       struct vt_agent_question *out, struct vt_error *err);
/* As a message; exact inverses. */
void vt_agent_question_write(struct vt_buf *out, const struct vt_agent_question *question);
VT_CHECKED bool vt_agent_question_read(vt_slice bytes, struct vt_agent_question *out);

/* The complete age header: appended. */
void vt_agent_object_header(const struct vt_agent_object *object, struct vt_buf *out);

#endif
