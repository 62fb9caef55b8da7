/* gzip, for bodies: unpacked step by step into as much room as the caller has, so that
 * nobody's small body becomes a large one here.  zlib shows in no header.
 * Spec: RFC 1952 */
#ifndef VT_HTTP_GZIP_H
#define VT_HTTP_GZIP_H

#include "base/base.h"

struct vt_gunzip;

struct vt_gunzip *vt_gunzip_new(void);         /* returned; end with vt_gunzip_free */
void vt_gunzip_free(struct vt_gunzip *gunzip); /* NULL allowed */
/* Unpack from the front of *in, which is moved on, into out: at most len bytes.  Nothing
 * was made and nothing is left of *in: it needs more.  Members behind each other are one.
 * Errors: VT_MALFORMED no gzip, or a check that is not met; nothing more can be had */
VT_CHECKED bool vt_gunzip_step(struct vt_gunzip *gunzip, vt_slice *in, uint8_t *out,
                               size_t len, size_t *made_out, struct vt_error *err);
/* Is what came so far whole: no member is open? */
bool vt_gunzip_is_whole(const struct vt_gunzip *gunzip);

/* Append the bytes, packed; whether they fit is asked with vt_buf_check. */
void vt_gzip(vt_slice bytes, struct vt_buf *out);

#endif
