/* The trust root: who holds which key for what, where, and from when until when; how many
 * of them are enough; which ledgers and witnesses count.
 *
 * trust.json is an envelope with a trust/v1 statement.  Version N+1 is signed by the root
 * threshold of N and of N+1, as TUF's root is (TUF 1.0, section 5.3).
 * Spec: design of the formats in evidence/DESIGN.md; C2SP tlog-policy for the policy text
 */
#ifndef VT_EVIDENCE_TRUST_H
#define VT_EVIDENCE_TRUST_H

#include "base/base.h"
#include "evidence/statement.h"
#include "ledger/policy.h"

#define VT_TRUST_BYTES_MAX VT_KIB(256)
#define VT_TRUST_KEYS_MAX  256

enum vt_trust_role {
    VT_ROLE_ROOT,
    VT_ROLE_FOUNDATION,
    VT_ROLE_VENDOR,
    VT_ROLE_SUPERVISOR,
    VT_ROLE_REVIEWER,
    VT_ROLE_BUILDER,
    VT_ROLES,
};

const char *vt_trust_role_name(enum vt_trust_role role);
VT_CHECKED bool vt_trust_role_of(vt_slice name, enum vt_trust_role *out);

/* Slices point into the trust root's own JSON. */
struct vt_trust_key {
    struct vt_public_key key;
    vt_slice keyid, holder, jurisdiction, site; /* site may be empty */
    enum vt_trust_role role;
    int64_t from_unix_s, until_unix_s; /* the interval: from <= time < until */
    int64_t compromised_unix_s;        /* INT64_MAX: never */
    int64_t mandate_until_unix_s;
    vt_slice accreditation, funding;
    const json_t *products; /* array of names that it may speak for; NULL: all */
};

/* How many keys, distinct holders and distinct jurisdictions are needed. */
struct vt_threshold {
    uint64_t keys, holders, jurisdictions;
};

struct vt_trust {
    struct vt_envelope envelope; /* owned */
    uint64_t version;
    int64_t created_unix_s, expires_unix_s;
    struct vt_trust_key keys[VT_TRUST_KEYS_MAX];
    size_t key_count;
    struct vt_threshold thresholds[VT_ROLES]; /* keys 0: the role has no threshold here */
    vt_slice release_origin; /* of the ledger with use `release`; empty: none */
    struct vt_policy policy; /* points into the envelope's JSON */
};

void vt_trust_free(struct vt_trust *trust); /* NULL allowed */
void vt_trust_free_pointer(struct vt_trust **trust);
#define VT_AUTO_TRUST __attribute__((cleanup(vt_trust_free_pointer))) struct vt_trust *

/* Parse and check that it holds together: key ids fit keys, thresholds can be met, the
 * policy is sound (vt_trust_policy_is_sound), and its own root threshold signed it.
 * trust_out: returned.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_REJECTED signatures or soundness; VT_IO memory */
VT_CHECKED bool vt_trust_parse(vt_slice bytes, struct vt_trust **trust_out,
                               struct vt_error *err);
/* The same without the demand for signatures: a draft on its way from holder to holder. */
VT_CHECKED bool vt_trust_parse_draft(vt_slice bytes, struct vt_trust **trust_out,
                                     struct vt_error *err);
/* May `next` follow `current`: version exactly one more, signed by the root threshold of
 * both.  VT_REJECTED with what is missing. */
VT_CHECKED bool vt_trust_verify_next(const struct vt_trust *current,
                                     const struct vt_trust *next, struct vt_error *err);

/* One `any` group a jurisdiction, and a quorum of k over n of them with 2k > n + f for an
 * f of at least 1: two quorums then share an honest jurisdiction.  Jurisdictions are the
 * names of the groups.  A quorum of `none` is not sound. */
VT_CHECKED bool vt_trust_policy_is_sound(const struct vt_policy *policy,
                                         struct vt_error *err);

/* ---- who signed this? -----------------------------------------------------------------
 */

enum vt_count_outcome {
    VT_COUNT_ENOUGH,
    VT_COUNT_MISSING,  /* too few keys, holders or jurisdictions */
    VT_COUNT_INTERVAL, /* enough signed, but outside of their interval, or compromised */
    VT_COUNT_MANDATE,  /* enough signed, but a mandate had ended */
};

struct vt_count {
    enum vt_count_outcome outcome;
    const struct vt_trust_key *signers[VT_DSSE_SIGNATURES_MAX]; /* those that count */
    size_t signer_count;
};

/* Count the good signatures of this role's keys at this time for this product (empty: any)
 * against the role's threshold. */
struct vt_count vt_trust_count(const struct vt_trust *trust, enum vt_trust_role role,
                               const struct vt_envelope *envelope, int64_t time_unix_s,
                               vt_slice product);

/* The key with this id in this role, or NULL. */
const struct vt_trust_key *vt_trust_find(const struct vt_trust *trust, vt_slice keyid,
                                         enum vt_trust_role role);

/* Which role's threshold makes a statement of this type acceptable to a ledger? */
enum vt_trust_role vt_predicate_role(enum vt_predicate predicate);
/* May this entry go into the release ledger now?  Canonical envelope, known predicate, and
 * signed as its type demands (trust: by the root; release and withdrawals: vendor and
 * supervisor; others: the role of vt_predicate_role).
 * Errors: VT_MALFORMED, VT_REJECTED */
VT_CHECKED bool vt_trust_admits_entry(const struct vt_trust *trust, vt_slice entry,
                                      int64_t now_unix_s, struct vt_error *err);

#endif
