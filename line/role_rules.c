/* The child that libyara lives in.  Rules and samples are hostile until shown otherwise:
 * what they can do here is end this process. */
#include "line/role_rules.h"
#include "line/rules.h"

const struct vt_rights vt_rules_rights = { .memory_bytes_max = (uint64_t)4 << 30,
                                           .cpu_ms_max = 600000 };

enum { SECONDS_TO_WAIT = 60, COMPILED_BYTES_MAX = 192 << 20 };

static bool receive_bytes(struct vt_channel *channel, struct vt_buf *out,
                          struct vt_error *err)
{
    return vt_channel_receive_blob(channel, VT_RULES_BYTES, SECONDS_TO_WAIT * 1000, out,
                                   err);
}

static bool add_rule(struct vt_channel *channel, struct vt_rules_engine *engine,
                     const char *path, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_RULES_FILE_BYTES_MAX + 1);
    struct vt_error failure = { 0 };

    if (!receive_bytes(channel, &text, err))
        return false;
    if (!vt_rules_engine_add(engine, path, vt_buf_slice(&text), &failure))
        return vt_channel_send_error(channel, &failure, err);
    return vt_channel_send_blob(channel, VT_RULES_BYTES, (vt_slice){ 0 }, err);
}

static bool finish(struct vt_channel *channel, struct vt_rules_engine *engine,
                   struct vt_error *err)
{
    VT_AUTO_BUF compiled = vt_buf_init(COMPILED_BYTES_MAX);
    VT_AUTO_BUF list = vt_buf_init(VT_MIB(32));
    VT_AUTO_BUF nothing = vt_buf_init(1);
    struct vt_error failure = { 0 };
    VT_AUTO_JSON rules = NULL;

    if (!receive_bytes(channel, &nothing, err))
        return false;
    if (!vt_rules_engine_finish(engine, &rules, &compiled, &failure) ||
        !vt_json_write_canonical(rules, &list, &failure))
        return vt_channel_send_error(channel, &failure, err);
    return vt_channel_send_blob(channel, VT_RULES_BYTES, vt_buf_slice(&list), err) &&
           vt_channel_send_blob(channel, VT_RULES_BYTES, vt_buf_slice(&compiled), err);
}

static bool scan(struct vt_channel *channel, struct vt_rules_engine *engine,
                 struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(4));
    struct vt_error failure = { 0 };

    if (!receive_bytes(channel, &bytes, err))
        return false;
    if (!vt_rules_engine_scan(engine, vt_buf_slice(&bytes), &names, &failure))
        return vt_channel_send_error(channel, &failure, err);
    return vt_channel_send_blob(channel, VT_RULES_BYTES, vt_buf_slice(&names), err);
}

/* One request; false ends the process. */
static bool serve(struct vt_channel *channel, struct vt_rules_engine *engine,
                  bool *is_finished, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_message message;
    const char *path;

    if (!vt_channel_receive(channel, -1, &message, err))
        return false;
    path = vt_arena_cstr(arena, message.body);
    if (message.type == VT_RULES_RULE && !*is_finished)
        return add_rule(channel, engine, path, err);
    if (message.type == VT_RULES_FINISH && !*is_finished) {
        *is_finished = true;
        return finish(channel, engine, err);
    }
    if (message.type == VT_RULES_SCAN && *is_finished)
        return scan(channel, engine, err);
    return vt_fail(err, VT_MALFORMED, "a request out of order");
}

int vt_role_rules(struct vt_channel *channel)
{
    struct vt_rules_engine *engine = vt_rules_engine_new(); /* libyara reads its tables */
    struct vt_error err = { 0 };
    bool is_finished = false;

    vt_confine(&vt_rules_rights);
    while (serve(channel, engine, &is_finished, &err))
        continue;
    vt_rules_engine_free(engine);
    return err.code == VT_ABSENT ? VT_EXIT_OK : VT_EXIT_TROUBLE;
}
