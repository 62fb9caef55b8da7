/* role rules: compiles and tries rules that somebody else wrote.  It is given bytes and
 * gives bytes back; it may open no file and no socket. */
#ifndef VT_LINE_ROLE_RULES_H
#define VT_LINE_ROLE_RULES_H

#include "role/role.h"

#define VT_ROLE_RULES "rules"

/* Requests: a message whose body is a path for sentences, then the bytes as a blob of type
 * VT_RULES_BYTES.  Every answer is such a blob, or an error. */
enum {
    VT_RULES_RULE = 1,   /* a rule file; answer: nothing in it */
    VT_RULES_FINISH = 2, /* an empty blob; answer: two, the list of rules and what was
                            compiled */
    VT_RULES_SCAN = 3,   /* a file to try; answer: the names that match, one a line */
    VT_RULES_BYTES = 4,
};

extern const struct vt_rights vt_rules_rights;
int vt_role_rules(struct vt_channel *channel);

#endif
