/* Statements that were handed in, and were not taken to desk or ledger yet. */
#include "centre/centre.h"
#include "centre/gather.h"
#include "centre/handing.h"

struct telling {
    struct vt_gathering *g;
    json_t *rows;
};

static bool tell_one(void *context, const char *name, vt_slice bytes,
                     const struct vt_envelope *envelope, struct vt_error *err)
{
    struct telling *t = context;

    (void)name;
    (void)bytes;
    (void)err;
    if (json_array_size(t->rows) < VT_HANDED_MAX)
        (void)json_array_append_new(t->rows,
                                    vt_handed_json(t->g->holding->trust, envelope));
    return true;
}

static void tell_problem(void *context, const char *name, const struct vt_error *why)
{
    const struct telling *t = context;

    vt_gather_tell(
        t->g, vt_arena_printf(t->g->arena, "handed in, %.80s: %s", name, why->message));
}

/* Without the folder there is no document: nothing is taken here. */
bool vt_gather_handed(struct vt_gathering *g, struct vt_error *err)
{
    const char *path = vt_arena_printf(g->arena, "%s/" VT_CENTRE_HANDED, g->folder);
    struct telling telling = { .g = g };
    const struct vt_handed_walk walk = { tell_one, tell_problem, &telling };
    struct vt_error why = { 0 };
    struct vt_disk *disk = NULL;

    if (!vt_path_exists(path))
        return true;
    telling.rows = json_array();
    if (!vt_disk_open(path, false, &disk, &why) ||
        !vt_handed_each(disk, g->holding->trust, g->now_unix_s, &walk, &why))
        vt_gather_tell(g, why.message);
    if (disk != NULL)
        vt_disk_close(disk);
    return vt_gather_put_json(g, "/api/v1/handed",
                              json_pack("{s:o}", "handed", telling.rows), err);
}
