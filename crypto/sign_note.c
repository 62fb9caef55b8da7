/* Our own lines under a note. */
#include "crypto/verify_note.h"

bool vt_note_sign(const struct vt_key *key, vt_slice name, vt_slice text,
                  struct vt_buf *out, struct vt_error *err)
{
    struct vt_vkey vkey = vt_vkey_of(name, VT_NOTE_ED25519, vt_key_public(key));
    uint8_t signature[64];

    if (!vt_key_sign(key, text, signature, err))
        return false;
    vt_note_write_signature(out, name, vkey.id, vt_slice_of(signature, sizeof signature));
    return vt_buf_check(out, "note", err);
}

bool vt_note_cosign(const struct vt_key *key, vt_slice name, int64_t time_unix_s,
                    vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    struct vt_vkey vkey = vt_vkey_of(name, VT_NOTE_COSIGNATURE, vt_key_public(key));
    VT_AUTO_BUF message = vt_buf_init(text.len + 64);
    VT_AUTO_BUF payload = vt_buf_init(72);
    uint8_t signature[64];

    if (time_unix_s < 0)
        return vt_fail(err, VT_REJECTED, "cosignature: the clock stands before 1970");
    vt_buf_printf(&message, "cosignature/v1\ntime %jd\n", (intmax_t)time_unix_s);
    vt_buf_put(&message, text);
    if (!vt_buf_check(&message, "cosignature", err) ||
        !vt_key_sign(key, vt_buf_slice(&message), signature, err))
        return false;
    vt_buf_put_u64(&payload, (uint64_t)time_unix_s); /* not negative: checked above */
    vt_buf_put(&payload, vt_slice_of(signature, sizeof signature));
    vt_note_write_signature(out, name, vkey.id, vt_buf_slice(&payload));
    return vt_buf_check(out, "note", err);
}
