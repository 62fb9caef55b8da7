/* Roles and their statements, as two tables. */
#include "evidence/trust_role.h"

static const char *const NAMES[VT_ROLES] = {
    [VT_ROLE_ROOT] = "root",           [VT_ROLE_FOUNDATION] = "foundation",
    [VT_ROLE_VENDOR] = "vendor",       [VT_ROLE_SUPERVISOR] = "supervisor",
    [VT_ROLE_REVIEWER] = "reviewer",   [VT_ROLE_BUILDER] = "builder",
    [VT_ROLE_RESIDENCY] = "residency", [VT_ROLE_CELL] = "cell",
    [VT_ROLE_READER] = "reader",       [VT_ROLE_SCANNER] = "scanner",
    [VT_ROLE_AGENT] = "agent",
};

#define ROLE(role) (1u << (role))

static const unsigned SIGNERS[VT_PREDICATES] = {
    [VT_TRUST] = ROLE(VT_ROLE_ROOT),
    [VT_DRAFT] = ROLE(VT_ROLE_VENDOR),
    [VT_RELEASE] = ROLE(VT_ROLE_VENDOR) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_REJECTION] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_REVIEW] = ROLE(VT_ROLE_REVIEWER),
    [VT_WITHDRAWALS] = ROLE(VT_ROLE_VENDOR) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_ENROLMENT] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_ENVIRONMENT_AUTHORISATION] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_COLLECTION] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_HEAD] = ROLE(VT_ROLE_CELL),
    [VT_PROVENANCE] = ROLE(VT_ROLE_BUILDER),
    [VT_VSA] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_SBOM] = ROLE(VT_ROLE_BUILDER) | ROLE(VT_ROLE_VENDOR),
    [VT_RESIDENCY] = ROLE(VT_ROLE_RESIDENCY),
    [VT_AGGREGATE] = ROLE(VT_ROLE_CELL),
    [VT_COUNT] = ROLE(VT_ROLE_CELL),
    [VT_ACCESS] = ROLE(VT_ROLE_READER) | ROLE(VT_ROLE_SCANNER),
    [VT_CUSTODY] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_TALLY] = ROLE(VT_ROLE_AGENT),
    [VT_ERASURE] = ROLE(VT_ROLE_AGENT) | ROLE(VT_ROLE_CELL),
    [VT_PROMISE] =
        ROLE(VT_ROLE_FOUNDATION) | ROLE(VT_ROLE_VENDOR) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_KEPT] = ROLE(VT_ROLE_FOUNDATION) | ROLE(VT_ROLE_VENDOR) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_FINDING] = ROLE(VT_ROLE_FOUNDATION) | ROLE(VT_ROLE_VENDOR) |
                   ROLE(VT_ROLE_SUPERVISOR) | ROLE(VT_ROLE_REVIEWER),
    [VT_REQUEST] = ROLE(VT_ROLE_FOUNDATION),
    [VT_DENIAL] = ROLE(VT_ROLE_SUPERVISOR),
    [VT_RELOCATION_PLAN] = ROLE(VT_ROLE_VENDOR),
    [VT_RELOCATION] = ROLE(VT_ROLE_CELL) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_INVITATION] = ROLE(VT_ROLE_VENDOR) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_INVITATION_END] = ROLE(VT_ROLE_VENDOR) | ROLE(VT_ROLE_SUPERVISOR),
    [VT_SEAL_HEAD] = ROLE(VT_ROLE_FOUNDATION) | ROLE(VT_ROLE_SUPERVISOR),
};

const char *vt_trust_role_name(enum vt_trust_role role)
{
    return NAMES[role];
}

bool vt_trust_role_of(vt_slice name, enum vt_trust_role *out)
{
    for (unsigned i = 0; i < VT_ROLES; i++)
        if (vt_slice_is(name, NAMES[i])) {
            *out = (enum vt_trust_role)i; /* below VT_ROLES */
            return true;
        }
    return false;
}

bool vt_trust_role_can_be_enrolled(enum vt_trust_role role)
{
    static const unsigned can = ROLE(VT_ROLE_BUILDER) | ROLE(VT_ROLE_REVIEWER) |
                                ROLE(VT_ROLE_READER) | ROLE(VT_ROLE_SCANNER) |
                                ROLE(VT_ROLE_AGENT);

    return (can & ROLE(role)) != 0;
}

enum vt_trust_role vt_predicate_role(enum vt_predicate type)
{
    for (unsigned role = VT_ROLES; role-- > 0;)
        if (type == VT_RELEASE || type == VT_WITHDRAWALS
                ? role == VT_ROLE_SUPERVISOR
                : vt_trust_role_may_sign((enum vt_trust_role)role, type))
            return (enum vt_trust_role)role; /* below VT_ROLES */
    return VT_ROLE_ROOT;
}

bool vt_trust_role_may_sign(enum vt_trust_role role, enum vt_predicate type)
{
    return (SIGNERS[type] & ROLE(role)) != 0;
}

bool vt_predicate_is_of_supervision(enum vt_predicate type)
{
    return type == VT_PROMISE || type == VT_KEPT || type == VT_FINDING ||
           type == VT_REQUEST || type == VT_DENIAL || type == VT_RELOCATION_PLAN ||
           type == VT_SEAL_HEAD;
}
