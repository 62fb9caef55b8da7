/* A key agent: it holds the keys that a cell's objects are sealed for, and gives nobody a
 * file key before the statement that asks for it is on the access ledger.
 *
 * As a server it is three processes: `serve` (the supervisor's; it starts and watches the
 * others), the front (sockets, parsing; no key, no file) and the holder (keys and openings;
 * no socket).  For tests the same functions run in one process. */
#ifndef VT_CUSTODY_AGENT_H
#define VT_CUSTODY_AGENT_H

#include "base/base.h"
#include "custody/agent_ask.h"
#include "custody/agent_store.h"
#include "custody/handover.h"
#include "custody/policy.h"
#include "evidence/trust.h"
#include "role/confine.h"

/* ---- its folder -------------------------------------------------------------------------
 *
 *   DIR/config.json     where its keys are
 *   DIR/trust.json      the trust root; DIR/policy.json  the supervisor's custody/v1
 *   DIR/enrolled/N.json enrolments by the supervisor
 *   DIR/certified/N.json  recipients that the trust root certifies (custody/recipient.h)
 *   DIR/shown/N.json    what the ledgers show, with N.tlog-proof (vt_agent_shown)
 *   DIR/holder/         the openings (custody/agent_store.h)                            */

#define VT_AGENT_RECIPIENTS_MAX 64
#define VT_AGENT_SHOWN_MAX      512
#define VT_AGENT_CERTIFIED_MAX  128

/* A key that objects of one country, class and period are sealed for. */
struct vt_agent_place {
    const char *country, *data_class, *period;
    const char *key; /* PEM file, or a "pkcs11:" URI */
};

/* A statement with its tlog-proof: a government request that the foundation issued (release
 * ledger), which ends the number for good where it says refused or withdrawn; or a head of
 * the cell, which names rules (its ledger of heads).  Without the first its number is
 * refused; without the second, where the trust root knows a ledger of the cell's heads, so
 * is a scan by these rules. */
struct vt_agent_shown {
    vt_slice statement, proof;
};

struct vt_agent_papers {
    vt_slice trust, policy;     /* envelopes */
    const vt_slice *enrolments; /* envelopes */
    size_t enrolment_count;
    const struct vt_agent_shown *shown;
    size_t shown_count;
    /* Documents of recipients (custody/recipient.h): of this agent's own keys, without
     * which none of them is opened, and of those that relocations may give file keys to. */
    const vt_slice *certified;
    size_t certified_count;
};

struct vt_agent_made {
    const char *key; /* of its tallies: a PEM file or a "pkcs11:" URI */
    const struct vt_agent_place *places;
    size_t place_count; /* 1 to VT_AGENT_RECIPIENTS_MAX */
};

/* Make one.  The papers must hold together, the key must be named as an agent's, and each
 * recipient be certified by the trust root for its country and class, with this agent's
 * holder.
 * passphrase: opens all keys.
 * Errors: VT_REJECTED there is one already, or a paper that nobody signed who may, or a
 *                     key; VT_MALFORMED; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_agent_init(const char *dir, const struct vt_agent_papers *papers,
                              const struct vt_agent_made *made, vt_slice passphrase,
                              const struct vt_env *env, struct vt_error *err);
/* Take newer papers, from the next start on: an empty slice leaves what is there, and
 * enrolments, documents of recipients and what is shown are added.  A policy's version only
 * grows, a trust root follows the one that is there.  Errors: as above; VT_ABSENT no agent
 * in dir */
VT_CHECKED bool vt_agent_update(const char *dir, const struct vt_agent_papers *papers,
                                const struct vt_env *env, struct vt_error *err);
const char *vt_agent_openings_path(struct vt_arena *arena, const char *dir);
const char *vt_agent_holder_folder(struct vt_arena *arena, const char *dir);

/* ---- in one process ---------------------------------------------------------------------
 */

struct vt_agent;

/* Open keys, papers and openings.  env: copied.  Returned; end with vt_agent_close.
 * Errors: VT_ABSENT no agent in dir; VT_REJECTED a paper, key or the openings;
 * VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_agent_open(const char *dir, vt_slice passphrase,
                              const struct vt_env *env, struct vt_agent **agent_out,
                              struct vt_error *err);
void vt_agent_close(struct vt_agent *agent); /* NULL allowed */
void vt_agent_close_pointer(struct vt_agent **agent);
#define VT_AUTO_AGENT __attribute__((cleanup(vt_agent_close_pointer))) struct vt_agent *

/* For whoever confines the process: what its tokens read (module-reads).  VT_LIMIT. */
VT_CHECKED bool vt_agent_rights(const struct vt_agent *agent, struct vt_rights *rights,
                                struct vt_error *err);

const struct vt_policy *vt_agent_policy(const struct vt_agent *agent);

/* Destroy the private key that this agent has for a country, class and period: recorded
 * first, durably; then the key's file is overwritten and removed, whatever kills us in
 * between is finished at the next start.  What was released before stays on record, its
 * answers are not given again, and every later request for what was sealed for that
 * recipient is refused.  Doing it again gives the same claim.
 * claim_out: appended; erasure/v1 (custody/erasure.h), signed, for the access ledger.
 * Errors: VT_ABSENT   this agent has no such key
 *         VT_IO       the state of the disk is unknown: close the agent */
VT_CHECKED bool vt_agent_destroy(struct vt_agent *agent, const struct vt_agent_place *place,
                                 struct vt_buf *claim_out, struct vt_error *err);
/* The same by the key, of whatever period it is; place: its country and class.
 * Errors: the same, and VT_REJECTED it is of another country or class */
VT_CHECKED bool vt_agent_destroy_recipient(struct vt_agent *agent,
                                           const struct vt_age_recipient *recipient,
                                           const struct vt_agent_place *place,
                                           struct vt_buf *claim_out, struct vt_error *err);

/* Add the key of a new period, from now on and after each start; its file must open.
 * dir: the agent's.
 * Errors: VT_REJECTED there is a key for that country, class and period, or was one that
 *                     was destroyed; it is another's key; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_agent_add_key(struct vt_agent *agent, const char *dir,
                                 const struct vt_agent_place *place, vt_slice passphrase,
                                 struct vt_error *err);
/* Where the key's file is, or was; NULL: nowhere, or there is no such key. */
const char *vt_agent_key_path(struct vt_agent *agent, const struct vt_agent_place *place);

/* What the asker does next, where the answer is not a yes. */
enum vt_agent_retry {
    VT_AGENT_RETRY_NO,        /* this statement will never be answered otherwise */
    VT_AGENT_RETRY_PROOF,     /* send a newer proof, growing from seen_size */
    VT_AGENT_RETRY_STATEMENT, /* log the statement anew, with another salt */
    VT_AGENT_RETRY_LATER,     /* at ready_unix_s, with a newer proof */
    VT_AGENT_RETRIES,
};
const char *vt_agent_retry_name(enum vt_agent_retry retry); /* "no", "proof" ... */

/* Why an answer can never come again (410), for programs. */
enum vt_agent_end {
    VT_AGENT_END_NONE,
    VT_AGENT_END_ERASED,    /* "erased": an object of it was */
    VT_AGENT_END_WITHDRAWN, /* "withdrawn": so one was, by whoever sealed it */
    VT_AGENT_END_DESTROYED, /* "key-destroyed": that it was sealed for, or since it was
                             * answered */
    VT_AGENT_ENDS,
};
const char *vt_agent_end_name(enum vt_agent_end end); /* "" for none */

struct vt_agent_reply {
    uint16_t status; /* 200 released, 202 announced, 400, 403, 409, 410 never again */
    enum vt_agent_retry retry;
    enum vt_agent_end end;
    uint64_t seen_size; /* of the tree that the agent remembers */
    int64_t ready_unix_s;
    char message[240];
    char alarm[240];     /* what must be said aloud; "": nothing */
    struct vt_buf grant; /* 200 */
    struct vt_buf tally; /* always: the agent's signed count */
    struct vt_agent_totals totals;
};
void vt_agent_reply_clear(struct vt_agent_reply *reply);
#define VT_AUTO_AGENT_REPLY                                                                \
    __attribute__((cleanup(vt_agent_reply_clear))) struct vt_agent_reply

/* Judge an ask.  What is answered is durable before it returns; the reply ends with
 * vt_agent_reply_clear, also after failure.
 * Errors: VT_IO nothing may be answered; close the agent */
VT_CHECKED bool vt_agent_answer(struct vt_agent *agent, const struct vt_agent_ask *ask,
                                struct vt_agent_reply *reply, struct vt_error *err);
/* Tell whoever sealed an object by which openings its key left: 200, and in `grant` the
 * signed list (custody/disclosure.h).  Nothing is unwrapped for anybody.  A question is not
 * recorded; a withdrawal is, once, before it is answered, and from then on the key is never
 * released again.  Errors: VT_IO close the agent */
VT_CHECKED bool vt_agent_disclose(struct vt_agent *agent,
                                  const struct vt_agent_question *question,
                                  struct vt_agent_reply *reply, struct vt_error *err);
/* A piece of the openings for a reviewer (custody/handover.h): 200, and in `grant` the
 * bytes; 429: so many a minute.  Errors: VT_IO close the agent */
VT_CHECKED bool vt_agent_hand(struct vt_agent *agent,
                              const struct vt_handover_request *request,
                              struct vt_agent_reply *reply, struct vt_error *err);
/* The tally alone. */
VT_CHECKED bool vt_agent_count(struct vt_agent *agent, struct vt_agent_reply *reply,
                               struct vt_error *err);

/* ---- serving ----------------------------------------------------------------------------
 */

struct vt_agent_serving {
    const char *dir;
    const char *address; /* IP literal to listen on */
    uint16_t port;       /* 0: any */
    vt_slice passphrase;
    unsigned pending_max;     /* requests that may wait for the holder; more get 429 */
    unsigned connections_max; /* at most VT_AGENT_CONNECTIONS_MAX */
    const char *tls_certificate, *tls_key; /* PEM; both NULL: plain HTTP */
    void (*ready)(void *context, uint16_t port);
    void *context;
};

#define VT_AGENT_CONNECTIONS_MAX 900
#define VT_AGENT_PENDING_MAX     64

/* Serve until SIGTERM or SIGINT (true).  Errors: those of vt_agent_open; address; VT_IO */
VT_CHECKED bool vt_agent_serve(const struct vt_agent_serving *serving,
                               struct vt_error *err);

#endif
