/* Lower-case hexadecimal, the only case Vitrine writes or takes. */
#ifndef VT_WIRE_HEX_H
#define VT_WIRE_HEX_H

#include "base/base.h"

/* Exactly 2 * len digits into len bytes; false otherwise, out untouched. */
VT_CHECKED bool vt_hex_parse(vt_slice text, uint8_t *out, size_t len);
void vt_hex_write(struct vt_buf *out, vt_slice bytes);
/* Into a char array of 2 * len + 1, NUL-ended. */
void vt_hex_text(vt_slice bytes, char *out);

/* A SHA-256 as text. */
#define VT_HEX256_BYTES 65

#endif
