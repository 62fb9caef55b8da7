/* Laws: what is refused hands out whole chunks only; the pieces in which bytes come make no
 * difference; what is taken, sealed again with the same nonce, is the same bytes; what is
 * sealed opens. */
#include "crypto/age_stream.h"
#include "tools/fuzz.h"

static const uint8_t KEY[VT_AGE_FILE_KEY_BYTES] = "YELLOW SUBMARINE"; /* the test kit's */

static void replay(void *context, uint8_t *out, size_t len)
{
    memcpy(out, context, len);
}

static bool open_it(vt_slice payload, size_t piece, struct vt_buf *plain)
{
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    bool ok = true;

    VT_CHECK(vt_age_open_new(KEY, vt_age_sink_buf(plain), &stream, &err));
    for (size_t at = 0; ok && at < payload.len; at += piece) {
        size_t left = payload.len - at;

        ok = vt_age_stream_put(
            stream, vt_slice_of(payload.data + at, left < piece ? left : piece), &err);
    }
    ok = ok && vt_age_stream_end(stream, &err);
    VT_CHECK(ok || (err.code == VT_REJECTED && err.message[0] != '\0'));
    return ok;
}

static void seal_it(const uint8_t nonce[VT_AGE_NONCE_BYTES], vt_slice plain,
                    struct vt_buf *payload)
{
    uint8_t dice[VT_AGE_NONCE_BYTES];
    struct vt_env env = { .random = replay, .context = dice };
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };

    memcpy(dice, nonce, sizeof dice);
    VT_CHECK(vt_age_seal_new(&env, KEY, vt_age_sink_buf(payload), &stream, &err));
    VT_CHECK(vt_age_stream_put(stream, plain, &err) && vt_age_stream_end(stream, &err));
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_MIB(16)), other = vt_buf_init(VT_MIB(16));
    VT_AUTO_BUF sealed = vt_buf_init(VT_MIB(17)), opened = vt_buf_init(VT_MIB(16));
    static const uint8_t nonce[VT_AGE_NONCE_BYTES] = { 0 };
    bool ok;

    if (input.len > VT_MIB(8))
        return;
    ok = open_it(input, input.len + 1, &plain);
    VT_CHECK(open_it(input, 1 + input.len / 3, &other) == ok);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&plain), vt_buf_slice(&other)));
    if (ok) {
        seal_it(input.data, vt_buf_slice(&plain), &sealed);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&sealed), input));
        return;
    }
    VT_CHECK(plain.len % VT_AGE_CHUNK_BYTES == 0);
    seal_it(nonce, input, &sealed);
    VT_CHECK(open_it(vt_buf_slice(&sealed), 5000, &opened));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&opened), input));
}
