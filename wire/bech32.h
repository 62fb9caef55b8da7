/* Bech32 (BIP 173, without its bound of 90 characters): bytes as a word that a person can
 * copy, with a name in front and a checksum behind.  One value has one spelling in each
 * case: unused bits are zero, letters are all lower or all upper case. */
#ifndef VT_WIRE_BECH32_H
#define VT_WIRE_BECH32_H

#include "base/base.h"

#define VT_BECH32_BYTES_MAX 1024 /* of text */

/* The text must be `name`, '1', digits for exactly len bytes, and the checksum, all in the
 * case in which `name` is written ("age" lower, "AGE-SECRET-KEY-" upper).
 * Errors: VT_MALFORMED; out is then untouched
 * Spec:   BIP 173 "Bech32" */
VT_CHECKED bool vt_bech32_parse(vt_slice text, const char *name, uint8_t *out, size_t len,
                                struct vt_error *err);
/* Characters of the text that vt_bech32_write makes of len bytes. */
size_t vt_bech32_len(const char *name, size_t len);
/* Writes exactly vt_bech32_len(...) characters, no NUL; allocates nothing, so that the
 * text of a secret stays where the caller puts it. */
void vt_bech32_write(const char *name, vt_slice bytes, uint8_t *out);

#endif
