/* role: processes that do one thing with few rights.
 *
 * A role starts as `vitrine role NAME`: fork and exec of ourselves, never fork alone, so
 * nothing secret is inherited and addresses are fresh.  It talks over one channel (message
 * boundaries kept, sizes bounded) and confines itself before the first foreign byte. */
#ifndef VT_ROLE_H
#define VT_ROLE_H

#include "base/base.h"
#include "role/channel.h"
#include "role/confine.h"

/* What a role's entry is: returns the exit code of the process. */
typedef int vt_role_entry(struct vt_channel *channel);

struct vt_role_row {
    const char *name;
    vt_role_entry *entry;
    /* What the entry hands to vt_confine, so that the probe can try it; see role_probe.c.
     */
    const struct vt_rights *rights;
};

/* In the child: run the role with that name; the channel is descriptor VT_ROLE_CHANNEL_FD.
 * Returns its exit code; VT_EXIT_USAGE if there is no such role or no channel.
 * rows: ended by a row without a name. */
int vt_role_main(const struct vt_role_row *rows, const char *name);

#define VT_ROLE_CHANNEL_FD 3
#define VT_ROLE_FD(i)      (VT_ROLE_CHANNEL_FD + 1 + (i)) /* the i-th given descriptor */
#define VT_ROLE_FDS_MAX    8

struct vt_role; /* a running role, seen from its parent */

/* Start a role.  fds: descriptors that it inherits as VT_ROLE_FD(0), ...; they stay open
 * here too.  Its standard input and output are /dev/null; standard error is ours; of our
 * environment it sees a short list (role/program.c).  It is killed when this process ends.
 * What it needs to know it is told by messages; only bytes of ours are in its arguments.
 * Errors: VT_IO */
VT_CHECKED bool vt_role_start(const char *name, const int *fds, size_t fd_count,
                              struct vt_role **role_out, struct vt_error *err);
struct vt_channel *vt_role_channel(struct vt_role *role);
pid_t vt_role_pid(const struct vt_role *role);
/* Close the channel, wait up to five seconds for its end, then kill it. */
void vt_role_stop(struct vt_role *role); /* NULL allowed */
/* The same; returns how it ended, as waitpid tells it, or -1 if that is not known. */
int vt_role_end(struct vt_role *role);
void vt_role_stop_pointer(struct vt_role **role);
#define VT_AUTO_ROLE __attribute__((cleanup(vt_role_stop_pointer))) struct vt_role *

/* The program that vt_role_start runs, into path of len bytes (4096 are enough): the one
 * that runs now if its name begins with `vitrine`, else vt_role_program_name() beside it
 * (test programs, tools), so that these start the roles of the real thing.
 * Errors: VT_IO */
VT_CHECKED bool vt_role_program(char *path, size_t len, struct vt_error *err);
/* "vitrine"; crash tests are linked with another answer (tests/stage_program.c). */
const char *vt_role_program_name(void);
/* What a role sees of our environment: a NULL-ended array, made new; ends with free(). */
char **vt_role_environment(void);

#endif
