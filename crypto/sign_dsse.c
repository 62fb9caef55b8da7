/* Our own signature over an envelope's payload. */
#include "crypto/verify_dsse.h"

bool vt_dsse_sign(const struct vt_key *key, vt_slice payload_type, vt_slice payload,
                  uint8_t out[64], struct vt_error *err)
{
    VT_AUTO_BUF pae = vt_buf_init(payload.len + payload_type.len + 64);

    vt_dsse_write_pae(&pae, payload_type, payload);
    return vt_buf_check(&pae, "envelope", err) &&
           vt_key_sign(key, vt_buf_slice(&pae), out, err);
}
