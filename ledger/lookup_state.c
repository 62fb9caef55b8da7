/* How far the look-up index was built, and the entries that it is built from. */
#include "ledger/lookup_inside.h"
#include "ledger/shelf.h"
#include "wire/json.h"

#define STATE_NAME "state.json"
#define KEY_MAX    ((UINT64_C(1) << 40) - 1)

bool vt_lookup_open_folder(const char *dir, bool is_new, struct vt_disk **out,
                           struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/" VT_LOOKUP_FOLDER, dir);

    if (!is_new && !vt_path_exists(path))
        return vt_fail(err, VT_ABSENT,
                       "%s: there is no look-up index (vitrine ledger "
                       "index makes one)",
                       dir);
    return vt_disk_open(path, is_new, out, err);
}

static bool read_state(const json_t *json, struct vt_lookup_state *out,
                       struct vt_error *err)
{
    static const char *const names[] = {
        "entries", "first", "last", "postings", "v", NULL
    };
    uint64_t version;

    out->first = 0;
    if (vt_json_has(json, "first") &&
        !vt_json_get_number(json, STATE_NAME, "first", &out->first, err))
        return false;
    if (!vt_json_only(json, STATE_NAME, names, err) ||
        !vt_json_get_number(json, STATE_NAME, "entries", &out->entries, err) ||
        !vt_json_get_number(json, STATE_NAME, "postings", &out->postings, err) ||
        !vt_json_get_sha256(json, STATE_NAME, "last", out->last.bytes, err) ||
        !vt_json_get_number(json, STATE_NAME, "v", &version, err))
        return false;
    if (out->first > out->entries)
        return vt_fail(err, VT_MALFORMED, STATE_NAME ": ends before it begins");
    return version == 1 ||
           vt_fail(err, VT_MALFORMED, STATE_NAME ": version %ju", (uintmax_t)version);
}

bool vt_lookup_state_read(struct vt_disk *index, struct vt_lookup_state *out,
                          struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));
    struct vt_lookup_state state;
    VT_AUTO_JSON json = NULL;

    if (!vt_disk_read(index, STATE_NAME, &bytes, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_ABSENT,
                             "%s: the look-up index was not built to its end (vitrine "
                             "ledger index goes on)",
                             vt_disk_path(index))
                   : false;
    if (!vt_json_parse_canonical(vt_buf_slice(&bytes), STATE_NAME, &json, err) ||
        !read_state(json, &state, err))
        return vt_within(err, "%s", vt_disk_path(index));
    *out = state;
    return true;
}

bool vt_lookup_state_write(struct vt_disk *index, const struct vt_lookup_state *state,
                           struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));
    VT_AUTO_JSON json = NULL;
    char hex[65];

    vt_hash_text(&state->last, hex);
    json = json_pack("{s:I,s:s,s:I,s:i}", "entries", (json_int_t)state->entries, "last",
                     hex, "postings", (json_int_t)state->postings, "v", 1);
    if (json != NULL && state->first != 0)
        (void)json_object_set_new(json, "first", json_integer((json_int_t)state->first));
    return vt_json_write_canonical(json, &bytes, err) &&
           vt_disk_write(index, STATE_NAME, vt_buf_slice(&bytes), 0644, err);
}

/* ---- places -----------------------------------------------------------------------------
 */

void vt_lookup_places(const struct vt_run *run, uint64_t key, uint64_t from,
                      uint64_t *at_out, uint64_t *end_out)
{
    uint64_t low = vt_run_find(run, key), high = vt_run_count(run);

    if (key < KEY_MAX)
        high = vt_run_find(run, key + 1);
    *end_out = high;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (vt_run_index_at(run, middle) < from)
            low = middle + 1;
        else
            high = middle;
    }
    *at_out = low;
}

/* ---- the entries ------------------------------------------------------------------------
 */

/* The bundle of a tile, and its leaf hashes, which must be those of the tree. */
static bool read_checked(struct vt_disk *log, const struct vt_tile_name *bundle,
                         struct vt_buf *bytes, vt_hash *leaves, struct vt_error *err)
{
    struct vt_tile_name tile = { 0, bundle->index, bundle->width };
    vt_hash stored[VT_TILE_WIDTH];
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(bundle, path);
    if (!vt_shelf_read_bundle(log, bundle, bytes, err) ||
        !vt_shelf_read_tile(log, &tile, stored, err))
        return false;
    if (vt_bundle_leaves(vt_buf_slice(bytes), bundle->width, leaves) &&
        memcmp(leaves, stored, bundle->width * sizeof *stored) == 0)
        return true;
    return vt_fail(err, VT_REJECTED,
                   "%s/%s: its entries do not have the hashes that were logged; vitrine "
                   "ledger scrub repairs it",
                   vt_disk_path(log), path);
}

bool vt_lookup_leaf(struct vt_disk *log, uint64_t index, uint64_t size, vt_hash *out,
                    struct vt_error *err)
{
    uint64_t at = index / VT_TILE_WIDTH;
    struct vt_tile_name tile = { 0, at, vt_tile_width(0, at, size) };
    vt_hash leaves[VT_TILE_WIDTH];

    VT_ASSERT(index < size);
    if (!vt_shelf_read_tile(log, &tile, leaves, err))
        return false;
    *out = leaves[index % VT_TILE_WIDTH];
    return true;
}

bool vt_lookup_walk(struct vt_disk *log, uint64_t from, uint64_t size,
                    bool (*each)(void *context, uint64_t index, vt_slice entry,
                                 struct vt_error *err),
                    void *context, vt_hash *last_out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    vt_hash leaves[VT_TILE_WIDTH];

    for (uint64_t at = from / VT_TILE_WIDTH; at * VT_TILE_WIDTH < size; at++) {
        struct vt_tile_name bundle = { VT_TILE_ENTRIES, at, vt_tile_width(0, at, size) };
        uint64_t index = at * VT_TILE_WIDTH;
        vt_reader r;
        vt_slice entry;

        if (!read_checked(log, &bundle, &bytes, leaves, err))
            return false;
        r = (vt_reader){ vt_buf_slice(&bytes) };
        for (; vt_bundle_read(&r, &entry); index++)
            if (index >= from && !each(context, index, entry, err))
                return false;
        if (last_out != NULL)
            *last_out = leaves[bundle.width - 1];
    }
    return true;
}
