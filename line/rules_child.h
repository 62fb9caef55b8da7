/* The confined child that reads rules, seen from its parent. */
#ifndef VT_LINE_RULES_CHILD_H
#define VT_LINE_RULES_CHILD_H

#include "line/rules.h"

/* scan_seconds: what one scan may take; 0: VT_RULES_SCAN_SECONDS.  Ends with
 * vt_rules_child_stop.
 * Errors: VT_IO it could not be started, or a lock is missing on this machine */
VT_CHECKED bool vt_rules_child_start(unsigned scan_seconds, struct vt_rules_child **out,
                                     struct vt_error *err);
const char *vt_rules_child_engine(const struct vt_rules_child *child); /* its version */
/* Compile one more file.  All of them share the errors:
 *         VT_REJECTED  the child died on it
 *         VT_LIMIT     it did not answer, and was killed
 * and those of vt_rules_engine_add and its kin. */
VT_CHECKED bool vt_rules_child_add(struct vt_rules_child *child,
                                   const struct vt_rules_file *file, struct vt_error *err);
/* No more files: the list of rules (returned, its form not yet checked) and the compiled
 * bytes (appended). */
VT_CHECKED bool vt_rules_child_finish(struct vt_rules_child *child, json_t **rules_out,
                                      struct vt_buf *compiled, struct vt_error *err);

#endif
