/* The parent's side of role rules.  Whatever the child does - die, hang, talk nonsense -
 * becomes one sentence that names the file it was reading. */
#include "line/rules_child.h"
#include "line/role_rules.h"
#include <signal.h>

enum { SPARE_SECONDS = 10, COMPILE_SECONDS = 120 };

struct vt_rules_child {
    struct vt_role *role;
    int64_t scan_ms; /* how long the answer to a scan may take */
    char engine[64];
};

/* `what` is where the child was when the call failed with err. */
static bool explain(struct vt_rules_child *child, const char *what, struct vt_error *err)
{
    if (err->code == VT_ABSENT)
        return vt_fail(err, VT_REJECTED,
                       "%s: the confined process that reads rules ended on it (a crash, or "
                       "its limit of memory or time); take it out",
                       what);
    if (err->code == VT_LIMIT || err->code == VT_MALFORMED)
        (void)kill(vt_role_pid(child->role), SIGKILL); /* it may hang: do not wait for it */
    return vt_within(err, "%s", what);
}

bool vt_rules_child_start(unsigned scan_seconds, struct vt_rules_child **out,
                          struct vt_error *err)
{
    struct vt_rules_child *child = vt_alloc(sizeof *child);
    VT_AUTO_BUF begin = vt_buf_init(2);
    vt_slice engine;

    if (scan_seconds == 0 || scan_seconds > UINT16_MAX)
        scan_seconds = VT_RULES_SCAN_SECONDS;
    child->scan_ms = ((int64_t)scan_seconds * 2 + SPARE_SECONDS) * 1000;
    vt_buf_put_u16(&begin, (uint16_t)scan_seconds);
    if (!vt_role_start(VT_ROLE_RULES, NULL, 0, &child->role, err) ||
        !vt_channel_call(vt_role_channel(child->role), VT_RULES_BEGIN, vt_buf_slice(&begin),
                         VT_RULES_READY, child->scan_ms, &engine, err)) {
        vt_rules_child_stop(child);
        err->code = VT_IO;
        return vt_within(err, "the confined process that reads rules did not start");
    }
    (void)snprintf(child->engine, sizeof child->engine, "%.*s", VT_SLICE_ARGS(engine));
    *out = child;
    return true;
}

void vt_rules_child_stop(struct vt_rules_child *child)
{
    if (child == NULL)
        return;
    vt_role_stop(child->role);
    free(child);
}

void vt_rules_child_stop_pointer(struct vt_rules_child **child)
{
    vt_rules_child_stop(*child);
    *child = NULL;
}

const char *vt_rules_child_engine(const struct vt_rules_child *child)
{
    return child->engine;
}

bool vt_rules_child_add(struct vt_rules_child *child, const struct vt_rules_file *file,
                        struct vt_error *err)
{
    struct vt_channel *channel = vt_role_channel(child->role);
    struct vt_message message;
    vt_slice path = vt_slice_from_cstr(file->path);

    if (file->bytes.len > VT_RULES_FILE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: %zu bytes, at most %zu are taken", file->path,
                       file->bytes.len, VT_RULES_FILE_BYTES_MAX);
    if (!vt_channel_send(channel, VT_RULES_FILE, path, err) ||
        !vt_channel_send_blob(channel, VT_RULES_BYTES, file->bytes, err) ||
        !vt_channel_receive(channel, COMPILE_SECONDS * 1000, &message, err))
        return explain(child, file->path, err);
    if (message.type == VT_RULES_DONE)
        return true;
    /* What it refuses it names itself, with the line. */
    (void)vt_channel_fail_with(&message, err);
    return message.type == VT_MESSAGE_ERROR && err->code != VT_IO
               ? false
               : explain(child, file->path, err);
}

bool vt_rules_child_finish(struct vt_rules_child *child, json_t **rules_out,
                           struct vt_buf *compiled, struct vt_error *err)
{
    struct vt_channel *channel = vt_role_channel(child->role);
    VT_AUTO_BUF text = vt_buf_init(VT_RULES_LIST_BYTES_MAX);
    const char *what = "all rules together";
    VT_AUTO_JSON rules = NULL;

    if (!vt_channel_send(channel, VT_RULES_FINISH, (vt_slice){ 0 }, err) ||
        !vt_channel_receive_blob(channel, VT_RULES_LIST, COMPILE_SECONDS * 1000, &text,
                                 err) ||
        !vt_channel_receive_blob(channel, VT_RULES_COMPILED, COMPILE_SECONDS * 1000,
                                 compiled, err) ||
        !vt_json_parse_canonical(vt_buf_slice(&text), "list of rules", &rules, err))
        return explain(child, what, err);
    if (!json_is_array(rules))
        return vt_fail(err, VT_MALFORMED, "%s: the list of rules is no list", what);
    *rules_out = json_incref(rules);
    return true;
}

bool vt_rules_child_scan(struct vt_rules_child *child, const char *what, vt_slice bytes,
                         struct vt_buf *names, struct vt_error *err)
{
    struct vt_channel *channel = vt_role_channel(child->role);

    if (bytes.len > VT_RULES_SAMPLE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: %zu bytes, at most %zu are taken", what,
                       bytes.len, VT_RULES_SAMPLE_BYTES_MAX);
    if (!vt_channel_send_blob(channel, VT_RULES_SCAN, bytes, err) ||
        !vt_channel_receive_blob(channel, VT_RULES_NAMES, child->scan_ms, names, err))
        return explain(child, what, err);
    return true;
}
