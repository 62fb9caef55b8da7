/* Role rules: reads rule files and samples, which others wrote, with libyara.  The parent
 * (rules_child.c) sends them over the channel and distrusts what comes back.
 *
 * A conversation: BEGIN, READY; then FILE and its bytes, DONE, once a file; then FINISH,
 * LIST, COMPILED; then SCAN (the bytes), NAMES, as often as wanted.  A refusal is an error
 * message in place of the answer. */
#ifndef VT_LINE_ROLE_RULES_H
#define VT_LINE_ROLE_RULES_H

#include "role/role.h"

#define VT_ROLE_RULES "rules"

enum {
    VT_RULES_BEGIN = 1, /* u16: seconds that a scan may take */
    VT_RULES_READY,     /* the engine's version */
    VT_RULES_FILE,      /* the path, then its bytes as a blob of VT_RULES_BYTES */
    VT_RULES_BYTES,
    VT_RULES_DONE, /* empty */
    VT_RULES_FINISH,
    VT_RULES_LIST,     /* blob: the rules, canonical JSON */
    VT_RULES_COMPILED, /* blob */
    VT_RULES_SCAN,     /* blob */
    VT_RULES_NAMES,    /* blob: matching rules, one a line */
};

#define VT_RULES_LIST_BYTES_MAX VT_MIB(32)

extern const struct vt_rights vt_rules_rights;
int vt_role_rules(struct vt_channel *channel);

#endif
