/* role agent-holder: holds the keys that a cell's objects are sealed for, and the openings;
 * judges, records, and only then answers.
 *
 * Rights: files below the holder's folder, no socket but its channel; where a key is in a
 * token of files, reading these (crypto/pkcs11_uri.h, module-reads).  Keys and papers are
 * opened before the rights are given up, from what `serve` said.  From then on only the
 * front speaks to it, in bounded fields (custody/agent_ask.h): it composes statement,
 * checkpoint and headers itself and believes nothing but signatures. */
#include "custody/role_agent_holder.h"
#include "custody/agent_message.h"
#include "ledger/serve_message.h"

enum { PIECE_MS_MAX = 30000 };

const struct vt_rights vt_agent_holder_rights = { .folder = "", /* told at the start */
                                                  .memory_bytes_max = VT_MIB(2048) };

static bool open_agent(const json_t *words, struct vt_arena *arena,
                       struct vt_agent **agent_out, const char **folder_out,
                       struct vt_error *err)
{
    struct vt_env env = vt_env_real();
    vt_slice dir, passphrase;

    if (!vt_json_get_text(words, "begin", "dir", &dir, err) ||
        !vt_json_get_text(words, "begin", "passphrase", &passphrase, err))
        return false;
    *folder_out = vt_agent_holder_folder(arena, vt_arena_cstr(arena, dir));
    return vt_agent_open(vt_arena_cstr(arena, dir), passphrase, &env, agent_out, err);
}

static bool begin(struct vt_channel *channel, struct vt_arena *arena,
                  struct vt_agent **agent_out, struct vt_error *err)
{
    struct vt_rights rights = vt_agent_holder_rights;
    VT_AUTO_JSON words = NULL;
    bool is_ok;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &words, err))
        return false;
    is_ok = open_agent(words, arena, agent_out, &rights.folder, err);
    explicit_bzero(channel->in.data, channel->in.capacity); /* the passphrase */
    if (!is_ok || !vt_agent_rights(*agent_out, &rights, err))
        return false;
    vt_confine(&rights);
    return vt_serve_ready(channel, err);
}

/* ---- messages of the front --------------------------------------------------------------
 */

static bool answer_ask(struct vt_channel *channel, struct vt_agent *agent,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF bytes = vt_buf_init(VT_AGENT_ASK_BYTES_MAX);
    VT_AUTO_FREE struct vt_agent_ask *ask = vt_alloc(sizeof *ask);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    if (!vt_channel_receive_blob(channel, VT_AGENT_PIECE, PIECE_MS_MAX, &bytes, err))
        return false;
    if (!vt_agent_ask_read(vt_buf_slice(&bytes), arena, ask))
        return vt_fail(err, VT_MALFORMED, "an ask without a form");
    if (!vt_agent_answer(agent, ask, &reply, err))
        return false;
    if (reply.alarm[0] != '\0')
        (void)fprintf(stderr, "vitrine keyagent: ALARM: %s\n", reply.alarm);
    return vt_agent_send_reply(channel, &reply, err);
}

static bool answer_question(struct vt_channel *channel, struct vt_agent *agent,
                            struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_AGENT_QUESTION_BYTES_MAX);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_agent_question question;

    if (!vt_channel_receive_blob(channel, VT_AGENT_PIECE, PIECE_MS_MAX, &bytes, err))
        return false;
    if (!vt_agent_question_read(vt_buf_slice(&bytes), &question))
        return vt_fail(err, VT_MALFORMED, "a question without a form");
    return vt_agent_disclose(agent, &question, &reply, err) &&
           vt_agent_send_reply(channel, &reply, err);
}

static bool answer_hand(struct vt_channel *channel, struct vt_agent *agent,
                        struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_HANDOVER_REQUEST_BYTES);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_handover_request request;

    return vt_channel_receive_blob(channel, VT_AGENT_PIECE, PIECE_MS_MAX, &bytes, err) &&
           vt_handover_request_parse(vt_buf_slice(&bytes), &request, err) &&
           vt_agent_hand(agent, &request, &reply, err) &&
           vt_agent_send_reply(channel, &reply, err);
}

static bool answer_count(struct vt_channel *channel, struct vt_agent *agent,
                         struct vt_error *err)
{
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    return vt_agent_count(agent, &reply, err) && vt_agent_send_reply(channel, &reply, err);
}

static const struct {
    uint16_t type;
    bool (*handle)(struct vt_channel *channel, struct vt_agent *agent,
                   struct vt_error *err);
} handlers[] = {
    { VT_AGENT_ASK, answer_ask },
    { VT_AGENT_COUNT, answer_count },
    { VT_AGENT_QUESTION, answer_question },
    { VT_AGENT_HAND, answer_hand },
};

static bool serve(struct vt_channel *channel, struct vt_agent *agent, struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(channel, -1, &message, err))
        return false;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == message.type)
            return handlers[i].handle(channel, agent, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
}

int vt_role_agent_holder(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error err = { 0 }, lost = { 0 };
    struct vt_agent *agent = NULL;
    bool is_begun = begin(channel, arena, &agent, &err);

    while (is_begun && serve(channel, agent, &err))
        ;
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (err.code != VT_ABSENT) /* somebody must hear why it ends */
        (void)fprintf(stderr, "vitrine agent-holder: %s\n", err.message);
    vt_agent_close(agent);
    return err.code == VT_ABSENT ? VT_EXIT_OK : vt_code_exit(err.code);
}
