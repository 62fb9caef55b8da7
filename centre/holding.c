/* Opening the Centre's folder. */
#include "centre/holding.h"
#include "centre/centre.h"
#include "centre/question.h"

static bool read_trust(struct vt_disk *disk, struct vt_holding *out, struct vt_error *err)
{
    vt_slice bytes;

    out->trust_bytes = vt_buf_init(VT_TRUST_BYTES_MAX + 1);
    if (!vt_disk_read(disk, VT_CENTRE_TRUST, &out->trust_bytes, err))
        return false;
    if (out->trust_bytes.len != 0 &&
        out->trust_bytes.data[out->trust_bytes.len - 1] == '\n')
        vt_buf_truncate(&out->trust_bytes, out->trust_bytes.len - 1);
    bytes = vt_buf_slice(&out->trust_bytes);
    return vt_trust_parse(bytes, &out->trust, err) ||
           vt_within(err, "%s/" VT_CENTRE_TRUST, vt_disk_path(disk));
}

static bool read_demands(struct vt_disk *disk, struct vt_demands *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_DEMANDS_BYTES_MAX);

    *out = vt_demands_usual();
    if (!vt_disk_has(disk, VT_CENTRE_POLICY))
        return true;
    return (vt_disk_read(disk, VT_CENTRE_POLICY, &text, err) &&
            vt_demands_parse(vt_buf_slice(&text), out, err)) ||
           vt_within(err, "%s/" VT_CENTRE_POLICY, vt_disk_path(disk));
}

static bool open_one(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct vt_holding *h = context;

    if (!is_folder || !vt_ledger_name_is_good(vt_slice_from_cstr(name)))
        return true;
    if (h->count == VT_CENTRE_LEDGERS_MAX)
        return vt_fail(err, VT_LIMIT, "%s holds more than %d ledgers",
                       vt_disk_path(h->ledgers), VT_CENTRE_LEDGERS_MAX);
    vt_held_open(h->ledgers, name, h->trust, &h->rows[h->count++]);
    return true;
}

static bool open_parts(struct vt_disk *disk, struct vt_holding *h, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!read_trust(disk, h, err) || !read_demands(disk, &h->demands, err))
        return false;
    h->rows = vt_alloc_array(VT_CENTRE_LEDGERS_MAX, sizeof *h->rows);
    return vt_disk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_LEDGERS, vt_disk_path(disk)),
                        false, &h->ledgers, err) &&
           vt_disk_list(h->ledgers, "", open_one, h, err);
}

bool vt_holding_open(const char *folder, struct vt_holding *out, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    *out = (struct vt_holding){ 0 };
    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    is_ok = open_parts(disk, out, err);
    vt_disk_close(disk);
    if (!is_ok)
        vt_holding_close(out);
    return is_ok;
}

void vt_holding_close(struct vt_holding *h)
{
    for (size_t i = 0; i < h->count; i++)
        vt_held_close(&h->rows[i]);
    free(h->rows);
    vt_story_free(h->story);
    vt_tables_clear(&h->tables);
    vt_claims_clear(&h->claims);
    vt_disk_close(h->ledgers);
    vt_demands_clear(&h->demands);
    vt_trust_free(h->trust);
    vt_buf_clear(&h->trust_bytes);
    *h = (struct vt_holding){ 0 };
}

void vt_holding_refresh(struct vt_holding *h)
{
    for (size_t i = 0; i < h->count; i++)
        vt_held_refresh(&h->rows[i]);
}

struct vt_held *vt_holding_find(struct vt_holding *h, vt_slice name)
{
    for (size_t i = 0; i < h->count; i++)
        if (vt_slice_is(name, h->rows[i].name))
            return &h->rows[i];
    return NULL;
}

struct vt_held *vt_holding_release(struct vt_holding *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (vt_held_is_known(&h->rows[i]) &&
            vt_slice_equal(h->rows[i].origin, h->trust->release_origin))
            return &h->rows[i];
    return NULL;
}
