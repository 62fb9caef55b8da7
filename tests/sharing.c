/* See sharing.h. */
#include "tests/sharing.h"
#include "crypto/age_stream.h"
#include "tests/custody_world.h"

enum { PERIOD_S = 30 * 86400 };

struct vt_age_identity *vt_sharing_identity(void)
{
    static const uint8_t secret[VT_X25519_BYTES] = VT_CUSTODY_SHARED_SECRET;
    struct vt_age_identity *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_from_bytes(secret, out, &err));
    vt_test_keep(out->secret.data);
    return out;
}

struct vt_recipient vt_sharing_recipient(int64_t at_unix_s)
{
    struct vt_recipient out = { .cell = "zurich",
                                .country = "CH",
                                .holder = "Watch",
                                .data_class = "file",
                                .from_unix_s = at_unix_s / PERIOD_S * PERIOD_S,
                                .key = vt_sharing_identity()->recipient };
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);

    out.until_unix_s = out.from_unix_s + 2 * PERIOD_S;
    VT_CHECK_OK(vt_recipient_write(&out, &text, &err));
    VT_CHECK_OK(vt_cell_recipient_parse(vt_buf_slice(&text), &out, &err));
    return out;
}

static struct vt_key *pseudonym_new(unsigned number)
{
    uint8_t seed[32] = "a client's pseudonym";
    struct vt_error err = { 0 };
    struct vt_key *key;

    memcpy(seed + 24, &number, sizeof number);
    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    return key;
}

struct vt_key *vt_sharing_pseudonym(unsigned number)
{
    struct vt_key *key = pseudonym_new(number);

    vt_test_keep(key);
    return key;
}

static vt_slice keep(struct vt_buf *buf)
{
    vt_slice out = vt_arena_copy(vt_test_arena(), vt_buf_slice(buf));

    vt_buf_clear(buf);
    return out;
}

struct vt_shared vt_sharing_seal(vt_slice plain, unsigned pseudonym, int64_t at_unix_s)
{
    struct vt_env env = vt_env_real();

    return vt_sharing_seal_by(&env, plain, pseudonym, at_unix_s);
}

struct vt_shared vt_sharing_seal_by(const struct vt_env *env, vt_slice plain,
                                    unsigned pseudonym, int64_t at_unix_s)
{
    struct vt_recipient recipient = vt_sharing_recipient(at_unix_s);

    return vt_sharing_seal_for(&recipient, env, plain, pseudonym, at_unix_s);
}

struct vt_shared vt_sharing_seal_for(const struct vt_recipient *recipient,
                                     const struct vt_env *env, vt_slice plain,
                                     unsigned pseudonym, int64_t at_unix_s)
{
    struct vt_buf header = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX),
                  body = vt_buf_init(plain.len + plain.len / 1000 + 1000);
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_AGE_STREAM stream = NULL;
    vt_hash hash = vt_sha256_of(plain);
    struct vt_error err = { 0 };
    struct vt_shared out;

    vt_env_random(env, file_key, sizeof file_key);
    VT_CHECK_OK(vt_age_header_write(env, &recipient->key, file_key, &header, &err));
    VT_CHECK_OK(vt_age_seal_new(env, file_key, vt_age_sink_buf(&body), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    out.body = keep(&body);
    out.request = (struct vt_share_request){
        .cell = vt_slice_from_cstr(
            vt_arena_cstr(vt_test_arena(), vt_slice_from_cstr(recipient->cell))),
        .country = "CH",
        .recipient = recipient->digest,
        .body = vt_sha256_of(out.body),
        .body_bytes = out.body.len,
        .header = keep(&header)
    };
    out.request.object = vt_sha256_of(out.request.header);
    out.request.digest = vt_share_digest(&recipient->digest, &hash);
    vt_sharing_sign_again(&out, pseudonym, at_unix_s);
    return out;
}

void vt_sharing_sign_again(struct vt_shared *shared, unsigned pseudonym, int64_t at_unix_s)
{
    VT_AUTO_KEY key = pseudonym_new(pseudonym); /* locked memory is scarce in a soak */
    struct vt_error err = { 0 };

    shared->request.at_unix_s = at_unix_s;
    VT_CHECK_OK(vt_share_request_sign(&shared->request, key, &err));
}
