/* The roles that a key can have, and what each may sign. */
#ifndef VT_EVIDENCE_TRUST_ROLE_H
#define VT_EVIDENCE_TRUST_ROLE_H

#include "base/base.h"
#include "evidence/statement.h"

enum vt_trust_role {
    VT_ROLE_ROOT,       /* signs trust roots, nothing else */
    VT_ROLE_FOUNDATION, /* promises and numbers of the foundation; signs no release */
    VT_ROLE_VENDOR,
    VT_ROLE_SUPERVISOR,
    VT_ROLE_REVIEWER,
    VT_ROLE_BUILDER,
    VT_ROLE_RESIDENCY, /* where each country's data lie; by threshold only */
    VT_ROLE_CELL,      /* a data cell; its `products` are cells */
    VT_ROLE_READER,    /* a person who may ask to read what a cell keeps */
    VT_ROLE_SCANNER,   /* a machine that scans it */
    VT_ROLE_AGENT,     /* a key agent, without which nobody reads */
    VT_ROLES,
};

const char *vt_trust_role_name(enum vt_trust_role role);
/* False if there is no such role. */
VT_CHECKED bool vt_trust_role_of(vt_slice name, enum vt_trust_role *out);

/* May the supervisor let keys of this role in without a new version of the trust root? */
bool vt_trust_role_can_be_enrolled(enum vt_trust_role role);

/* Whose signature a statement of this type is about; of several, the last that signs. */
enum vt_trust_role vt_predicate_role(enum vt_predicate type);
/* May keys of this role sign statements of this type? */
bool vt_trust_role_may_sign(enum vt_trust_role role, enum vt_predicate type);
/* Is it said under a date or a number, and reckoned from the ledger (custody/story.h)? */
bool vt_predicate_is_of_supervision(enum vt_predicate type);

#endif
