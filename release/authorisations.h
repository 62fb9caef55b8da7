/* What the supervisor allowed beyond a release: environments, rules that collect, builders
 * and reviewers at a site.  Each is a statement of his with the proof that it is on the
 * ledger; without the proof it does not count, so nothing is allowed in secret. */
#ifndef VT_RELEASE_AUTHORISATIONS_H
#define VT_RELEASE_AUTHORISATIONS_H

#include "release/desk.h"

/* Tell of something unreadable, and go on; false: nobody wants to know, so it is an error.
 */
bool vt_desk_pass_over(const struct vt_desk *desk, const struct vt_error *why);

/* Keep an authorisation with its proof. */
VT_CHECKED bool vt_desk_put_authorisation(struct vt_desk *desk, vt_slice envelope,
                                          vt_slice proof, struct vt_error *err);
/* Since when (quorum time of its ledger proof) is this environment, or this rule or file
 * of this product, authorised?  *since_out is -1 if it is not. */
VT_CHECKED bool vt_desk_environment_since(struct vt_desk *desk,
                                          const struct vt_trust *trust,
                                          const vt_hash *environment, int64_t *since_out,
                                          struct vt_error *err);
/* what: the rule's name, or a file's SHA-256 in hex. */
enum vt_collected { VT_COLLECTED_RULES, VT_COLLECTED_HASHES };
VT_CHECKED bool vt_desk_collection_since(struct vt_desk *desk, const struct vt_trust *trust,
                                         vt_slice product, enum vt_collected kind,
                                         vt_slice what, int64_t *since_out,
                                         struct vt_error *err);

/* The keys of a trust root and those that are enrolled on this desk. */
struct vt_roll {
    struct vt_keyring keyring; /* points into the statements */
    struct vt_arena *arena;
    struct vt_enrolment {
        vt_slice bytes; /* canonical envelope */
        struct vt_envelope envelope;
    } rows[VT_TRUST_ENROLLED_MAX];
    size_t count;
};

/* roll_out: returned; end with vt_roll_close.  trust: borrowed. */
VT_CHECKED bool vt_roll_open(struct vt_desk *desk, const struct vt_trust *trust,
                             struct vt_roll **roll_out, struct vt_error *err);
void vt_roll_close(struct vt_roll *roll); /* NULL allowed */
void vt_roll_close_pointer(struct vt_roll **roll);
#define VT_AUTO_ROLL __attribute__((cleanup(vt_roll_close_pointer))) struct vt_roll *

/* The enrolment that brought this key, or NULL: the trust root names it. */
const struct vt_enrolment *vt_roll_find(const struct vt_roll *roll,
                                        const struct vt_trust_key *key);

/* vt_docket_open by those who have the roll already and open many releases.  roll:
 * borrowed as long as the docket; its trust root is the docket's. */
VT_CHECKED bool vt_docket_open_by(struct vt_desk *desk, const struct vt_roll *roll,
                                  const char *product, const char *version,
                                  int64_t now_unix_s, struct vt_docket **docket_out,
                                  struct vt_error *err);

#endif
