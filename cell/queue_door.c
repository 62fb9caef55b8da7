/* The door of the queue; see queue_door.h. */
#include "cell/queue_door.h"

enum { SEND_S_MAX = 5 };

bool vt_queue_door_open(int fd, const char *folder, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_hatch_open(fd, vt_arena_printf(arena, "%s/queue", folder), err);
}

bool vt_queue_door_knock(const char *folder, struct vt_channel *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_hatch_knock(vt_arena_printf(arena, "%s/queue", folder), SEND_S_MAX, out, err);
}
