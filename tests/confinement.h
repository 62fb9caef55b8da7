/* What a role's rights forbid really fails: tried from inside, by the probe (role/probe.h),
 * with the rights that the role's row in the table of roles names. */
#ifndef VT_TESTS_CONFINEMENT_H
#define VT_TESTS_CONFINEMENT_H

#include "role/role.h"
#include "tests/harness.h"

/* Start a probe with the rights of that role ("": its channel only) and that folder ("":
 * none). */
struct vt_role *vt_test_probe(const char *role, const char *folder);
/* Try one thing (the words are in role/role_probe.c): did it work? */
bool vt_test_probe_works(struct vt_role *probe, const char *what);

/* Nothing that the probe knows works with this role's rights, but for `allowed` (ended by
 * NULL), which does.  Skipped under the sanitizers. */
void vt_test_confinement(const char *role, const char *folder, const char *const allowed[]);

/* A line of /proc/PID/status, "Seccomp:" say: its value, "" if there is none.  The text
 * lives as long as the case. */
const char *vt_test_process_status(pid_t pid, const char *name);

#endif
