/* Two stores of samples with a keeper's loop each, for tests and measurements of moves:
 * processes of ours that may be killed and started again. */
#ifndef VT_TESTS_MOVING_H
#define VT_TESTS_MOVING_H

#include "cell/move.h"
#include "crypto/age_key.h"
#include "role/hatch.h"

/* Open the store in `folder` as the cell with that name, in this process. */
VT_CHECKED bool vt_moving_open(const char *folder, const char *cell,
                               struct vt_samples **out, struct vt_error *err);

/* Put `count` objects of CH into it: object i of bytes_of(i) bytes, sealed for the
 * recipient, whose document has that digest; every third was scanned.  Numbers begin at
 * `first`.  The bodies are noise: no file key opens them. */
VT_CHECKED bool vt_moving_fill(struct vt_samples *samples, unsigned first, unsigned count,
                               size_t (*bytes_of)(unsigned i),
                               const struct vt_age_recipient *recipient,
                               const vt_hash *document, struct vt_error *err);

/* One that opens: `plain`, sealed.  *object_out: its id there. */
VT_CHECKED bool vt_moving_plant(struct vt_samples *samples, unsigned number, vt_slice plain,
                                const struct vt_age_recipient *recipient,
                                const vt_hash *document, vt_hash *object_out,
                                struct vt_error *err);

/* A keeper's loop over that store, listening at `socket`; ready when this returns.  The
 * file FOLDER.takes says from when until when it takes uploads: two numbers, seconds since
 * 1970; without it never.  Ends the program if it cannot. */
pid_t vt_moving_start(const char *folder, const char *cell, const char *socket);
void vt_moving_kill(pid_t pid); /* with SIGKILL, and wait */

/* A rewrap for tests, in place of the source's key agent: context begins with it. */
struct vt_moving_keys {
    struct vt_age_identity from;
    struct vt_age_recipient to;
};
bool vt_moving_rewrap(void *context, const struct vt_move_sealed *objects, size_t count,
                      struct vt_arena *arena, vt_slice *headers_out, struct vt_error *err);

#endif
