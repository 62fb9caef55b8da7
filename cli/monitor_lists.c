/* Lists of withdrawals as they stand in the release ledger, held against each other: vendor
 * and supervisor can sign two that contradict, with tools of their own or an approval that
 * was kept, but not without showing it. */
#include "cli/monitor_lists.h"
#include "cli/monitor_heads.h"
#include "release/list_history.h"

#define STATE "lists"

struct look {
    struct vt_monitor *monitor;
    struct vt_list_history history;
    const char *origin;
};

static bool judge(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct look *look = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error why = { 0 };

    if (!vt_list_history_admits_entry(&look->history, entry, &why) &&
        vt_list_history_is_signed(&look->history, entry) &&
        !vt_monitor_find(
            look->monitor, look->origin, "list",
            vt_arena_printf(arena, "entry %ju: %s", (uintmax_t)index, why.message),
            json_pack("{s:I}", "index", (json_int_t)index), err))
        return false;
    vt_list_history_note(&look->history, index, entry);
    return true;
}

/* Nothing more was added since; a file that is lost or spoiled costs one more reading. */
static bool is_looked_at(struct vt_monitor *monitor, vt_slice mark)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    struct vt_error ignored = { 0 };

    return vt_disk_has(vt_monitor_disk(monitor), STATE) &&
           vt_disk_read(vt_monitor_disk(monitor), STATE, &text, &ignored) &&
           vt_slice_equal(vt_buf_slice(&text), mark);
}

static bool skip(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    (void)context;
    (void)index;
    (void)entry;
    (void)err;
    return true;
}

bool vt_cli_lists_look(const struct vt_trust *trust, const struct vt_policy *policy,
                       struct vt_monitor *monitor, struct vt_error *err)
{
    struct look look = { .monitor = monitor, .history = vt_list_history_init(trust) };
    VT_AUTO_ARENA arena = vt_arena_new();
    uint64_t size = 0;
    vt_slice mark;
    bool is_ok = true;

    look.origin = vt_arena_cstr(arena, trust->release_origin);
    if (vt_cli_is_followed(policy, trust->release_origin))
        is_ok = vt_monitor_entries(monitor, trust->release_origin, UINT64_MAX, skip, NULL,
                                   &size, err);
    mark = vt_slice_from_cstr(
        vt_arena_printf(arena, "%s %ju\n", look.origin, (uintmax_t)size));
    if (is_ok && size != 0 && !is_looked_at(monitor, mark))
        is_ok = vt_monitor_entries(monitor, trust->release_origin, 0, judge, &look, &size,
                                   err) &&
                vt_disk_write(vt_monitor_disk(monitor), STATE, mark, 0644, err);
    vt_list_history_clear(&look.history);
    return is_ok || vt_within(err, "lists of withdrawals");
}
