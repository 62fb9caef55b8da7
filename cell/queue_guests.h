/* The keeper's side of the door: who has come (queue_door.h), and who of them scans.  What
 * they say is in queue_message.h. */
#ifndef VT_CELL_QUEUE_GUESTS_H
#define VT_CELL_QUEUE_GUESTS_H

#include "cell/queue_message.h"
#include <poll.h>

enum { VT_QUEUE_GUESTS_MAX = 4, VT_QUEUE_GUESTS_FDS = 1 + VT_QUEUE_GUESTS_MAX };

struct vt_queue_guests {
    int door_fd;                                   /* -1: there is no door */
    struct vt_channel guests[VT_QUEUE_GUESTS_MAX]; /* fd -1: a free place */
    /* The one of them that scans, or NULL.  Two would ask for the same keys, and an agent
     * gives them once. */
    const struct vt_channel *scanner;
};

/* door_fd: taken; -1: none.  Must stay in its place; ends with clear. */
void vt_queue_guests_init(struct vt_queue_guests *guests, int door_fd);
void vt_queue_guests_clear(struct vt_queue_guests *guests);
/* Fill VT_QUEUE_GUESTS_FDS rows for poll. */
void vt_queue_guests_poll(const struct vt_queue_guests *guests, struct pollfd *fds);
/* Let in whoever came, and answer whoever spoke.  A guest may go, stop reading, or say what
 * has no form: that costs him his place and is no failure.  VT_IO of the samples, or of the
 * door. */
VT_CHECKED bool vt_queue_guests_answer(struct vt_queue_guests *guests,
                                       const struct pollfd *fds, struct vt_samples *samples,
                                       struct vt_error *err);

#endif
