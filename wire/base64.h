/* Base64 with one spelling for each value: padding demanded, unused bits zero, no white
 * space.  Spec: RFC 4648 §4 (standard) and §5 (URL-safe), with §3.5 enforced. */
#ifndef VT_WIRE_BASE64_H
#define VT_WIRE_BASE64_H

#include "base/base.h"

/* Characters that n bytes take, padding included. */
size_t vt_base64_len(size_t n);

/* All readers below fail with VT_MALFORMED and then leave their outputs as they were; those
 * that append fail with VT_LIMIT if out has no room for the whole. */

/* Standard alphabet.  Appends to out. */
VT_CHECKED bool vt_base64_parse(vt_slice text, struct vt_buf *out, struct vt_error *err);
/* Standard or URL-safe alphabet (not both in one text), as DSSE readers must accept. */
VT_CHECKED bool vt_base64_parse_any(vt_slice text, struct vt_buf *out,
                                    struct vt_error *err);
/* Standard alphabet into exactly len bytes (a hash, a key, a signature); allocates
 * nothing. */
VT_CHECKED bool vt_base64_parse_exact(vt_slice text, uint8_t *out, size_t len,
                                      struct vt_error *err);
/* Standard alphabet: the whole text is checked, its first len bytes are decoded, and
 * whole_len_out tells how many it stands for (len or more); allocates nothing. */
VT_CHECKED bool vt_base64_parse_head(vt_slice text, uint8_t *out, size_t len,
                                     size_t *whole_len_out, struct vt_error *err);
/* Standard alphabet, appended. */
void vt_base64_write(struct vt_buf *out, vt_slice bytes);

/* ---- bare: the standard alphabet without padding, as age files have it -----------------
 */

/* The bytes that the text stands for; checks the whole text. */
VT_CHECKED bool vt_base64_bare_len(vt_slice text, size_t *len_out, struct vt_error *err);
/* Appends to out. */
VT_CHECKED bool vt_base64_parse_bare(vt_slice text, struct vt_buf *out,
                                     struct vt_error *err);
/* Into exactly len bytes; allocates nothing. */
VT_CHECKED bool vt_base64_parse_bare_exact(vt_slice text, uint8_t *out, size_t len,
                                           struct vt_error *err);
void vt_base64_write_bare(struct vt_buf *out, vt_slice bytes);

#endif
