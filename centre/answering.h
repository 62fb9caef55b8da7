/* The life of a role that answers questions: ASK after ASK, until whoever asks has gone. */
#ifndef VT_CENTRE_ANSWERING_H
#define VT_CENTRE_ANSWERING_H

#include "role/channel.h"

struct vt_answering {
    const char *role; /* its name, for what it says */
    /* The body of an ASK.  An error ends the role. */
    bool (*answer)(void *context, struct vt_channel *channel, vt_slice body,
                   struct vt_error *err);
    void *context;
};

/* is_begun: it said that it is ready; else begun_err says why not, and the other side is
 * told.  Returns the exit code; nothing is said of an end that the other side made. */
int vt_centre_answer_all(const struct vt_answering *answering, struct vt_channel *channel,
                         bool is_begun, const struct vt_error *begun_err);

#endif
