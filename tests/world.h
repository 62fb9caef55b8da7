/* A small world for tests of trust, evidence and release: parties with real keys, a trust
 * root, a release with all its statements, a ledger's tree, and four witnesses.
 *
 * Every property is a field.  vt_world_good() is a world whose evidence is accepted; a test
 * changes one field, and so each refused world has an accepted twin one field away. */
#ifndef VT_TESTS_WORLD_H
#define VT_TESTS_WORLD_H

#include "crypto/key.h"
#include "evidence/verdict.h"
#include "tests/harness.h"

enum vt_party {
    VT_P_ROOT_VENDOR,
    VT_P_ROOT_SUPERVISOR,
    VT_P_ROOT_FOUNDATION,
    VT_P_VENDOR,
    VT_P_VENDOR_B, /* a second key of the vendor */
    VT_P_SUPERVISOR,
    VT_P_BUILDER,
    VT_P_REVIEWER,
    VT_P_REVIEWER_B,
    VT_P_RESIDENCY_A, /* of three holders, two sign where data lie */
    VT_P_RESIDENCY_B,
    VT_P_RESIDENCY_C,
    VT_P_CELL, /* the cell `zurich` */
    VT_P_FOUNDATION,
    VT_P_NAMED,                 /* parties before this one stand in the trust root */
    VT_P_ENROLLED = VT_P_NAMED, /* a builder whom the supervisor enrols */
    VT_P_STRANGER,
    VT_P_LOG,
    VT_P_WITNESS,                  /* four of them */
    VT_P_HEADS = VT_P_WITNESS + 4, /* the key of a cell's ledger of heads */
    VT_PARTIES,
};

#define VT_BIT(party) (1u << (party))

/* Seconds since 1970 at which things happen. */
#define VT_WORLD_BEGAN   INT64_C(1795000000) /* the trust root is made */
#define VT_WORLD_LOGGED  (VT_WORLD_BEGAN + 1000)
#define VT_WORLD_LISTED  (VT_WORLD_BEGAN + 2000)
#define VT_WORLD_NOW     (VT_WORLD_BEGAN + 3000)
#define VT_WORLD_NEVER   INT64_MAX
#define VT_WORLD_ORIGIN  "vendor.example/releases"
#define VT_WORLD_ENTRIES 13 /* in the ledger's tree */

struct vt_world_key {
    const char *holder, *role, *jurisdiction, *site; /* site NULL: none */
    int64_t from, until, mandate_until, compromised_from;
    const char *product; /* NULL: all */
};

struct vt_world {
    /* trust root */
    struct vt_world_key keys[VT_P_ENROLLED + 1]; /* and the enrolled one's */
    struct vt_threshold thresholds[VT_ROLES];
    uint64_t trust_version;
    int64_t trust_created;
    int64_t trust_expires;
    unsigned root_signers;
    const char *policy;       /* NULL: four jurisdictions, three needed */
    const char *trust_origin; /* of the ledger named in the trust root */
    /* release */
    const char *product, *version, *channel, *kind, *site;
    uint64_t sequence;
    const char *file, *second_file; /* contents of the two outputs; second NULL: one */
    vt_slice program;               /* the bytes that `file` stands for; empty: its text */
    const char *source;             /* its digest is over this text */
    unsigned release_signers;
    /* statements behind it */
    enum vt_party provenance_signer, provenance_names; /* signs, and is named as builder */
    const char *provenance_source, *provenance_file;
    bool has_provenance;
    enum vt_party vsa_signer;
    const char *vsa_source, *vsa_file, *vsa_verdict, *vsa_result;
    bool has_vsa;
    enum vt_party review_signers[2];
    const char *review_source, *review_verdict;
    const char *review_version; /* NULL: the release's */
    const char *second_verdict; /* of the second review; NULL: as the first */
    int64_t second_later_s;     /* the second review is so much later than the first */
    unsigned review_count;      /* 0 to 2 */
    enum vt_party sbom_signer;
    bool has_sbom;
    unsigned enrolment_signers; /* 0: none */
    /* what goes wrong with the set */
    bool drops_one, adds_foreign, repeats_one;
    /* list of withdrawals */
    uint64_t list_version;
    uint64_t kettle_sequence;    /* the current one of another product in the list */
    bool has_second_row;         /* that product is in it */
    bool is_list_first;          /* the list was logged before the release */
    const char *current_version; /* NULL: the list does not know the product */
    uint64_t current_sequence;
    const char *withdrawn_reason; /* NULL: it is not withdrawn */
    uint64_t withdrawn_sequence;  /* 0: the release itself; else another one is */
    unsigned list_signers;
    /* ledger */
    bool is_log_signed, is_release_included;
    unsigned release_witnesses, list_witnesses; /* bits 0 to 3 */
    const char *log_origin;                     /* that the checkpoints bear */
    enum vt_party log_party;                    /* whose key signs them */
    int64_t logged, listed;    /* when the first witness signed; the others 10 s apart */
    const char *other_history; /* a leaf that only the release's tree has */
    const char *filler;        /* what the other leaves hold */
    uint64_t large_size; /* not 0: the tree has so many entries, most of them made up */
};

struct vt_world vt_world_good(void);
/* The same some seconds later: for programs that look at the clock. */
void vt_world_move(struct vt_world *world, int64_t seconds);

/* What the world comes to.  Memory lives as long as the case. */
struct vt_world_made {
    vt_slice file, evidence, trust;
    vt_slice release, withdrawals; /* canonical envelopes */
    vt_slice release_proof, withdrawals_proof;
    vt_slice envelopes[16]; /* all, the release first */
    size_t envelope_count;
};

void vt_world_make(const struct vt_world *world, struct vt_world_made *out);
/* Of the key VT_P_ENROLLED, by the world's enrolment_signers. */
vt_slice vt_world_enrolment(const struct vt_world *world);
/* The proof that an entry is in the ledger, with the release's witnesses and time. */
vt_slice vt_world_prove(const struct vt_world *world, vt_slice entry);
/* The same for entry `index` of another ledger's tree of `size` entries, all others made
 * up; seen by these witnesses at `time`. */
struct vt_world_place {
    const char *origin;
    enum vt_party log; /* whose key the ledger has */
    uint64_t index, size;
    unsigned witnesses; /* bits 0 to 3 */
    int64_t time;
};
vt_slice vt_world_prove_at(const struct vt_world_place *place, vt_slice entry);
/* The checkpoint of the tree over these leaf hashes, signed by the log and seen by these
 * witnesses when the list was. */
vt_slice vt_world_checkpoint(const struct vt_world *world, const vt_hash *leaves,
                             uint64_t size, unsigned witnesses);
/* A statement about a subject named `name`, its hash over the same text; takes predicate.
 */
vt_slice vt_world_statement(enum vt_predicate type, const char *name, json_t *predicate,
                            unsigned signers);
/* A statement whose subject is its own predicate; takes predicate. */
vt_slice vt_world_about_itself(enum vt_predicate type, json_t *predicate, unsigned signers);
/* SHA-256 of a text, as hex; seconds as a time. */
const char *vt_world_digest(const char *content);
const char *vt_world_time(int64_t unix_s);

/* The key of a party: always the same. */
const struct vt_key *vt_world_key(enum vt_party party);
const char *vt_world_keyid(enum vt_party party);
/* trust.json of the world alone, and a trust/v1 payload for one that is signed elsewhere.
 */
vt_slice vt_world_trust(const struct vt_world *world);
json_t *vt_world_trust_predicate(const struct vt_world *world);
vt_slice vt_world_sign(vt_slice payload, unsigned signers);
/* The policy text: quorum `needed` of four jurisdictions. */
const char *vt_world_policy(unsigned needed, const char *origin);

/* The verdict on what was made.  state, policy: texts, may be NULL. */
struct vt_world_answer {
    enum vt_reason reason;
    const char *json, *sentence;
    const char *memory; /* the next state; NULL for a no */
};
struct vt_world_answer vt_world_ask(const struct vt_world_made *made, const char *product,
                                    const char *policy, const char *state,
                                    int64_t now_unix_s);

#endif
