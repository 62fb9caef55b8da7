/* The trust root: who holds which key for what, where, and from when until when; how many
 * of them are enough; which ledgers and witnesses count.
 *
 * trust.json is an envelope with a trust/v1 statement.  Version N+1 is signed by the root
 * threshold of N and of N+1, as TUF's root is (TUF 1.0, section 5.3).  Keys that retired
 * stay, with their interval: what they signed in their time remains true.
 * Spec: evidence/DESIGN.md; C2SP tlog-policy for the policy text */
#ifndef VT_EVIDENCE_TRUST_H
#define VT_EVIDENCE_TRUST_H

#include "base/base.h"
#include "evidence/statement.h"
#include "evidence/trust_role.h"
#include "ledger/policy.h"

#define VT_TRUST_BYTES_MAX    VT_KIB(256)
#define VT_TRUST_KEYS_MAX     256
#define VT_TRUST_ENROLLED_MAX 32

/* Slices point into the JSON that it was read from. */
struct vt_trust_key {
    struct vt_public_key key;
    vt_slice keyid, holder, jurisdiction, site; /* site may be empty */
    enum vt_trust_role role;
    int64_t from_unix_s, until_unix_s; /* the interval: from <= time < until */
    int64_t compromised_unix_s;        /* nothing counts from then on; INT64_MAX: never */
    int64_t mandate_until_unix_s;
    vt_slice accreditation, funding;
    const json_t *products; /* array of names that it may speak for; NULL: all */
};

/* How many keys, distinct holders and distinct jurisdictions are needed. */
struct vt_threshold {
    uint64_t keys, holders, jurisdictions;
};

struct vt_trust {
    struct vt_envelope envelope; /* owned; empty for a draft */
    json_t *draft;               /* owned; the predicate of a draft, else NULL */
    uint64_t version;
    int64_t created_unix_s, expires_unix_s;
    struct vt_trust_key keys[VT_TRUST_KEYS_MAX];
    size_t key_count;
    /* keys 0: nobody can be enough.  Where the root sets none for reviewers, builders or
     * cells, one is. */
    struct vt_threshold thresholds[VT_ROLES];
    vt_slice release_origin; /* of the ledger with use `release` */
    struct vt_policy policy; /* of the witnesses; points into the JSON */
};

/* Who carries sealed questions to a cell, so that it does not learn who asks. */
struct vt_trust_relay {
    vt_slice url, holder, jurisdiction; /* borrowed from the trust root */
};

/* The relay of that cell.  False: it names none. */
VT_CHECKED bool vt_trust_relay_of(const struct vt_trust *trust, vt_slice cell,
                                  struct vt_trust_relay *out);
/* The ledger of a cell's heads (use `head`); borrowed from trust.  False: it has none. */
VT_CHECKED bool vt_trust_head_origin(const struct vt_trust *trust, vt_slice cell,
                                     vt_slice *out);

void vt_trust_free(struct vt_trust *trust); /* NULL allowed */
void vt_trust_free_pointer(struct vt_trust **trust);
#define VT_AUTO_TRUST __attribute__((cleanup(vt_trust_free_pointer))) struct vt_trust *

/* Parse and check that it holds together (vt_trust_is_sound), and that its own root
 * threshold signed it.  trust_out: returned.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_REJECTED signatures or soundness; VT_IO memory */
VT_CHECKED bool vt_trust_parse(vt_slice bytes, struct vt_trust **trust_out,
                               struct vt_error *err);
/* The same without the demand for signatures: an envelope on its way from holder to
 * holder. */
VT_CHECKED bool vt_trust_parse_unsigned(vt_slice bytes, struct vt_trust **trust_out,
                                        struct vt_error *err);
/* A predicate that is being written: its form is checked, its soundness is not.
 * predicate: borrowed (a reference is kept). */
VT_CHECKED bool vt_trust_of_draft(json_t *predicate, struct vt_trust **trust_out,
                                  struct vt_error *err);

/* A holder's name is what people see: no space at its ends, no character that nobody sees.
 * VT_REJECTED. */
VT_CHECKED bool vt_trust_check_holder(vt_slice name, struct vt_error *err);
/* Are these names of one holder?  Only letters (without their case), figures and what
 * is not ASCII tell them apart: "Acme, Inc." and "ACME INC " are one. */
bool vt_trust_is_same_holder(vt_slice a, vt_slice b);

/* Does it hold together?
 *   - one key id: one key, one holder, one jurisdiction; no role twice
 *   - root, vendor and supervisor have thresholds, and every threshold can be met
 *   - root keys are needed from two holders or more: nobody alone names keys
 *   - where residency keys are named, two holders in two jurisdictions or more are needed
 *   - no holder is vendor and supervisor, or vendor and reviewer, at once
 *   - one ledger has the use `release`, and the policy lists a log for every ledger; a
 *     ledger of heads names its cell, and no cell has two
 *   - a cell has one relay at most, with a URL, and its holder holds no key of that cell
 *   - the policy is sound (vt_trust_policy_is_sound), and no witness has the key of a log
 * or of somebody in the trust root
 *   - holders' names are plain (vt_trust_check_holder), jurisdictions two capital letters
 * Errors: VT_REJECTED saying what does not fit */
VT_CHECKED bool vt_trust_is_sound(const struct vt_trust *trust, struct vt_error *err);
/* All of this but the thresholds: what no further key can mend, so that a draft need not
 * be carried to its holders to be found wrong. */
VT_CHECKED bool vt_trust_can_become_sound(const struct vt_trust *trust,
                                          struct vt_error *err);

/* One `any` group a jurisdiction, and a quorum of k over n of them with 2k > n + f for an
 * f of at least 1: two quorums then share an honest jurisdiction.  Jurisdictions are the
 * names of the groups.  A quorum of `none` or of a single witness is not sound.
 * Errors: VT_REJECTED */
VT_CHECKED bool vt_trust_policy_is_sound(const struct vt_policy *policy,
                                         struct vt_error *err);

/* May `next` follow `current`: version exactly one more, not created earlier, signed by the
 * root threshold of both.  VT_REJECTED with what is missing. */
VT_CHECKED bool vt_trust_verify_next(const struct vt_trust *current,
                                     const struct vt_trust *next, struct vt_error *err);

/* ---- who signed this? ------------------------------------------------------------------
 */

/* The keys that may speak: those of a trust root, and those that the supervisor enrolled
 * with statements that the evidence carries. */
struct vt_keyring {
    const struct vt_trust *trust;
    struct vt_trust_key enrolled[VT_TRUST_ENROLLED_MAX];
    size_t enrolled_count;
};

/* How good a signature is, from worst to best. */
enum vt_regard {
    VT_REGARD_ABSENT,      /* nobody of the role signed */
    VT_REGARD_COMPROMISED, /* made when the key was compromised already */
    VT_REGARD_INTERVAL,    /* made before or after the key's time */
    VT_REGARD_MANDATE,     /* made after the holder's mandate had ended */
    VT_REGARD_GOOD,
};

struct vt_signer {
    const struct vt_trust_key *key;
    enum vt_regard standing;
};

/* Who signed in one role, over one envelope or several; each key once. */
struct vt_signers {
    struct vt_signer rows[VT_TRUST_KEYS_MAX];
    size_t count;
};

/* Add those keys of the role that made a good signature and may speak for the product
 * (empty: any).  time_unix_s: when the world saw it.  Returns the best standing of this
 * envelope's signers. */
enum vt_regard vt_signers_add(struct vt_signers *signers, const struct vt_keyring *keyring,
                              enum vt_trust_role role, const struct vt_envelope *envelope,
                              int64_t time_unix_s, vt_slice product);

/* What a signature by this key at this time is worth. */
enum vt_regard vt_trust_key_standing(const struct vt_trust_key *key, int64_t time_unix_s);

/* Is the role's threshold met by signers in good standing?  GOOD if so; else the standing
 * that would have had to count too (ABSENT: not even all together are enough). */
enum vt_regard vt_signers_judge(const struct vt_signers *signers,
                                const struct vt_threshold *threshold);

/* "by a key that was compromised", ...: what was wrong, for a sentence. */
const char *vt_regard_words(enum vt_regard standing);

/* One envelope alone, against the trust root's threshold: what those ask who compose a
 * release.  (A verdict counts over several envelopes, with vt_signers_add.) */
enum vt_count_outcome {
    VT_COUNT_ENOUGH,
    VT_COUNT_MISSING,  /* too few keys, holders or jurisdictions */
    VT_COUNT_INTERVAL, /* enough signed, but not in their time, or compromised */
    VT_COUNT_MANDATE,  /* enough signed, but a mandate had ended */
};

struct vt_count {
    enum vt_count_outcome outcome;
    const struct vt_trust_key *signers[VT_DSSE_SIGNATURES_MAX]; /* in good standing */
    size_t signer_count;
};

struct vt_count vt_keyring_count(const struct vt_keyring *keyring, enum vt_trust_role role,
                                 const struct vt_envelope *envelope, int64_t time_unix_s,
                                 vt_slice product);
/* The same with the trust root's own keys. */
struct vt_count vt_trust_count(const struct vt_trust *trust, enum vt_trust_role role,
                               const struct vt_envelope *envelope, int64_t time_unix_s,
                               vt_slice product);

/* The first `ohttp` that it certifies for the cell at that time and that `knows` says yes
 * to; false: none.  (Before a head is there a client asks with any key that is certified.)
 */
VT_CHECKED bool vt_trust_find_certified(const struct vt_trust *trust, const char *use,
                                        vt_slice cell, int64_t time_unix_s,
                                        bool (*knows)(void *context, const vt_hash *what),
                                        void *context, vt_hash *out);
/* Does the root certify this for the cell at that time?  use: "recipient" (whom clients
 * encrypt to), "statistics" (a schema), "ohttp" (a key configuration), "seal" (whom the
 * Centre of the domain `cell` seals to); what: its SHA-256. */
bool vt_trust_certifies(const struct vt_trust *trust, const char *use, vt_slice cell,
                        const vt_hash *what, int64_t time_unix_s);
/* The same for any time, past ones too. */
bool vt_trust_has_certified(const struct vt_trust *trust, const char *use, vt_slice cell,
                            const vt_hash *what);

/* The trust root's key with this id in this role, or NULL. */
const struct vt_trust_key *vt_trust_find(const struct vt_trust *trust, vt_slice keyid,
                                         enum vt_trust_role role);

/* The same with enrolled keys; of one that was enrolled more than once, the enrolment that
 * ends last. */
const struct vt_trust_key *vt_keyring_find(const struct vt_keyring *keyring, vt_slice keyid,
                                           enum vt_trust_role role);

/* Take the key of an enrolment/v1 statement into the keyring.  The caller has checked that
 * the supervisor signed it.  A key that the trust root names in that role stays what it is
 * there; one that was enrolled before may be again, for another time.  Slices point into
 * the statement.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_REJECTED the key has another holder or place already,
 *         or the vendor would review himself */
VT_CHECKED bool vt_keyring_enrol(struct vt_keyring *keyring,
                                 const struct vt_statement *statement,
                                 struct vt_error *err);

/* May this entry go into the release ledger now?  Canonical envelope, known predicate, and
 *   release, withdrawals: the thresholds of vendor and supervisor
 *   trust: its own root threshold and this root's
 *   residency: the threshold of its role
 *   what a cell says: a key whose products hold the cell that it speaks of
 *   promises, findings and the like: not dated more than an hour ahead; a promise by the
 *   holder that it names; a finding's first word by no vendor
 *   all others: a key of a role that may sign it, in good standing
 * and no signature by anybody else, nor a wrong one, so that one statement cannot be logged
 * again and again under changed bytes.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_REJECTED, VT_IO memory */
VT_CHECKED bool vt_trust_admits_entry(const struct vt_trust *trust, vt_slice entry,
                                      int64_t now_unix_s, struct vt_error *err);

#endif
