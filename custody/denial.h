/* Denials: what the supervisor asked for and was refused.  A denial needs no state: it
 * happened, and stays. */
#ifndef VT_CUSTODY_DENIAL_H
#define VT_CUSTODY_DENIAL_H

#include "custody/story.h"

/* Errors: VT_MALFORMED */
VT_CHECKED bool vt_denial_is_sound(const json_t *predicate, struct vt_error *err);
/* Those that were said until that time, the newest first: an array of {"of", "asked", ...}.
 * Pure.  Returned. */
json_t *vt_denials_json(const struct vt_story *story, int64_t at_unix_s,
                        struct vt_strays *strays);

#endif
