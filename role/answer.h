/* The life of a role that only answers: it begins, then handles one message after the other
 * until the other side of its channel is gone, which is its good end. */
#ifndef VT_ROLE_ANSWER_H
#define VT_ROLE_ANSWER_H

#include "role/role.h"

/* What is done with messages of a type; an error that is no answer ends the role. */
struct vt_handler {
    uint16_t type;
    bool (*handle)(void *context, struct vt_channel *channel, vt_slice body,
                   struct vt_error *err);
};

struct vt_answering {
    const char *name; /* "witness-signer", for the line that says why it ended */
    void *context;    /* handed to all */
    /* Up to its READY, confinement included; its error is told to whoever started us. */
    bool (*begin)(void *context, struct vt_channel *channel, struct vt_error *err);
    const struct vt_handler *handlers; /* ended by one without `handle` */
};

/* Returns the exit code of the process. */
int vt_role_answer(struct vt_channel *channel, const struct vt_answering *role);

#endif
