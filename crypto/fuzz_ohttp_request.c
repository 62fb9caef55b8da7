/* Laws: what is refused says why and gives nothing out; what is taken can be answered; any
 * text, sealed to our key, comes back as it was. */
#include "crypto/ohttp.h"
#include "tools/fuzz.h"
#include "wire/hex.h"

#define SECRET                                                                             \
    "3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a" /* RFC 9458 */

static void take(const struct vt_ohttp_key *key, vt_slice message, struct vt_buf *out)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF answer = vt_buf_init(VT_OHTTP_BYTES_MAX);
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    if (!vt_ohttp_request_open(key, 1, message, out, &exchange, &err)) {
        VT_CHECK(err.message[0] != '\0' && err.code != VT_IO && out->len == 0);
        return;
    }
    VT_CHECK(out->len + VT_OHTTP_REQUEST_EXTRA == message.len);
    VT_CHECK(vt_ohttp_response_seal(&env, &exchange, VT_LIT("answer"), &answer, &err));
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF opened = vt_buf_init(VT_OHTTP_BYTES_MAX);
    VT_AUTO_BUF sealed = vt_buf_init(VT_OHTTP_BYTES_MAX);
    VT_AUTO_OHTTP_KEY key = { .config = { .id = 0 } };
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    uint8_t secret[VT_X25519_BYTES];

    VT_CHECK(vt_hex_parse(VT_LIT(SECRET), secret, sizeof secret));
    VT_CHECK(vt_ohttp_key_from_bytes(1, secret, &key, &err));
    take(&key, input, &opened);
    vt_buf_truncate(&opened, 0);
    if (input.len > VT_KIB(64))
        return;
    VT_CHECK(vt_ohttp_request_seal(&env, &key.config, input, &sealed, &exchange, &err));
    take(&key, vt_buf_slice(&sealed), &opened);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&opened), input));
}
