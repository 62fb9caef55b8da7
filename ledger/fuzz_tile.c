/* Laws: a tile's name that is taken is written again byte by byte; a bundle that is taken
 * is written again byte by byte, and nothing of it is lost. */
#include "ledger/tile.h"
#include "tools/fuzz.h"

static void check_name(vt_slice input)
{
    struct vt_tile_name name;
    char again[VT_TILE_PATH_BYTES];

    if (!vt_tile_path_parse(input, &name))
        return;
    VT_CHECK(name.level < VT_TILE_LEVELS_MAX && name.width >= 1 && name.width <= 256);
    vt_tile_path(&name, again);
    VT_CHECK(vt_slice_is(input, again));
}

static void check_bundle(vt_slice input)
{
    vt_reader r = { input };
    vt_slice entry;
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(32));

    while (vt_bundle_read(&r, &entry))
        vt_bundle_put(&again, entry);
    vt_buf_put(&again, r.rest);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}

void vt_fuzz_one(vt_slice input)
{
    check_name(input);
    check_bundle(input);
}
