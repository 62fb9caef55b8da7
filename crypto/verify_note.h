/* Who signed this note?  Spec: C2SP signed-note v1.0.0 "Verifying", tlog-cosignature. */
#ifndef VT_CRYPTO_VERIFY_NOTE_H
#define VT_CRYPTO_VERIFY_NOTE_H

#include "base/base.h"
#include "crypto/key.h"
#include "wire/note.h"

/* Key id of a verifier key: SHA-256(name ‖ '\n' ‖ type ‖ key), first four bytes. */
uint32_t vt_vkey_id(vt_slice name, uint8_t type, const uint8_t key[32]);
/* vt_vkey_take_apart, and the id must be right (VT_MALFORMED). */
VT_CHECKED bool vt_vkey_parse(vt_slice text, struct vt_vkey *out, struct vt_error *err);
struct vt_vkey vt_vkey_of(vt_slice name, uint8_t type, const struct vt_public_key *key);

/* What one verifier key said about a note. */
struct vt_note_finding {
    bool is_signed;      /* a good signature by this key stands on the note */
    int64_t time_unix_s; /* of a cosignature (type 0x04); 0 for type 0x01 */
};

/* Check the note against `count` keys; findings[i] tells of keys[i].  A line that matches a
 * key by name and id and whose signature is bad: VT_REJECTED for the whole note.  A line
 * that two keys claim: VT_REJECTED (ambiguous).  Lines of unknown keys are ignored; of
 * repeated good lines the earliest time counts.  No good signature at all: VT_REJECTED.
 * After a failure all findings are empty, so that nobody can read half a verdict. */
VT_CHECKED bool vt_note_verify(const struct vt_note *note, const struct vt_vkey *keys,
                               size_t count, struct vt_note_finding *findings,
                               struct vt_error *err);

/* Append our signature line to `out` (which holds text and blank line already, or only
 * earlier lines): type 0x01 over text, or type 0x04 with its time. */
VT_CHECKED bool vt_note_sign(const struct vt_key *key, vt_slice name, vt_slice text,
                             struct vt_buf *out, struct vt_error *err);
VT_CHECKED bool vt_note_cosign(const struct vt_key *key, vt_slice name, int64_t time_unix_s,
                               vt_slice text, struct vt_buf *out, struct vt_error *err);
/* The two halves of vt_note_cosign, for a signer that is not the writer: the signature
 * alone, and the line for it.  time_unix_s is not negative (VT_REJECTED). */
VT_CHECKED bool vt_cosignature_sign(const struct vt_key *key, int64_t time_unix_s,
                                    vt_slice text, uint8_t out[64], struct vt_error *err);
void vt_note_write_cosignature(struct vt_buf *out, vt_slice name, uint32_t id,
                               int64_t time_unix_s, const uint8_t signature[64]);

#endif
