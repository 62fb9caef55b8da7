/* A key agent in the world of tests/world.h: its papers and keys, an access ledger
 * with four witnesses, readers who are enrolled, objects that are sealed for the agent, and
 * a clock that stands still.
 *
 * vt_custody_ask_good() is an ask that is answered; a test changes one thing, and so each
 * refused ask has an accepted twin one field away. */
#ifndef VT_TESTS_CUSTODY_WORLD_H
#define VT_TESTS_CUSTODY_WORLD_H

#include "crypto/age_file.h"
#include "custody/agent.h"
#include "tests/world.h"

#define VT_CUSTODY_ORIGIN "cell.example/access"
#define VT_CUSTODY_CELL   "zurich"

/* Who signs access statements: bits. */
enum vt_custody_signer {
    VT_C_READER,    /* Ann of Acme, in Zurich, CH */
    VT_C_APPROVER,  /* Ben of Cells, in Zurich, CH */
    VT_C_COLLEAGUE, /* Cid of Acme, Ann's holder */
    VT_C_ABROAD,    /* Dan of Acme, in Boston, US */
    VT_C_SCANNER,
    VT_C_ANALYST, /* keys of roles */
    VT_C_SUPPORT,
    VT_C_MACHINE,
    VT_C_STRANGER,
    VT_C_SUPERVISOR,
    VT_C_SIGNERS,
};

/* Recipients that the agent holds, one that another agent does, and one that it may be
 * given. */
enum vt_custody_place { VT_C_SWISS, VT_C_GERMAN, VT_C_ELSEWHERE, VT_C_NEXT, VT_C_PLACES };

/* Documents of recipients that the trust root certifies: NAME.recipient in the folder. */
enum vt_custody_document {
    VT_C_DOCUMENT_SWISS,   /* "swiss": of the agent's key for files of CH */
    VT_C_DOCUMENT_GERMAN,  /* "german" */
    VT_C_DOCUMENT_SECOND,  /* "second": of the other agent, in the same cell */
    VT_C_DOCUMENT_NEXT,    /* "next": of the agent's key for the next period */
    VT_C_DOCUMENT_ACCOUNT, /* "account": for the class of that name, answer.key */
    VT_C_DOCUMENT_SHARED,  /* "shared": of VT_CUSTODY_SHARED_SECRET */
    VT_C_DOCUMENT_VIENNA,  /* "vienna": of elsewhere's key, in the cell of that name */
    VT_C_DOCUMENTS,
};
#define VT_CUSTODY_SHARED_SECRET "the identity of a key agent: no."
vt_slice vt_custody_document(enum vt_custody_document which);

struct vt_custody_world {
    const char *dir;
    struct vt_log_tree *tree; /* of the access ledger */
    int64_t now_unix_s;       /* of the agent's clock */
    struct vt_env env;
    vt_slice trust, policy;
    vt_slice enrolments[8];
    size_t enrolment_count;
    struct vt_keyring keyring; /* all of them */
    struct vt_age_identity identities[VT_C_PLACES];
    struct vt_age_identity reader; /* whom answers are sealed for */
};

/* That the foundation issued the government request, by the release ledger. */
struct vt_agent_shown vt_custody_request_shown(uint64_t number);
/* The same in another state than "received". */
struct vt_agent_shown vt_custody_request_told(uint64_t number, const char *state);
/* Make the agent below dir.  The world must stay in its place. */
void vt_custody_world_make(struct vt_custody_world *world, const char *dir);
/* Its keys and papers alone, all of it some seconds later: for programs that look at the
 * clock.  Files below dir: trust.json, policy.json, enrolled-N.json, and keys in PEM. */
void vt_custody_world_write(struct vt_custody_world *world, const char *dir,
                            int64_t later_s);
/* NAME.key below the world's folder, of that key. */
const char *vt_custody_write_key(struct vt_custody_world *world, const char *name,
                                 const struct vt_key *key);
const char *vt_custody_write_file(struct vt_custody_world *world, const char *name,
                                  vt_slice bytes);
const struct vt_key *vt_custody_log_key(void);
/* Of the cell `vienna`, which the trust root names too. */
const struct vt_key *vt_custody_destination_key(void);
json_t *vt_custody_destination_row(int64_t from_unix_s, int64_t until_unix_s);
/* The same agent and keys again, where it was made before; the ledger begins anew. */
void vt_custody_world_find(struct vt_custody_world *world, const char *dir);
/* The policy as it is, with its text changed: `from` becomes `to`; signed anew. */
vt_slice vt_custody_policy_edited(const char *from, const char *to, unsigned version);
const char *vt_custody_policy_text(unsigned version); /* the predicate */

const struct vt_key *vt_custody_key(enum vt_custody_signer who);
vt_hash vt_custody_key_id(enum vt_custody_signer who);

struct vt_custody_sealed {
    vt_slice header;
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    enum vt_custody_place place;
    vt_hash id;
};
/* An object number `n` sealed for the place; its header differs each time. */
struct vt_custody_sealed vt_custody_seal(struct vt_custody_world *world,
                                         enum vt_custody_place place, unsigned n);

/* Put a commitment on the ledger; returns its index. */
uint64_t vt_custody_log(struct vt_custody_world *world, const vt_hash *commitment);
/* Where it stands; UINT64_MAX: nowhere. */
uint64_t vt_custody_find(const struct vt_custody_world *world, const vt_hash *leaf);

struct vt_custody_ask {
    struct vt_access access;
    unsigned signers; /* bits */
    const struct vt_custody_sealed *objects;
    size_t object_count;
    const vt_hash *ids; /* of a batch */
    size_t id_count;
    bool is_unlogged;      /* the commitment is not on the ledger: another one is */
    unsigned witnesses;    /* bits 0 to 3 */
    int64_t seen;          /* by the witnesses, seconds after the world's now */
    const uint8_t *salt;   /* NULL: a random one */
    bool is_as_before;     /* the salt of the last one: the same statement again */
    uint64_t size;         /* 0: the newest tree */
    bool is_other_history; /* a tree with another first entry */
};

/* Ann, an analyst, asks to read the object. */
struct vt_custody_ask vt_custody_ask_good(const struct vt_custody_world *world,
                                          const struct vt_custody_sealed *object);
/* Log it, prove it, and write the request; it lives as long as the case.  seen_size: of the
 * tree that the agent saw. */
vt_slice vt_custody_request_of(struct vt_custody_world *world,
                               const struct vt_custody_ask *ask, uint64_t seen_size);
/* The same, taken apart by the front's code and answered by the agent. */
void vt_custody_answer(struct vt_custody_world *world, struct vt_agent *agent,
                       const struct vt_custody_ask *ask, struct vt_agent_reply *reply);
/* A request of that kind, whatever it holds; a refusal of the front is a reply too. */
void vt_custody_answer_bytes(struct vt_agent *agent, vt_slice request,
                             struct vt_agent_reply *reply);
/* Open the agent, and let it see a checkpoint: what is logged from now on counts. */
void vt_custody_open(struct vt_custody_world *world, struct vt_agent **agent);

#endif
