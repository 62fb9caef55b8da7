/* A keeper's door for movers: it says what leaves and takes what arrives, as the table of
 * residency allows it now. */
#ifndef VT_CELL_KEEPER_DOOR_H
#define VT_CELL_KEEPER_DOOR_H

#include "cell/keeper_rules.h"
#include "cell/move_message.h"
#include <poll.h>

enum { VT_KEEPER_MOVERS_MAX = 2, VT_KEEPER_DOOR_FDS = VT_KEEPER_MOVERS_MAX + 1 };

struct vt_keeper_door {
    const struct vt_keeper_rules *rules; /* borrowed */
    struct vt_env env;
    struct vt_samples *samples; /* borrowed */
    const struct vt_key *key;   /* the cell's; borrowed */
    int listen_fd;              /* -1: there is no door */
    struct vt_channel movers[VT_KEEPER_MOVERS_MAX];
    struct vt_move_desk desks[VT_KEEPER_MOVERS_MAX];
};

/* path: of its socket; NULL: it stays shut.  VT_LIMIT, VT_REJECTED, VT_IO. */
VT_CHECKED bool vt_keeper_door_open(struct vt_keeper_door *door, const char *path,
                                    const struct vt_keeper_rules *rules,
                                    struct vt_samples *samples, const struct vt_key *key,
                                    const struct vt_env *env, struct vt_error *err);
void vt_keeper_door_close(struct vt_keeper_door *door);

/* What to wait for, and what to do then: one message of each mover at most, or one step of
 * what it asked for.  While that is under way there is no waiting. */
bool vt_keeper_door_is_at_work(const struct vt_keeper_door *door);
void vt_keeper_door_poll(const struct vt_keeper_door *door,
                         struct pollfd fds[VT_KEEPER_DOOR_FDS]);
/* Errors: VT_IO the keeper must end.  A mover that goes, or says what has no form, is sent
 * away; the sentence goes to standard error. */
VT_CHECKED bool vt_keeper_door_answer(struct vt_keeper_door *door,
                                      const struct pollfd fds[VT_KEEPER_DOOR_FDS],
                                      struct vt_error *err);

/* May files of that country arrive in the cell, or leave it, now?  Arrive: while they move
 * to it, and when they belong to it.  Leave: only when they belong to another.
 * Errors: VT_REJECTED with the reason */
VT_CHECKED bool vt_residency_may_arrive(const struct vt_residency *policy,
                                        const char country[3], vt_slice here,
                                        int64_t now_unix_s, struct vt_error *err);
VT_CHECKED bool vt_residency_may_leave(const struct vt_residency *policy,
                                       const char country[3], vt_slice here,
                                       int64_t now_unix_s, struct vt_error *err);
/* Does the cell take an upload of that country now, and when does the table change that
 * next?  Errors: VT_REJECTED no country */
VT_CHECKED bool vt_residency_takes(const struct vt_residency *policy, const char country[3],
                                   vt_slice here, int64_t now_unix_s,
                                   struct vt_move_taking *out, struct vt_error *err);

#endif
