/* What `vitrine centre compare` and `mirror` remember of other Centres. */
#include "centre/centre.h"
#include "centre/gather.h"
#include "centre/others.h"

struct telling {
    struct vt_gathering *g;
    struct vt_disk *disk;
    json_t *rows;
};

/* A URL; of a folder only that it is one: no path of this machine goes out. */
static const char *where_of(const json_t *other)
{
    const char *where = json_string_value(json_object_get(other, "where"));

    return strstr(where, "://") != NULL ? where : "a folder";
}

static bool tell_one(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct telling *t = context;
    vt_slice stem = vt_slice_from_cstr(name);
    struct vt_error why = { 0 };
    VT_AUTO_JSON other = NULL;
    const char *bare;

    (void)err;
    if (is_folder || !vt_slice_ends_with(stem, VT_LIT(".json")) ||
        json_array_size(t->rows) == VT_CENTRE_OTHERS_MAX)
        return true;
    bare = vt_arena_printf(t->g->arena, "%.*s", (int)(stem.len - strlen(".json")), name);
    if (!vt_other_read(t->disk, bare, &other, &why)) {
        vt_gather_tell(t->g, why.message);
        return true;
    }
    if (other != NULL)
        (void)json_array_append_new(
            t->rows, json_pack("{s:s,s:s,s:O,s:I,s:o,s:O}", "name", bare, "where",
                               where_of(other), "at", json_object_get(other, "at"), "seen",
                               (json_int_t)json_array_size(json_object_get(other, "seen")),
                               "gone", vt_other_gone(other), "differences",
                               json_object_get(other, "differences")));
    return true;
}

bool vt_gather_others(struct vt_gathering *g, struct vt_error *err)
{
    const char *path = vt_arena_printf(g->arena, "%s/" VT_CENTRE_OTHERS, g->folder);
    struct telling telling = { .g = g, .rows = json_array() };
    struct vt_error why = { 0 };

    if (vt_path_exists(path) && (!vt_disk_open(path, false, &telling.disk, &why) ||
                                 !vt_disk_list(telling.disk, "", tell_one, &telling, &why)))
        vt_gather_tell(g, why.message);
    vt_disk_close(telling.disk);
    return vt_gather_put_json(g, "/api/v1/others",
                              json_pack("{s:o}", "others", telling.rows), err);
}
