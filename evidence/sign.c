/* Signing statements.  Apart from reading them, so that the verification library needs no
 * private-key code. */
#include "evidence/statement.h"

bool vt_envelope_sign(vt_slice payload, const struct vt_key *const *keys, size_t count,
                      struct vt_buf *out, struct vt_error *err)
{
    struct vt_dsse_signature signatures[VT_DSSE_SIGNATURES_MAX];
    struct vt_key_id ids[VT_DSSE_SIGNATURES_MAX];
    uint8_t bytes[VT_DSSE_SIGNATURES_MAX][64];

    if (count > VT_DSSE_SIGNATURES_MAX)
        return vt_fail(err, VT_LIMIT, "envelope: %zu signatures, at most %d", count,
                       VT_DSSE_SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        ids[i] = vt_public_key_id(vt_key_public(keys[i]));
        if (!vt_dsse_sign(keys[i], VT_LIT(VT_PAYLOAD_TYPE), payload, bytes[i], err))
            return false;
        signatures[i] = (struct vt_dsse_signature){ vt_slice_from_cstr(ids[i].text),
                                                    vt_slice_of(bytes[i], 64) };
    }
    return vt_dsse_write(VT_LIT(VT_PAYLOAD_TYPE), payload, signatures, count, out, err);
}

bool vt_envelope_add_signature(vt_slice bytes, const struct vt_key *key, struct vt_buf *out,
                               struct vt_error *err)
{
    VT_AUTO_DSSE dsse = { 0 };
    struct vt_dsse_signature signatures[VT_DSSE_SIGNATURES_MAX + 1];
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    uint8_t signature[64];
    size_t count = 0;

    if (!vt_dsse_parse_canonical(bytes, &dsse, err) ||
        !vt_dsse_sign(key, vt_buf_slice(&dsse.payload_type), vt_buf_slice(&dsse.payload),
                      signature, err))
        return false;
    for (size_t i = 0; i < dsse.signature_count; i++)
        if (!vt_slice_is(dsse.signatures[i].keyid, id.text))
            signatures[count++] = dsse.signatures[i];
    signatures[count++] = (struct vt_dsse_signature){ vt_slice_from_cstr(id.text),
                                                      vt_slice_of(signature, 64) };
    return vt_dsse_write(vt_buf_slice(&dsse.payload_type), vt_buf_slice(&dsse.payload),
                         signatures, count, out, err);
}
