/* role mirror-signer: holds a mirror's key, its memories and its copies; judges pending
 * checkpoints and packages, writes what was proved, and cosigns what is whole and durable.
 *
 * Rights: files below the mirror's state folder, no socket but its channel.  Key and
 * memories are opened before the rights are given up, from what `serve` said.  From then on
 * only the front speaks to it, in fields of fixed length; of a package's entries it reads
 * their lengths and hashes, no more.  That it writes the copies itself is what its
 * signature rests on: the process that signs is the one whose sync succeeded. */
#include "ledger/role_mirror_signer.h"
#include "ledger/mirror_message.h"
#include "role/answer.h"

enum { PIECE_MS_MAX = 30000 };

const struct vt_rights vt_mirror_signer_rights = { .folder = "", /* told at the start */
                                                   .memory_bytes_max = VT_MIB(1024),
                                                   .files_max = 4096 };

struct signing {
    struct vt_arena *arena;
    struct vt_env env;
    struct vt_witness_config config;
    const char *folder;
    struct vt_key *key;
    struct vt_mirror_host *host;
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
        return vt_fail(err, VT_REJECTED, "%.*s: not the key of this mirror",
                       VT_SLICE_ARGS(begin->key));
    return true;
}

static bool begin(void *context, struct vt_channel *channel, struct vt_error *err)
{
    struct signing *s = context;
    struct vt_rights rights = vt_mirror_signer_rights;

    if (!vt_witness_listen(channel, s->arena, take_begin, s, &s->config, err))
        return false;
    rights.folder = s->folder;
    if (!vt_rights_read(&rights, vt_key_reads(s->key), err))
        return false;
    vt_confine(&rights);
    return vt_mirror_host_open(&s->config, s->key, s->folder, &s->env, &s->host, err) &&
           vt_channel_send(channel, VT_WITNESS_MSG_READY, (vt_slice){ 0 }, err);
}

/* ---- messages of the front --------------------------------------------------------------
 */

static bool fail_form(const char *what, struct vt_error *err)
{
    return vt_fail(err, VT_MALFORMED, "%s without a form", what);
}

/* One question: what waits behind it waits for its sync, which a mirror can afford. */
static bool judge(void *context, struct vt_channel *channel, vt_slice body,
                  struct vt_error *err)
{
    struct signing *s = context;
    VT_AUTO_FREE struct vt_witness_question *question = vt_alloc(sizeof *question);
    VT_AUTO_BUF answer = vt_buf_init(VT_KIB(4));
    struct vt_witness_verdict verdict;
    vt_reader r = { body };

    if (!vt_witness_question_read(&r, question) || !vt_read_end(&r))
        return fail_form("a question", err);
    if (!vt_mirror_host_pend(s->host, question, &verdict, err))
        return false;
    vt_witness_verdict_write(&answer, &verdict);
    return vt_buf_check(&answer, "a verdict", err) &&
           vt_channel_send(channel, VT_WITNESS_MSG_VERDICTS, vt_buf_slice(&answer), err);
}

static bool tell_state(void *context, struct vt_channel *channel, vt_slice body,
                       struct vt_error *err)
{
    struct signing *s = context;
    VT_AUTO_BUF answer = vt_buf_init(VT_KIB(4));
    struct vt_mirror_state state = { 0 };
    vt_reader r = { body };
    uint32_t log;

    if (!vt_read_u32(&r, &log) || !vt_read_end(&r) || log >= s->config.log_count)
        return fail_form("a question", err);
    if (!vt_mirror_host_state(s->host, &s->config.logs[log], &state, err) &&
        err->code == VT_IO)
        return false; /* a damaged copy was said when it was opened */
    vt_mirror_state_write(&answer, &state);
    return vt_channel_send(channel, VT_MIRROR_MSG_STATE, vt_buf_slice(&answer), err);
}

static bool send_answer(struct vt_channel *channel, const struct vt_mirror_answer *answer,
                        struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));

    vt_mirror_answer_write(&body, answer);
    return vt_buf_check(&body, "an answer", err) &&
           vt_channel_send(channel, VT_MIRROR_MSG_ANSWER, vt_buf_slice(&body), err);
}

static bool open_upload(void *context, struct vt_channel *channel, vt_slice body,
                        struct vt_error *err)
{
    struct signing *s = context;
    struct vt_mirror_upload upload;
    struct vt_mirror_answer answer;
    vt_reader r = { body };

    if (!vt_mirror_upload_read(&r, &upload) || !vt_read_end(&r))
        return fail_form("an upload", err);
    return vt_mirror_host_begin(s->host, &upload, &answer, err) &&
           send_answer(channel, &answer, err);
}

static bool take(void *context, struct vt_channel *channel, vt_slice body,
                 struct vt_error *err)
{
    struct signing *s = context;
    VT_AUTO_BUF entries = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    VT_AUTO_FREE struct vt_package *package = vt_alloc(sizeof *package);
    struct vt_mirror_upload upload;
    struct vt_mirror_answer answer;
    struct vt_package_range range;
    vt_reader r = { body };

    if (!vt_mirror_upload_read(&r, &upload) ||
        !vt_mirror_take_read(&r, &range, &package->proof) || !vt_read_end(&r))
        return fail_form("a package", err);
    if (!vt_channel_receive_blob(channel, VT_MIRROR_MSG_PIECE, PIECE_MS_MAX, &entries, err))
        return false;
    package->entries = vt_buf_slice(&entries);
    return vt_mirror_host_take(s->host, &upload, &range, package, &answer, err) &&
           send_answer(channel, &answer, err);
}

static bool end_upload(void *context, struct vt_channel *channel, vt_slice body,
                       struct vt_error *err)
{
    struct signing *s = context;
    struct vt_mirror_upload upload;
    struct vt_mirror_answer answer;
    vt_reader r = { body };
    uint8_t is_whole;

    if (!vt_mirror_upload_read(&r, &upload) || !vt_read_u8(&r, &is_whole) ||
        !vt_read_end(&r))
        return fail_form("an end", err);
    return vt_mirror_host_end(s->host, &upload, is_whole == 1, &answer, err) &&
           send_answer(channel, &answer, err);
}

static const struct vt_handler handlers[] = {
    { VT_WITNESS_MSG_QUESTIONS, judge }, { VT_MIRROR_MSG_STATE, tell_state },
    { VT_MIRROR_MSG_OPEN, open_upload }, { VT_MIRROR_MSG_TAKE, take },
    { VT_MIRROR_MSG_END, end_upload },   { 0, NULL },
};

int vt_role_mirror_signer(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct signing s = { .arena = arena,
                         .env = vt_env_real(),
                         .config = vt_witness_config_new(arena) };
    const struct vt_answering role = { "mirror-signer", &s, begin, handlers };
    int code = vt_role_answer(channel, &role);

    vt_mirror_host_close(s.host);
    vt_key_close(s.key);
    return code;
}
