/* custody/v1: who may read what a cell keeps.  The supervisor signs it; a key agent obeys
 * it, and what it does not allow is forbidden.
 *
 * A rule allows one reason: to these roles, sitting in these jurisdictions, for objects of
 * these countries and classes.  Where several rules allow the same, all their demands hold
 * together.  "*" as a country or jurisdiction is any.
 * Spec: evidence/DESIGN.md, "Statements"; custody/DESIGN.md */
#ifndef VT_CUSTODY_POLICY_H
#define VT_CUSTODY_POLICY_H

#include "base/base.h"
#include "custody/access.h"

#define VT_CUSTODY_ROLES_MAX        32
#define VT_CUSTODY_RULES_MAX        64
#define VT_CUSTODY_PUBLISHED_MAX    64
#define VT_CUSTODY_DESTINATIONS_MAX 64
#define VT_CUSTODY_RETENTION_MAX    64
#define VT_CUSTODY_DAYS_MAX         36525
#define VT_CUSTODY_HOLDS_MAX        32
#define VT_CUSTODY_HELD_MAX         64

struct vt_custody_role {
    vt_slice name;
    struct vt_public_key key;
    vt_hash id; /* of the key */
};

/* What a rule demands. */
struct vt_custody_terms {
    uint64_t approvals; /* by other holders than the reader */
    uint64_t objects;   /* of one statement, at most */
    uint64_t per_day;   /* file keys for this reason in a day (UTC), at most */
    int64_t valid_s;    /* left until the expiry when it is shown, at most */
    int64_t delay_s;    /* between the first time that it is shown and the release */
};

struct vt_custody_rule {
    enum vt_access_reason reason;
    const json_t *roles, *countries, *classes, *jurisdictions; /* arrays of texts */
    struct vt_custody_terms terms;
};

/* So long objects of these countries and classes are kept after they were shared. */
struct vt_custody_retention {
    const json_t *countries, *classes; /* arrays of texts */
    uint64_t days;                     /* 1 to VT_CUSTODY_DAYS_MAX */
};

/* A legal hold: no order erases these, whatever a schedule says. */
struct vt_custody_hold {
    vt_slice name, reason;
    const json_t *countries, *classes; /* arrays of texts */
    int64_t since_unix_s;
    vt_hash objects[VT_CUSTODY_HELD_MAX]; /* only these; 0: all of the countries, classes */
    size_t object_count;
};

/* Slices and arrays point into the statement. */
struct vt_custody {
    uint64_t version;
    int64_t created_unix_s;
    vt_slice cell, ledger;
    int64_t fresh_s; /* a checkpoint older than this is no proof */
    struct vt_custody_role roles[VT_CUSTODY_ROLES_MAX];
    size_t role_count;
    struct vt_custody_rule rules[VT_CUSTODY_RULES_MAX];
    size_t rule_count;
    vt_hash published[VT_CUSTODY_PUBLISHED_MAX]; /* digests of rules that may scan */
    size_t published_count;
    uint64_t requests; /* government requests 1 to this one were issued */
    /* Recipients of other agents that relocations may give file keys to. */
    struct vt_age_recipient destinations[VT_CUSTODY_DESTINATIONS_MAX];
    size_t destination_count;
    struct vt_custody_retention retention[VT_CUSTODY_RETENTION_MAX];
    size_t retention_count;
    struct vt_custody_hold holds[VT_CUSTODY_HOLDS_MAX];
    size_t hold_count;
};

/* Errors: VT_MALFORMED no custody/v1 about itself; a name or digest twice; a rule that
 *                      allows nothing, an emergency without delay, a schedule that
 *                      keeps nothing, or a hold of nothing */
VT_CHECKED bool vt_custody_read(const struct vt_statement *statement,
                                struct vt_custody *out, struct vt_error *err);

/* The role with that name and key id, or NULL. */
const struct vt_custody_role *vt_custody_role(const struct vt_custody *custody,
                                              vt_slice name, const vt_hash *id);
bool vt_custody_is_destination(const struct vt_custody *custody,
                               const struct vt_age_recipient *recipient);
bool vt_custody_is_published(const struct vt_custody *custody, const vt_hash *rules);

/* Days that objects of the country and class are kept: the least of the schedules that name
 * them; 0: none does. */
uint64_t vt_custody_days(const struct vt_custody *custody, vt_slice country,
                         vt_slice data_class);

/* The first hold that the object stands under; NULL: none.  An empty country or class is
 * not known: it may be any. */
const struct vt_custody_hold *vt_custody_held(const struct vt_custody *custody,
                                              const vt_hash *object, vt_slice country,
                                              vt_slice data_class);

/* May somebody with this statement read an object of that country and class, as far as the
 * rules go?  The demands of all rules that allow it are added to *terms, which begins as
 * vt_custody_terms_none().
 * Errors: VT_REJECTED no rule allows it; the sentence says what is missing */
struct vt_custody_terms vt_custody_terms_none(void);
VT_CHECKED bool vt_custody_allows(const struct vt_custody *custody,
                                  const struct vt_access *access, vt_slice country,
                                  vt_slice data_class, struct vt_custody_terms *terms,
                                  struct vt_error *err);

#endif
