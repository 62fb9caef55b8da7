/* role rules: libyara over bytes that others wrote, and nothing else.
 *
 * Rights: its channel.  No file, no socket, 2 GiB of memory, a quarter of an hour of CPU
 * time in all; a single scan has its own clock in the engine.  libyara starts up before
 * the locks are on, since it sets up its modules; no foreign byte is there yet. */
#include "line/role_rules.h"
#include "line/libyara.h"
#include "line/rules.h"

enum { SECONDS_TO_BEGIN = 10, SECONDS_FOR_A_PIECE = 60 };

const struct vt_rights vt_rules_rights = { .libraries = { &vt_libyara },
                                           .memory_bytes_max = VT_MIB(2048),
                                           .cpu_ms_max = 900000 };

struct reading {
    struct vt_channel *channel;
    struct vt_rules_engine *engine;
    bool is_finished;
};

static bool receive_bytes(struct reading *r, uint16_t type, struct vt_buf *out,
                          struct vt_error *err)
{
    return vt_channel_receive_blob(r->channel, type, SECONDS_FOR_A_PIECE * 1000, out, err);
}

/* Each handler answers or tells its refusal; false ends the process. */
static bool refuse_or(struct reading *r, bool ok, const struct vt_error *refusal,
                      struct vt_error *err)
{
    if (!ok && vt_channel_send_error(r->channel, refusal, err))
        *err = *refusal;
    return ok;
}

static bool add_file(struct reading *r, vt_slice body, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_FILE_BYTES_MAX);
    VT_AUTO_FREE char *path = vt_strdup_slice(body);
    struct vt_error refusal = { 0 };

    if (!receive_bytes(r, VT_RULES_BYTES, &bytes, err))
        return false;
    return refuse_or(r,
                     vt_rules_engine_add(r->engine, path, vt_buf_slice(&bytes), &refusal),
                     &refusal, err) &&
           vt_channel_send(r->channel, VT_RULES_DONE, (vt_slice){ 0 }, err);
}

static bool finish(struct reading *r, vt_slice body, struct vt_error *err)
{
    VT_AUTO_BUF compiled = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_BUF text = vt_buf_init(VT_RULES_LIST_BYTES_MAX);
    VT_AUTO_JSON rules = NULL;
    struct vt_error refusal = { 0 };

    (void)body;
    if (!refuse_or(r,
                   vt_rules_engine_finish(r->engine, &rules, &compiled, &refusal) &&
                       vt_json_write_canonical(rules, &text, &refusal),
                   &refusal, err))
        return false;
    r->is_finished = true;
    return vt_channel_send_blob(r->channel, VT_RULES_LIST, vt_buf_slice(&text), err) &&
           vt_channel_send_blob(r->channel, VT_RULES_COMPILED, vt_buf_slice(&compiled),
                                err);
}

/* The first piece is the message itself, so that a scan of no bytes is one message. */
static bool scan(struct reading *r, vt_slice body, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_SAMPLE_BYTES_MAX);
    VT_AUTO_BUF names = vt_buf_init(VT_RULES_LIST_BYTES_MAX);
    struct vt_error refusal = { 0 };

    vt_buf_put(&bytes, body);
    if (body.len != 0 && !receive_bytes(r, VT_RULES_SCAN, &bytes, err))
        return false;
    return refuse_or(
               r, vt_rules_engine_scan(r->engine, vt_buf_slice(&bytes), &names, &refusal),
               &refusal, err) &&
           vt_channel_send_blob(r->channel, VT_RULES_NAMES, vt_buf_slice(&names), err);
}

static const struct {
    uint16_t type;
    bool wants_finished;
    bool (*handle)(struct reading *r, vt_slice body, struct vt_error *err);
} handlers[] = {
    { VT_RULES_FILE, false, add_file },
    { VT_RULES_FINISH, false, finish },
    { VT_RULES_SCAN, true, scan },
};

static bool serve(struct reading *r, struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(r->channel, -1, &message, err))
        return false;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (message.type == handlers[i].type &&
            r->is_finished == handlers[i].wants_finished)
            return handlers[i].handle(r, message.body, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u out of turn", message.type);
}

int vt_role_rules(struct vt_channel *channel)
{
    struct reading r = { .channel = channel };
    struct vt_error err = { 0 };
    struct vt_message message;
    uint16_t seconds;

    if (!vt_channel_receive(channel, SECONDS_TO_BEGIN * 1000, &message, &err) ||
        message.type != VT_RULES_BEGIN ||
        !vt_read_u16(&(vt_reader){ message.body }, &seconds))
        return VT_EXIT_TROUBLE;
    r.engine = vt_rules_engine_new(seconds);
    vt_confine(&vt_rules_rights);
    if (vt_channel_send(channel, VT_RULES_READY,
                        vt_slice_from_cstr(vt_rules_engine_version()), &err))
        while (serve(&r, &err))
            continue;
    vt_rules_engine_free(r.engine);
    return err.code == VT_ABSENT ? VT_EXIT_OK : VT_EXIT_TROUBLE;
}
