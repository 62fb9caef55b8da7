/* See sealed_frame.h. */
#include "centre/sealed_frame.h"
#include "crypto/age_whole.h"

#define MAGIC "VTSD"

enum { CHAIN_AT = VT_SEALED_FRAME_BYTES - VT_SHA256_BYTES };

const char *vt_sealed_deed_name(enum vt_sealed_deed deed)
{
    static const char *const names[VT_SEALED_DEEDS] = {
        [0] = "",
        [VT_SEALED_OPENED] = "opened",
        [VT_SEALED_ASKED] = "asked",
        [VT_SEALED_CLOSED] = "closed",
        [VT_SEALED_TAKEN] = "taken",
    };

    return names[deed];
}

vt_hash vt_sealed_chain(const vt_hash *before, vt_slice bytes)
{
    struct vt_sha256 state;
    vt_hash chain;

    VT_ASSERT(bytes.len == VT_SEALED_FRAME_BYTES);
    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/sealed-chain/v1\n"));
    vt_sha256_add(&state, vt_hash_slice(before));
    vt_sha256_add(&state, vt_slice_sub(bytes, 0, CHAIN_AT));
    vt_sha256_end(&state, &chain);
    return chain;
}

static void put_zeros(struct vt_buf *out, size_t until)
{
    while (out->len < until && !out->is_full)
        vt_buf_put_u8(out, 0);
}

/* ---- sealing ----------------------------------------------------------------------------
 */

static void put_plain(const struct vt_sealed_frame *frame,
                      const struct vt_sealed_words *words, struct vt_buf *out)
{
    VT_ASSERT(words->question.len <= VT_SEALED_QUESTION_BYTES_MAX);
    vt_buf_put_u64(out, frame->number);
    vt_buf_put(out, VT_BYTES(frame->session));
    vt_buf_put_u8(out, words->is_refused);
    vt_buf_put_u16(out, (uint16_t)words->question.len); /* asserted */
    vt_buf_put(out, words->question);
    put_zeros(out, VT_SEALED_PLAIN_BYTES);
}

bool vt_sealed_frame_write(struct vt_buf *out, const struct vt_env *env,
                           const struct vt_age_recipient *recipient,
                           const struct vt_sealed_frame *frame,
                           const struct vt_sealed_words *words, vt_hash *chain,
                           struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_SEALED_PLAIN_BYTES);
    VT_AUTO_BUF age = vt_buf_init(VT_SEALED_AGE_BYTES);
    VT_AUTO_BUF bytes = vt_buf_init(VT_SEALED_FRAME_BYTES);
    vt_hash zero = { { 0 } }, next;

    put_plain(frame, words, &plain);
    if (!vt_age_seal_whole(env, &recipient, 1, vt_buf_slice(&plain), &age, err))
        return false;
    VT_ASSERT(age.len == VT_SEALED_AGE_BYTES);
    vt_buf_put_text(&bytes, MAGIC);
    vt_buf_put_u8(&bytes, (uint8_t)frame->deed);
    put_zeros(&bytes, bytes.len + 3);
    vt_buf_put_u64(&bytes, frame->number);
    vt_buf_put_u64(&bytes, frame->settled);
    vt_buf_put_u64(&bytes, (uint64_t)frame->time_unix_ms); /* a clock of ours: positive */
    vt_buf_put(&bytes, VT_BYTES(frame->session));
    vt_buf_put(&bytes, VT_BYTES(frame->invitation));
    vt_buf_put(&bytes, vt_buf_slice(&age));
    put_zeros(&bytes, CHAIN_AT);
    vt_buf_put(&bytes, VT_BYTES(zero));
    next = vt_sealed_chain(chain, vt_buf_slice(&bytes));
    vt_buf_put(out, vt_slice_sub(vt_buf_slice(&bytes), 0, CHAIN_AT));
    vt_buf_put(out, VT_BYTES(next));
    if (!vt_buf_check(out, "a sealed record", err))
        return false;
    *chain = next;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------
 */

bool vt_sealed_frame_read(vt_slice bytes, struct vt_sealed_frame *out)
{
    vt_reader r = { bytes };
    struct vt_sealed_frame frame = { .number = 0 };
    vt_slice zeros, session, rest;
    uint64_t time_unix_ms;
    uint8_t deed;

    if (!vt_read_literal(&r, VT_LIT(MAGIC)) || !vt_read_u8(&r, &deed) || deed == 0 ||
        deed >= VT_SEALED_DEEDS || !vt_read_bytes(&r, 3, &zeros) ||
        !vt_slice_is_zero(zeros) || !vt_read_u64(&r, &frame.number) ||
        !vt_read_u64(&r, &frame.settled) || frame.settled >= frame.number ||
        !vt_read_u64(&r, &time_unix_ms) || time_unix_ms > INT64_MAX ||
        !vt_read_bytes(&r, VT_SEALED_SESSION_BYTES, &session) ||
        !vt_hash_read(&r, &frame.invitation) ||
        !vt_read_bytes(&r, VT_SEALED_AGE_BYTES, &frame.age) ||
        r.rest.len < VT_SHA256_BYTES ||
        !vt_read_bytes(&r, r.rest.len - VT_SHA256_BYTES, &rest) ||
        !vt_slice_is_zero(rest) || !vt_hash_read(&r, &frame.chain) ||
        bytes.len != VT_SEALED_FRAME_BYTES)
        return false;
    frame.deed = (enum vt_sealed_deed)deed; /* checked above */
    frame.time_unix_ms = (int64_t)time_unix_ms;
    memcpy(frame.session, session.data, sizeof frame.session);
    *out = frame;
    return true;
}

/* ---- opening ----------------------------------------------------------------------------
 */

static bool read_plain(vt_slice plain, const struct vt_sealed_frame *frame,
                       struct vt_sealed_words *out, struct vt_error *err)
{
    vt_reader r = { plain };
    struct vt_sealed_words words;
    uint64_t number;
    vt_slice session;
    uint8_t is_refused;
    uint16_t len;

    if (plain.len != VT_SEALED_PLAIN_BYTES || !vt_read_u64(&r, &number) ||
        !vt_read_bytes(&r, VT_SEALED_SESSION_BYTES, &session) ||
        !vt_read_u8(&r, &is_refused) || is_refused > 1 || !vt_read_u16(&r, &len) ||
        !vt_read_bytes(&r, len, &words.question) || !vt_slice_is_zero(r.rest))
        return vt_fail(err, VT_MALFORMED, "what was sealed has no form");
    if (number != frame->number || !vt_slice_equal(session, VT_BYTES(frame->session)))
        return vt_fail(err, VT_REJECTED, "what was sealed belongs to record %ju",
                       (uintmax_t)number);
    words.is_refused = is_refused != 0;
    *out = words;
    return true;
}

bool vt_sealed_frame_open(const struct vt_age_identity *identity,
                          const struct vt_sealed_frame *frame, struct vt_buf *plain,
                          struct vt_sealed_words *out, struct vt_error *err)
{
    vt_buf_truncate(plain, 0);
    return vt_age_open_whole(identity, frame->age, plain, err) &&
           read_plain(vt_buf_slice(plain), frame, out, err);
}
