/* role cell-counter: adds what the front counts to totals on the disk.  It reads 28 numbers
 * and nothing else; whoever conquers the front can make totals grow, and not shrink.
 *
 * Rights: its two channels, and its folder. */
#include "cell/role_cell_counter.h"
#include "cell/counter.h"
#include "ledger/serve_message.h"

/* And its folder, which it is told at the start. */
const struct vt_rights vt_cell_counter_rights = { .folder = "",
                                                  .memory_bytes_max = VT_MIB(256) };

static bool take(const struct vt_channel *front, const struct vt_message *message,
                 struct vt_counter *counter, struct vt_error *err)
{
    const struct vt_env env = vt_env_real();
    struct vt_count_growth growth;

    if (message->type != VT_COUNTER_ADD || !vt_count_growth_read(message->body, &growth))
        return vt_fail(err, VT_MALFORMED, "the front sent something without a form");
    return vt_counter_add(counter, &growth, vt_env_now_unix_s(&env), err) &&
           vt_channel_send(front, VT_COUNTER_ADDED, (vt_slice){ 0 }, err);
}

/* Until the front is gone: true. */
static bool serve(struct vt_channel *front, struct vt_counter *counter,
                  struct vt_error *err)
{
    struct vt_error gone = { 0 };
    struct vt_message message;

    while (vt_channel_receive(front, -1, &message, &gone))
        if (!take(front, &message, counter, err))
            return false;
    if (gone.code != VT_ABSENT)
        *err = gone;
    return gone.code == VT_ABSENT;
}

static bool begin(struct vt_channel *parent, struct vt_arena *arena,
                  struct vt_counter **counter, struct vt_error *err)
{
    struct vt_rights rights = vt_cell_counter_rights;
    VT_AUTO_JSON words = NULL;
    vt_slice dir, cell;

    vt_json_prepare();
    if (!vt_serve_listen(parent, &words, err) ||
        !vt_json_get_text(words, "begin", "dir", &dir, err) ||
        !vt_json_get_text(words, "begin", "cell", &cell, err))
        return false;
    rights.folder = vt_arena_cstr(arena, dir);
    vt_confine(&rights);
    return vt_counter_open(rights.folder, vt_arena_cstr(arena, cell), counter, err) &&
           vt_serve_ready(parent, err);
}

int vt_role_cell_counter(struct vt_channel *parent)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_channel front = vt_channel_init(VT_ROLE_FD(VT_CELL_COUNTER_FRONT));
    struct vt_error err = { 0 }, lost = { 0 };
    struct vt_counter *counter = NULL;
    int code = VT_EXIT_OK;

    if (!begin(parent, arena, &counter, &err)) {
        (void)!vt_channel_send_error(parent, &err, &lost);
        code = vt_code_exit(err.code);
    } else if (!serve(&front, counter, &err)) {
        (void)fprintf(stderr, "vitrine cell-counter: %s\n", err.message);
        code = vt_code_exit(err.code);
    }
    vt_counter_close(counter);
    vt_channel_clear(&front);
    return code;
}
