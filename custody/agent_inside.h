/* What the files of a key agent's holder share.  Private to custody/. */
#ifndef VT_CUSTODY_AGENT_INSIDE_H
#define VT_CUSTODY_AGENT_INSIDE_H

#include "crypto/age_grant.h"
#include "custody/agent.h"
#include "custody/agent_marks.h"
#include "custody/recipient.h"

/* An identity, and what is sealed for it. */
struct vt_agent_identity {
    struct vt_age_identity identity;
    vt_slice country, data_class, period;
    const char *key;   /* path of its file, or a "pkcs11:" URI; NULL: in none of ours */
    bool is_destroyed; /* its secret is gone; the recipient stays known */
    uint64_t claim_at; /* destroyed: where the record is */
};

/* A government request that a ledger shows.  Once it is shown ended it stays so, in
 * whatever order its statements come. */
struct vt_agent_issued {
    uint64_t number;
    bool is_ended;
};

/* Papers, parsed and checked. */
struct vt_agent_rules {
    struct vt_trust *trust; /* owned */
    struct vt_keyring keyring;
    struct vt_envelope enrolled[VT_TRUST_ENROLLED_MAX]; /* owned; keyring points in */
    size_t enrolled_count;
    struct vt_envelope policy; /* owned */
    struct vt_custody custody; /* points into it */
    struct vt_agent_issued issued[VT_AGENT_SHOWN_MAX];
    size_t issued_count;
    vt_hash shown[VT_AGENT_SHOWN_MAX]; /* digests of rules that heads of the cell name */
    size_t shown_count;
    struct vt_recipient certified[VT_AGENT_CERTIFIED_MAX];
    size_t certified_count;
};

/* An opening by which the key of an object left; the last one is found by its mark. */
struct vt_agent_release {
    uint64_t at;     /* where the record begins */
    uint64_t before; /* place + 1 of the one before, of the same object; 0: none */
};

/* File keys that were released for a reason on one day. */
struct vt_agent_day {
    int64_t day; /* since 1970 */
    uint64_t keys;
};

struct vt_agent {
    struct vt_arena *arena;
    struct vt_env env;
    struct vt_agent_rules *rules; /* owned */
    struct vt_key *key;
    struct vt_agent_identity identities[VT_AGENT_RECIPIENTS_MAX];
    size_t identity_count;
    struct vt_agent_store *store;
    struct vt_agent_marks known;       /* commitment: where its last record begins */
    struct vt_agent_marks scanned;     /* object and rules that scanned it */
    struct vt_agent_marks released;    /* object: place + 1 among releases */
    struct vt_agent_release *releases; /* owned */
    size_t release_count;
    struct vt_agent_marks erased;    /* object: where the record that erased it begins */
    struct vt_agent_marks withdrawn; /* the same, by whoever sealed it */
    uint64_t destroyed_at;           /* where the last key was destroyed; 0: none was */
    struct vt_agent_day days[VT_ACCESS_REASONS];
    int64_t handed_since_unix_s; /* openings to reviewers, in the minute that began then */
    unsigned handed;
    int64_t started_unix_s;
    /* Entries before this index were logged before we started.  Not known (UINT64_MAX)
     * until a checkpoint from after the start was seen. */
    uint64_t floor;
};

void vt_agent_rules_free(struct vt_agent_rules *rules); /* NULL allowed */
/* The papers in a folder.  Errors: VT_ABSENT, VT_REJECTED, VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_agent_rules_parse(const struct vt_agent_papers *papers,
                                     int64_t now_unix_s, struct vt_agent_rules **out,
                                     struct vt_error *err);
/* One of them, held against its ledger.  Errors: VT_MALFORMED, VT_REJECTED, VT_LIMIT */
VT_CHECKED bool vt_agent_rules_take_shown(struct vt_agent_rules *rules,
                                          const struct vt_agent_shown *shown,
                                          struct vt_error *err);
/* A document of a recipient that the trust root certifies; VT_AGENT_CERTIFIED_MAX calls at
 * most.  Errors: VT_MALFORMED, VT_REJECTED it does not, VT_LIMIT */
VT_CHECKED bool vt_agent_rules_take_certified(struct vt_agent_rules *rules, vt_slice text,
                                              struct vt_error *err);
/* Is this key of ours certified for what we have it for, and with our holder?
 * VT_REJECTED. */
VT_CHECKED bool vt_agent_is_certified(const struct vt_agent *agent,
                                      const struct vt_agent_identity *identity,
                                      struct vt_error *err);
/* May file keys of that country and class go to the recipient, in another cell, at that
 * time?  VT_REJECTED. */
VT_CHECKED bool vt_agent_rules_lead_to(const struct vt_agent_rules *rules,
                                       const struct vt_age_recipient *recipient,
                                       vt_slice country, vt_slice data_class,
                                       int64_t time_unix_s, struct vt_error *err);
bool vt_agent_rules_has_issued(const struct vt_agent_rules *rules, uint64_t number);
bool vt_agent_rules_has_shown(const struct vt_agent_rules *rules, const vt_hash *digest);
/* Remember a record, at the start and whenever one was appended. */
VT_CHECKED bool vt_agent_remember(struct vt_agent *agent,
                                  const struct vt_agent_record *record, uint64_t at,
                                  struct vt_error *err);

/* The key of the object left by the record at that place. */
void vt_agent_note_release(struct vt_agent *agent, const vt_hash *object, uint64_t at);
/* NULL: there is none. */
const struct vt_agent_release *vt_agent_last_release(const struct vt_agent *agent,
                                                     const vt_hash *object);
const struct vt_agent_release *vt_agent_release_before(
    const struct vt_agent *agent, const struct vt_agent_release *release);
/* The same for a record of a destroyed key: from then on it opens nothing.  VT_LIMIT. */
VT_CHECKED bool vt_agent_remember_destroyed(struct vt_agent *agent,
                                            const struct vt_agent_record *record,
                                            uint64_t at, struct vt_error *err);
/* The identity of that recipient, or NULL. */
const struct vt_agent_identity *vt_agent_identity_for(const struct vt_agent *agent,
                                                      const struct vt_age_recipient *whom);
/* The identity for that country, class and period, or NULL. */
struct vt_agent_identity *vt_agent_identity_of(struct vt_agent *agent, vt_slice country,
                                               vt_slice data_class, vt_slice period);
/* Take that recipient's key from the disk, overwritten first, or from its token; it may be
 * gone already, and its folder or token too.  passphrase: opens it, if it is still to be
 * told from others.  Errors: VT_REJECTED another recipient's key is there, and stays; the
 * token's PIN; VT_IO */
VT_CHECKED bool vt_agent_key_destroy(const char *where,
                                     const struct vt_age_recipient *whose,
                                     vt_slice passphrase, struct vt_error *err);

/* ---- judging ----------------------------------------------------------------------------
 */

/* One ask while it is judged. */
struct vt_agent_case {
    struct vt_agent *agent;
    const struct vt_agent_ask *ask;
    struct vt_arena *arena;
    struct vt_agent_reply *reply;
    vt_slice envelope; /* put together here */
    vt_hash commitment;
    int64_t time_unix_s; /* of the witnesses' quorum */
    int64_t now_unix_s;
    const struct vt_trust_key *person;
    const struct vt_trust_key *approvers[VT_ACCESS_SIGNATURES_MAX]; /* in good standing */
    size_t approver_count;
    struct vt_custody_terms terms;
    const struct vt_agent_identity **identities; /* of the objects */
    vt_hash *object_ids;
    size_t object_count;     /* of those: the ask's, without what is left out */
    struct vt_secret memory; /* rows of the grant; owned */
    bool is_logged; /* a good statement with a good proof: what becomes of it is recorded */
};

/* Each: true to go on; false when the reply says why not (status is set).  Trouble of this
 * machine has status 0, and err. */
bool vt_agent_case_statement(struct vt_agent_case *c, struct vt_error *err);
bool vt_agent_case_ledger(struct vt_agent_case *c, struct vt_error *err);
bool vt_agent_case_reader(struct vt_agent_case *c, struct vt_error *err);
bool vt_agent_case_objects(struct vt_agent_case *c, struct vt_error *err);
bool vt_agent_case_terms(struct vt_agent_case *c, struct vt_error *err);

/* The ids that the statement names; of a batch, those that were shown. */
const vt_hash *vt_agent_case_named(const struct vt_agent_case *c, size_t *count_out);
/* None of them was erased; else the reply says which. */
bool vt_agent_case_are_there(struct vt_agent_case *c, const vt_hash *ids, size_t count);
/* Whoever sealed the object takes it back: recorded, unless it was before.  VT_IO. */
VT_CHECKED bool vt_agent_withdraw(struct vt_agent *agent, const vt_hash *object,
                                  struct vt_error *err);
/* Append what becomes of it; grant: what is answered.  VT_IO. */
VT_CHECKED bool vt_agent_case_record(struct vt_agent_case *c, enum vt_agent_deed deed,
                                     vt_slice grant, struct vt_error *err);
/* Erase what is named: recorded, and the claim is in the reply; or the reply says why not.
 * VT_IO. */
VT_CHECKED bool vt_agent_case_erase(struct vt_agent_case *c, struct vt_error *err);

/* Fill the reply; returns false. */
VT_PRINTF(3, 4)
bool vt_agent_reply_no(struct vt_agent_reply *reply, uint16_t status, const char *format,
                       ...);
VT_PRINTF(4, 5)
bool vt_agent_refuse(struct vt_agent_case *c, uint16_t status, enum vt_agent_retry retry,
                     const char *format, ...);
/* The same with 410. */
bool vt_agent_refuse_for_ever(struct vt_agent_case *c, enum vt_agent_end end,
                              const char *message);

#endif
