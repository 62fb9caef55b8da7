/* What the witness's processes say to each other. */
#include "ledger/witness_message.h"

enum { SECONDS_TO_BEGIN = 30 };

static bool read_into(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

static void put_key(struct vt_buf *out, const struct vt_vkey *key)
{
    vt_buf_put_part(out, key->name);
    vt_buf_put_u32(out, key->id);
    vt_buf_put_u8(out, key->type);
    vt_buf_put(out, VT_BYTES(key->key));
}

static bool read_key(vt_reader *r, struct vt_vkey *out)
{
    return vt_read_part(r, &out->name) && vt_read_u32(r, &out->id) &&
           vt_read_u8(r, &out->type) && read_into(r, out->key, sizeof out->key);
}

/* ---- from the operator ------------------------------------------------------------------
 */

void vt_witness_begin_write(struct vt_buf *out, const struct vt_witness_begin *begin)
{
    put_key(out, &begin->vkey);
    vt_buf_put_u32(out, begin->pending_max);
    vt_buf_put_u32(out, begin->connections_max);
    vt_buf_put_part(out, begin->folder);
    vt_buf_put_part(out, begin->key);
    vt_buf_put_part(out, begin->passphrase);
}

bool vt_witness_begin_parse(vt_slice body, struct vt_witness_begin *out)
{
    vt_reader r = { body };
    struct vt_witness_begin begin;

    if (!read_key(&r, &begin.vkey) || !vt_read_u32(&r, &begin.pending_max) ||
        !vt_read_u32(&r, &begin.connections_max) || !vt_read_part(&r, &begin.folder) ||
        !vt_read_part(&r, &begin.key) || !vt_read_part(&r, &begin.passphrase) ||
        !vt_read_end(&r))
        return false;
    *out = begin;
    return true;
}

void vt_witness_log_write(struct vt_buf *out, const struct vt_witness_log *log)
{
    vt_buf_put_part(out, log->origin);
    vt_buf_put_u8(out, (uint8_t)log->key_count); /* at most VT_WITNESS_KEYS_MAX */
    for (size_t i = 0; i < log->key_count; i++)
        put_key(out, &log->keys[i]);
}

bool vt_witness_log_parse(vt_slice body, struct vt_arena *arena,
                          struct vt_witness_config *config, struct vt_error *err)
{
    vt_reader r = { vt_arena_copy(arena, body) };
    vt_slice origin;
    uint8_t count;

    if (!vt_read_part(&r, &origin) || !vt_read_u8(&r, &count) || count == 0 ||
        count > VT_WITNESS_KEYS_MAX)
        return vt_fail(err, VT_MALFORMED, "a log without a form");
    for (uint8_t i = 0; i < count; i++) {
        struct vt_vkey key;

        if (!read_key(&r, &key))
            return vt_fail(err, VT_MALFORMED, "a log's key without a form");
        if (!vt_witness_config_add(config, origin, &key, err))
            return false;
    }
    return vt_read_end(&r) || vt_fail(err, VT_MALFORMED, "a log with something behind it");
}

static bool send_logs(struct vt_channel *channel, const struct vt_witness_config *config,
                      struct vt_error *err)
{
    for (size_t i = 0; i < config->log_count; i++) {
        VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

        vt_witness_log_write(&body, &config->logs[i]);
        if (!vt_buf_check(&body, "a log", err) ||
            !vt_channel_send(channel, VT_WITNESS_MSG_LOG, vt_buf_slice(&body), err))
            return false;
    }
    return true;
}

/* BEGIN comes last: whoever refuses it has nothing unread, so that its reason arrives. */
bool vt_witness_tell(struct vt_channel *channel, const struct vt_witness_begin *begin,
                     const struct vt_witness_config *config, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_slice ready;
    bool is_ok;

    vt_witness_begin_write(&body, begin);
    is_ok = vt_buf_check(&body, "the witness's paths and names", err) &&
            send_logs(channel, config, err) &&
            vt_channel_call(channel, VT_WITNESS_MSG_BEGIN, vt_buf_slice(&body),
                            VT_WITNESS_MSG_READY, SECONDS_TO_BEGIN * 1000, &ready, err);
    if (body.data != NULL)
        explicit_bzero(body.data, body.capacity); /* the passphrase */
    return is_ok;
}

static bool take_begin(struct vt_channel *channel, vt_slice body, struct vt_arena *arena,
                       bool (*take)(void *context, const struct vt_witness_begin *begin,
                                    struct vt_error *err),
                       void *context, struct vt_error *err)
{
    struct vt_witness_begin begin;
    bool is_ok;

    if (!vt_witness_begin_parse(body, &begin))
        return vt_fail(err, VT_MALFORMED, "a beginning without a form");
    begin.vkey.name = vt_arena_copy(arena, begin.vkey.name);
    begin.folder = vt_arena_copy(arena, begin.folder);
    begin.key = vt_arena_copy(arena, begin.key);
    is_ok = take(context, &begin, err);
    explicit_bzero(channel->in.data, channel->in.capacity);
    return is_ok;
}

bool vt_witness_listen(struct vt_channel *channel, struct vt_arena *arena,
                       bool (*take)(void *context, const struct vt_witness_begin *begin,
                                    struct vt_error *err),
                       void *context, struct vt_witness_config *config,
                       struct vt_error *err)
{
    struct vt_message message;

    for (;;) {
        if (!vt_channel_receive(channel, SECONDS_TO_BEGIN * 1000, &message, err))
            return false;
        if (message.type == VT_WITNESS_MSG_BEGIN)
            return take_begin(channel, message.body, arena, take, context, err);
        if (message.type != VT_WITNESS_MSG_LOG)
            return vt_fail(err, VT_MALFORMED, "a message of type %u at the beginning",
                           message.type);
        if (!vt_witness_log_parse(message.body, arena, config, err))
            return false;
    }
}

/* ---- between front and signer -----------------------------------------------------------
 */

void vt_witness_question_write(struct vt_buf *out, const struct vt_witness_question *q)
{
    vt_buf_put(out, vt_hash_slice(&q->log));
    vt_buf_put_u64(out, q->old_size);
    vt_buf_put_u64(out, q->size);
    vt_buf_put(out, vt_hash_slice(&q->root));
    vt_buf_put_u32(out, q->key_id);
    vt_buf_put(out, VT_BYTES(q->log_signature));
    vt_buf_put_u8(out, (uint8_t)q->proof_count); /* at most VT_PROOF_HASHES_MAX */
    vt_buf_put(out, vt_slice_of(q->proof, q->proof_count * VT_SHA256_BYTES));
}

bool vt_witness_question_read(vt_reader *r, struct vt_witness_question *out)
{
    uint8_t count;

    if (!read_into(r, &out->log, sizeof out->log) || !vt_read_u64(r, &out->old_size) ||
        !vt_read_u64(r, &out->size) || !read_into(r, &out->root, sizeof out->root) ||
        !vt_read_u32(r, &out->key_id) ||
        !read_into(r, out->log_signature, sizeof out->log_signature) ||
        !vt_read_u8(r, &count) || count > VT_PROOF_HASHES_MAX ||
        !read_into(r, out->proof, (size_t)count * VT_SHA256_BYTES))
        return false;
    out->proof_count = count;
    return true;
}

void vt_witness_verdict_write(struct vt_buf *out, const struct vt_witness_verdict *v)
{
    vt_buf_put_u8(out, (uint8_t)v->judgement);
    vt_buf_put_u64(out, v->seen_size);
    vt_buf_put_u64(out, (uint64_t)v->time_unix_s); /* not negative */
    vt_buf_put(out, VT_BYTES(v->cosignature));
}

bool vt_witness_verdict_read(vt_reader *r, struct vt_witness_verdict *out)
{
    uint8_t judgement;
    uint64_t time_unix_s;

    if (!vt_read_u8(r, &judgement) || judgement >= VT_WITNESS_JUDGEMENTS ||
        !vt_read_u64(r, &out->seen_size) || !vt_read_u64(r, &time_unix_s) ||
        time_unix_s > INT64_MAX || !read_into(r, out->cosignature, sizeof out->cosignature))
        return false;
    out->judgement = (enum vt_witness_judgement)judgement;
    out->time_unix_s = (int64_t)time_unix_s;
    return true;
}
