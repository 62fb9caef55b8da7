/* What the front says to the porter.  Writer and reader stand in one file; each KNOCK is
 * answered by one VT_CENTRE_ANSWER (centre/message.h) with its place.
 *
 *   front -> porter    KNOCK (a verb and its fields)
 *   porter -> librarian   VT_CENTRE_ASK (a place and a question), when the session may
 *
 * Each field is bounded; what it means is the porter's to check. */
#ifndef VT_CENTRE_KNOCK_H
#define VT_CENTRE_KNOCK_H

#include "centre/message.h"

enum { VT_CENTRE_KNOCK = 80 };

enum vt_knock_verb {
    VT_KNOCK_CHALLENGE, /* code */
    VT_KNOCK_ENROL,     /* code, client data, authenticator data */
    VT_KNOCK_ENTER, /* token or nothing, credential, client data, authenticator data, sig.
                     */
    VT_KNOCK_LOOK,  /* token */
    VT_KNOCK_LEAVE, /* token, csrf */
    VT_KNOCK_ASK,   /* token, csrf, a question of source */
    VT_KNOCK_SEAL,  /* nothing: the head of what is sealed */
    VT_KNOCK_NOTES, /* token, csrf, a request of notes, the reviewer's key */
    VT_KNOCK_VERBS,
};

#define VT_KNOCK_FIELDS_MAX      5
#define VT_KNOCK_FIELD_BYTES_MAX 8192

struct vt_knock {
    uint32_t place; /* below VT_CENTRE_ASKED_MAX */
    enum vt_knock_verb verb;
    vt_slice fields[VT_KNOCK_FIELDS_MAX]; /* as many as the verb has; others empty */
};

/* Does it bear a session's token?  Others may come from anybody. */
bool vt_knock_has_session(enum vt_knock_verb verb);

void vt_knock_write(const struct vt_knock *knock, struct vt_buf *out);
/* Say in a written knock which place it has. */
void vt_knock_set_place(struct vt_buf *written, uint32_t place);
VT_CHECKED bool vt_knock_read(vt_slice body, struct vt_knock *out);

/* porter -> librarian: the place, and the question as it came. */
void vt_source_ask_write(uint32_t place, vt_slice question, struct vt_buf *out);
VT_CHECKED bool vt_source_ask_read(vt_slice body, uint32_t *place_out,
                                   vt_slice *question_out);

#endif
