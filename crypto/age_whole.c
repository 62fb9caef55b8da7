/* See age_whole.h. */
#include "crypto/age_whole.h"
#include "crypto/age_header.h"
#include "crypto/age_stream.h"

static bool write_header(const struct vt_env *env,
                         const struct vt_age_recipient *const recipients[], size_t count,
                         const uint8_t file_key[VT_AGE_FILE_KEY_BYTES], struct vt_buf *out,
                         struct vt_error *err)
{
    vt_age_header_begin(out);
    for (size_t i = 0; i < count; i++)
        if (!vt_age_wrap(env, recipients[i], file_key, out, err))
            return false;
    return vt_age_header_end(out, file_key, err);
}

bool vt_age_seal_whole(const struct vt_env *env,
                       const struct vt_age_recipient *const recipients[], size_t count,
                       vt_slice plain, struct vt_buf *out, struct vt_error *err)
{
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_AGE_STREAM stream = NULL;
    bool is_ok;

    vt_env_random(env, file_key, sizeof file_key);
    is_ok = write_header(env, recipients, count, file_key, out, err) &&
            vt_age_seal_new(env, file_key, vt_age_sink_buf(out), &stream, err) &&
            vt_age_stream_put(stream, plain, err) && vt_age_stream_end(stream, err);
    explicit_bzero(file_key, sizeof file_key);
    return is_ok;
}

bool vt_age_open_whole(const struct vt_age_identity *identity, vt_slice age,
                       struct vt_buf *plain, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_age_header *header = vt_alloc(sizeof *header);
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_AGE_STREAM stream = NULL;
    vt_slice payload;
    bool is_ok;

    if (!vt_age_header_parse(age, header, err) ||
        !vt_age_unwrap(identity, header, file_key, err))
        return false;
    payload = vt_slice_sub(age, header->bytes.len, age.len - header->bytes.len);
    is_ok = vt_age_open_new(file_key, vt_age_sink_buf(plain), &stream, err) &&
            vt_age_stream_put(stream, payload, err) && vt_age_stream_end(stream, err);
    explicit_bzero(file_key, sizeof file_key);
    return is_ok;
}
