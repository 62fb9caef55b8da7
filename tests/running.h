/* A server that runs while a case runs: `vitrine ... serve`, which says on its standard
 * output when it is ready ("ready: URL"). */
#ifndef VT_TESTS_RUNNING_H
#define VT_TESTS_RUNNING_H

#include "tests/harness.h"

struct vt_running {
    pid_t pid;
    int out;         /* its standard output */
    const char *url; /* that it said */
};

/* A TCP port that was free a moment ago, for a server whose address must be known before.
 */
const char *vt_test_free_port(void);

/* Start it and wait until it is ready; the case fails if it ends or is not ready in time.
 * Its standard error goes to `said` in the case's folder (NULL: ours).  `vitrine` as
 * argv[0] means the program under test.  It dies with the case. */
struct vt_running vt_test_start(const char *said, const char *const argv[]);
/* SIGTERM, wait for its end, and compare the exit code. */
void vt_test_stop(struct vt_running *running, int exit_code_wanted);
/* The same with SIGKILL, and no exit code. */
void vt_test_kill(struct vt_running *running);
/* Its child that runs `vitrine role NAME`; 0 if
 * there is none now. */
pid_t vt_test_role_of(const struct vt_running *running, const char *name);
/* Wait, at most ten seconds, until the condition holds; false if it never did. */
bool vt_test_wait_until(bool (*holds)(void *context), void *context);

#endif
