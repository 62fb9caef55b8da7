/* Signed notes and verifier keys.  Spec: C2SP signed-note v1.0.0. */
#ifndef VT_WIRE_NOTE_H
#define VT_WIRE_NOTE_H

#include "base/base.h"

#define VT_NOTE_BYTES_MAX      VT_KIB(512)
#define VT_NOTE_SIGNATURES_MAX 100
#define VT_NOTE_NAME_BYTES_MAX 255

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

/* Slices in *out point into `bytes`.  Size above VT_NOTE_BYTES_MAX or more signatures than
 * VT_NOTE_SIGNATURES_MAX: VT_LIMIT. */
VT_CHECKED bool vt_note_parse(vt_slice bytes, struct vt_note *out, struct vt_error *err);

/* Non-empty, UTF-8, no Unicode space, no '+', no control byte, at most 255 bytes. */
bool vt_note_name_is_good(vt_slice name);

/* Append one signature line: "— name base64(id ‖ signature)\n". */
void vt_note_write_signature(struct vt_buf *out, vt_slice name, uint32_t id,
                             vt_slice signature);

/* Only Ed25519 keys (types 0x01 and 0x04) are taken; the key id must fit (checked in
 * crypto/, which can hash: vt_vkey_parse there calls this). */
VT_CHECKED bool vt_vkey_take_apart(vt_slice text, struct vt_vkey *out,
                                   struct vt_error *err);
void vt_vkey_write(struct vt_buf *out, const struct vt_vkey *vkey);

#endif
