/* Signed notes and verifier keys.  Spec: C2SP signed-note v1.0.0. */
#ifndef VT_WIRE_NOTE_H
#define VT_WIRE_NOTE_H

#include "base/base.h"

#define VT_NOTE_BYTES_MAX      VT_KIB(512)
#define VT_NOTE_SIGNATURES_MAX 100
#define VT_NOTE_NAME_BYTES_MAX 255 /* tlog-cosignature allows no longer one */
#define VT_NOTE_KEY_ID_BYTES   4

/* Signature types (signed-note, "Signature types"). */
enum vt_note_type {
    VT_NOTE_ED25519 = 0x01,
    VT_NOTE_ECDSA = 0x02,
    VT_NOTE_COSIGNATURE = 0x04, /* timestamped Ed25519: u64 seconds, then 64 bytes */
};

/* "name+hhhhhhhh+base64(type, key)" taken apart.  Slices point into the text. */
struct vt_vkey {
    vt_slice name;
    uint32_t id;
    uint8_t type;
    uint8_t key[32];
};

struct vt_note_signature {
    vt_slice name;
    uint32_t id;
    vt_slice payload_base64; /* well-formed; the decoded bytes: 4-byte id, then signature */
    vt_slice line;           /* the whole line with its '\n' */
};

struct vt_note {
    vt_slice text; /* signed part, final '\n' included, without the blank line */
    struct vt_note_signature signatures[VT_NOTE_SIGNATURES_MAX];
    size_t signature_count; /* at least 1 */
};

/* Take a note apart; no signature is checked (crypto/verify_note.h does).  Slices in *out
 * point into `bytes`.  Exactly one spelling is taken, so that text, blank line and lines
 * put together are `bytes` again.  Allocates nothing.
 * Errors: VT_MALFORMED
 *         VT_LIMIT above VT_NOTE_BYTES_MAX or VT_NOTE_SIGNATURES_MAX
 * Spec:   signed-note "Format" */
VT_CHECKED bool vt_note_parse(vt_slice bytes, struct vt_note *out, struct vt_error *err);

/* 1 to VT_NOTE_NAME_BYTES_MAX bytes of UTF-8 with no '+', no Unicode space (the property
 * White_Space) and no byte below 0x20. */
bool vt_note_name_is_good(vt_slice name);

/* Append one signature line: "— name base64(id ‖ signature)\n".  The name must be good. */
void vt_note_write_signature(struct vt_buf *out, vt_slice name, uint32_t id,
                             vt_slice signature);

/* Only Ed25519 keys (types 0x01 and 0x04) are taken.  Whether the key id is right is not
 * looked at here: vt_vkey_parse in crypto/, which can hash, calls this and does.
 * Errors: VT_MALFORMED
 * Spec:   signed-note "Verifier keys" */
VT_CHECKED bool vt_vkey_take_apart(vt_slice text, struct vt_vkey *out,
                                   struct vt_error *err);
void vt_vkey_write(struct vt_buf *out, const struct vt_vkey *vkey);

#endif
