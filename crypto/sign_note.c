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

bool vt_cosignature_sign(const struct vt_key *key, int64_t time_unix_s, vt_slice text,
                         uint8_t out[64], struct vt_error *err)
{
    VT_AUTO_BUF message = vt_buf_init(text.len + 64);

    if (time_unix_s < 0)
        return vt_fail(err, VT_REJECTED, "cosignature: the clock stands before 1970");
    vt_buf_printf(&message, "cosignature/v1\ntime %jd\n", (intmax_t)time_unix_s);
    vt_buf_put(&message, text);
    return vt_buf_check(&message, "cosignature", err) &&
           vt_key_sign(key, vt_buf_slice(&message), out, err);
}

void vt_note_write_cosignature(struct vt_buf *out, vt_slice name, uint32_t id,
                               int64_t time_unix_s, const uint8_t signature[64])
{
    VT_AUTO_BUF payload = vt_buf_init(72);

    vt_buf_put_u64(&payload, (uint64_t)time_unix_s); /* not negative: see the header */
    vt_buf_put(&payload, vt_slice_of(signature, 64));
    vt_note_write_signature(out, name, id, vt_buf_slice(&payload));
}

bool vt_note_cosign(const struct vt_key *key, vt_slice name, int64_t time_unix_s,
                    vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    struct vt_vkey vkey = vt_vkey_of(name, VT_NOTE_COSIGNATURE, vt_key_public(key));
    uint8_t signature[64];

    if (!vt_cosignature_sign(key, time_unix_s, text, signature, err))
        return false;
    vt_note_write_cosignature(out, name, vkey.id, time_unix_s, signature);
    return vt_buf_check(out, "note", err);
}
