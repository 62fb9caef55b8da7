/* Laws: a path that is taken is written again to the same bytes; a name that is read has a
 * size within its bound and a path that gives its digest. */
#include "ledger/beside.h"
#include "tools/fuzz.h"

static void check_path(const vt_hash *digest)
{
    char path[VT_BESIDE_PATH_BYTES];
    vt_hash again;

    vt_beside_path(digest, path);
    VT_CHECK(vt_beside_path_parse(vt_slice_from_cstr(path), &again) &&
             vt_hash_equal(digest, &again));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_beside_name name;
    char path[VT_BESIDE_PATH_BYTES];
    vt_hash digest;

    if (vt_beside_path_parse(input, &digest)) {
        vt_beside_path(&digest, path);
        VT_CHECK(vt_slice_equal(input, vt_slice_from_cstr(path)));
    }
    if (vt_beside_read_name(input, &name)) {
        VT_CHECK(name.size != 0 && name.size <= VT_BESIDE_BYTES_MAX);
        check_path(&name.digest);
    }
}
