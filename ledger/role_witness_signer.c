/* role witness-signer: holds a witness's key and its memory, judges, cosigns.
 *
 * Rights: files below the memory's folder, no socket but its channel.  Key and memory are
 * opened before the rights are given up, from what `serve` said.  From then on only the
 * front speaks to it: batches of questions in fields of fixed length (and up to 63 hashes),
 * each of which it judges itself.  A batch is durable before its verdicts leave. */
#include "ledger/role_witness_signer.h"
#include "ledger/witness_message.h"
#include "role/answer.h"

const struct vt_rights vt_witness_signer_rights = { .folder = "", /* told at the start */
                                                    .memory_bytes_max = VT_MIB(256) };

struct signing {
    struct vt_arena *arena;
    struct vt_env env;
    struct vt_witness_config config;
    const char *folder;
    struct vt_key *key;
    struct vt_witness_memory *memory;
};

/* ---- beginning --------------------------------------------------------------------------
 */

static bool take_begin(void *context, const struct vt_witness_begin *begin,
                       struct vt_error *err)
{
    struct signing *s = context;

    s->config.vkey = begin->vkey;
    s->config.name = begin->vkey.name;
    s->folder = vt_arena_cstr(s->arena, begin->folder);
    if (!vt_key_open(vt_arena_cstr(s->arena, begin->key), begin->passphrase, &s->key, err))
        return false;
    if (memcmp(vt_key_public(s->key)->bytes, begin->vkey.key, sizeof begin->vkey.key) != 0)
        return vt_fail(err, VT_REJECTED, "%.*s: not the key of this witness",
                       VT_SLICE_ARGS(begin->key));
    return vt_witness_memory_open(s->folder, &s->memory, err);
}

static bool begin(void *context, struct vt_channel *channel, struct vt_error *err)
{
    struct signing *s = context;
    struct vt_rights rights = vt_witness_signer_rights;

    if (!vt_witness_listen(channel, s->arena, take_begin, s, &s->config, err))
        return false;
    rights.folder = s->folder;
    if (!vt_rights_read(&rights, vt_key_reads(s->key), err))
        return false;
    vt_confine(&rights);
    return vt_channel_send(channel, VT_WITNESS_MSG_READY, (vt_slice){ 0 }, err);
}

/* ---- messages of the front --------------------------------------------------------------
 */

static bool judge_batch(void *context, struct vt_channel *channel, vt_slice body,
                        struct vt_error *err)
{
    struct signing *s = context;
    VT_AUTO_BUF answer = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    VT_AUTO_FREE struct vt_witness_question *question = vt_alloc(sizeof *question);
    vt_reader r = { body };
    uint16_t count;

    if (!vt_read_u16(&r, &count) || count > VT_WITNESS_BATCH_MAX)
        return vt_fail(err, VT_MALFORMED, "a batch without a form");
    vt_buf_put_u16(&answer, count);
    for (uint16_t i = 0; i < count; i++) {
        struct vt_witness_verdict verdict;

        if (!vt_witness_question_read(&r, question))
            return vt_fail(err, VT_MALFORMED, "a question without a form");
        if (!vt_witness_judge(&s->config, s->key, &s->env, s->memory, question, &verdict,
                              err))
            return false;
        vt_witness_verdict_write(&answer, &verdict);
    }
    if (!vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "a batch with something behind it");
    return vt_buf_check(&answer, "verdicts", err) &&
           vt_witness_memory_commit(s->memory, err) &&
           vt_channel_send(channel, VT_WITNESS_MSG_VERDICTS, vt_buf_slice(&answer), err);
}

static bool tell_seen(void *context, struct vt_channel *channel, vt_slice body,
                      struct vt_error *err)
{
    struct signing *s = context;
    VT_AUTO_BUF answer = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_reader r = { body };
    uint32_t from;

    if (!vt_read_u32(&r, &from) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "a question without a form");
    for (size_t i = from; i - from < VT_WITNESS_SEEN_PER_MESSAGE; i++) {
        const struct vt_witness_seen *seen = vt_witness_memory_at(s->memory, i);

        if (seen == NULL)
            break;
        vt_witness_seen_write(&answer, seen);
    }
    return vt_buf_check(&answer, "what was cosigned", err) &&
           vt_channel_send(channel, VT_WITNESS_MSG_SEEN, vt_buf_slice(&answer), err);
}

static const struct vt_handler handlers[] = {
    { VT_WITNESS_MSG_QUESTIONS, judge_batch },
    { VT_WITNESS_MSG_SEEN, tell_seen },
    { 0, NULL },
};

int vt_role_witness_signer(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct signing s = { .arena = arena,
                         .env = vt_env_real(),
                         .config = vt_witness_config_new(arena) };
    const struct vt_answering role = { "witness-signer", &s, begin, handlers };
    int code = vt_role_answer(channel, &role);

    vt_witness_memory_close(s.memory);
    vt_key_close(s.key);
    return code;
}
