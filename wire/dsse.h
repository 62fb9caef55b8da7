/* DSSE envelopes.  Spec: DSSE 1.0.2 envelope.md and protocol.md. */
#ifndef VT_WIRE_DSSE_H
#define VT_WIRE_DSSE_H

#include "base/base.h"

#define VT_DSSE_BYTES_MAX      VT_MIB(4)
#define VT_DSSE_SIGNATURES_MAX 32
#define VT_DSSE_TYPE_BYTES_MAX 1024
/* Our own public entries: design §4. */
#define VT_ENTRY_BYTES_MAX 65535

struct vt_dsse_signature {
    vt_slice keyid; /* a hint, may be empty */
    vt_slice bytes; /* decoded */
};

/* Everything in it is owned; end with vt_dsse_clear. */
struct vt_dsse {
    struct vt_buf payload_type;
    struct vt_buf payload; /* decoded */
    struct vt_dsse_signature signatures[VT_DSSE_SIGNATURES_MAX];
    size_t signature_count; /* at least 1 when parsed */
    struct vt_buf pool;     /* what the signature slices point into */
};

#define VT_AUTO_DSSE __attribute__((cleanup(vt_dsse_clear))) struct vt_dsse

void vt_dsse_clear(struct vt_dsse *envelope);

/* As other people write it: standard or URL-safe base64, unknown fields ignored, a keyid
 * that may be missing, null or empty.  The JSON itself is read strictly (wire/json.h).
 * Allocates; end with vt_dsse_clear.
 * Errors: VT_MALFORMED
 *         VT_LIMIT above one of the bounds at the top
 *         VT_IO    out of memory */
VT_CHECKED bool vt_dsse_parse(vt_slice text, struct vt_dsse *out, struct vt_error *err);
/* The same, of a text that was read already; at most VT_DSSE_BYTES_MAX of it. */
struct json_t;
VT_CHECKED bool vt_dsse_of_json(const struct json_t *object, struct vt_dsse *out,
                                struct vt_error *err);

/* Our canonical form (design §4), the one spelling that vt_dsse_write gives: RFC 8785,
 * standard base64, a payload type, every signature with a keyid of 64 hex digits, sorted by
 * keyid without repeats, at most VT_ENTRY_BYTES_MAX.  Errors as above. */
VT_CHECKED bool vt_dsse_parse_canonical(vt_slice text, struct vt_dsse *out,
                                        struct vt_error *err);

/* Append that canonical form; signatures are sorted here.  On failure out keeps its length.
 * Errors: VT_MALFORMED a keyid that is not 64 hex digits or stands twice; a payload type
 *                      that is empty or not UTF-8
 *         VT_LIMIT     no signature or too many, or above VT_ENTRY_BYTES_MAX
 * Spec:   DSSE envelope.md */
VT_CHECKED bool vt_dsse_write(vt_slice payload_type, vt_slice payload,
                              const struct vt_dsse_signature *signatures, size_t count,
                              struct vt_buf *out, struct vt_error *err);

/* Append the bytes that are signed: "DSSEv1" SP len SP type SP len SP payload, lengths in
 * bytes, decimal.  Spec: DSSE protocol.md "PAE". */
void vt_dsse_write_pae(struct vt_buf *out, vt_slice payload_type, vt_slice payload);

#endif
