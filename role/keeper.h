/* Keeping a set of roles running: until SIGTERM or SIGINT, and all of it started again when
 * one of them dies.  Whoever keeps them reads nothing that came from outside, so it lives
 * as long as the service does. */
#ifndef VT_ROLE_KEEPER_H
#define VT_ROLE_KEEPER_H

#include "base/base.h"

#define VT_KEPT_MAX 32 /* channels that are watched */

struct vt_kept {
    const char *name; /* in what is said: "witness" */
    /* Start all of them; what was started before a failure is ended by `stop`. */
    bool (*start)(void *context, struct vt_error *err);
    /* End those that run; may be called when none does. */
    void (*stop)(void *context);
    /* The descriptors of their channels, at most VT_KEPT_MAX: one that hangs up is a role
     * that died.  Returns how many. */
    size_t (*channels)(void *context, int fds_out[VT_KEPT_MAX]);
    /* Called once, when all run for the first time; may be NULL. */
    void (*ready)(void *context);
    void *context;
    /* Called before the last `stop`, after SIGTERM or SIGINT: the time to say farewell to
     * clients.  signal_fd can be read as soon as another such signal comes, which means
     * hurry; it is not to be read.  May be NULL. */
    void (*drain)(void *context, int signal_fd);
    /* SIGHUP: read again what the roles are started with.  True: they are stopped and
     * started with it; false (with err filled): all goes on as before.  NULL: SIGHUP is not
     * for us. */
    bool (*reload)(void *context, struct vt_error *err);
};

/* Start them and keep them.  SIGTERM and SIGINT are blocked here and in the roles, so that
 * ^C on a terminal reaches this process alone, which ends all in good order: true.
 * Errors: what the first start says; later VT_IO, when they died, or did not start
 *         again, several times, one soon after the other */
VT_CHECKED bool vt_keep(const struct vt_kept *kept, struct vt_error *err);

#endif
