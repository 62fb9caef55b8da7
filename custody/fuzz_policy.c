/* Laws: a policy that is read has rules that allow something, to roles that have a key; an
 * emergency waits; a refusal says why. */
#include "custody/policy.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_custody *custody = vt_alloc(sizeof *custody);

    if (vt_statement_parse(input, &statement, &err) &&
        vt_custody_read(&statement, custody, &err)) {
        VT_CHECK(custody->version >= 1 && custody->fresh_s >= 1);
        for (size_t i = 0; i < custody->rule_count; i++) {
            const struct vt_custody_rule *rule = &custody->rules[i];

            VT_CHECK(json_array_size(rule->roles) != 0 && rule->terms.objects != 0);
            VT_CHECK(rule->reason != VT_ACCESS_EMERGENCY || rule->terms.delay_s > 0);
        }
        for (size_t i = 0; i < custody->role_count; i++)
            VT_CHECK(vt_custody_role(custody, custody->roles[i].name,
                                     &custody->roles[i].id) == &custody->roles[i]);
        for (size_t i = 0; i < custody->retention_count; i++)
            VT_CHECK(custody->retention[i].days >= 1 &&
                     custody->retention[i].days <= VT_CUSTODY_DAYS_MAX);
        for (size_t i = 0; i < custody->hold_count; i++)
            VT_CHECK(custody->holds[i].reason.len != 0 &&
                     custody->holds[i].object_count <= VT_CUSTODY_HELD_MAX);
        for (size_t i = 0; i < custody->published_count; i++)
            VT_CHECK(vt_custody_is_published(custody, &custody->published[i]));
    } else {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
    }
    free(custody);
}
