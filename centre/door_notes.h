/* The door's side of notes: a request of /api/v1/notes as the bytes that the porter reads.
 *
 *   {"kind":"list","key","from"?}
 *   {"kind":"write","key","number"?,"product","version","source","path"?,"file"?,"from"?,
 *    "to"?,"severity"?,"text"}
 *   {"kind":"remove","key","number"}
 *   {"kind":"take","key","form","numbers","report"?:{"product","version","source",
 *    "verdict","scope","summary"?,"files"?}} */
#ifndef VT_CENTRE_DOOR_NOTES_H
#define VT_CENTRE_DOOR_NOTES_H

#include "base/base.h"
#include "wire/json.h"

/* A number that may be missing, which is 0.  VT_MALFORMED. */
VT_CHECKED bool vt_door_get_number(const json_t *body, const char *name, uint32_t *out,
                                   struct vt_error *err);

/* ask, key: appended.  VT_MALFORMED, VT_LIMIT. */
VT_CHECKED bool vt_door_notes_take(const json_t *body, struct vt_buf *ask,
                                   struct vt_buf *key, struct vt_error *err);

#endif
