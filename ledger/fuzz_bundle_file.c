/* Law: an entry out of a bundle that is a file is what it is in memory, whole or not there.
 * The first byte says which; what is behind it is the bundle. */
#include "ledger/bundle_file.h"
#include "ledger/tile.h"
#include "tools/fuzz.h"
#include <sys/mman.h>

/* In memory: entry `number`; false if there are not so many. */
static bool find(vt_slice bundle, unsigned number, vt_slice *out)
{
    vt_reader r = { bundle };

    for (unsigned i = 0; i <= number; i++)
        if (!vt_bundle_read(&r, out))
            return false;
    return true;
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF got = vt_buf_init(VT_MIB(1));
    VT_AUTO_FD fd = memfd_create("bundle", MFD_CLOEXEC);
    struct vt_error err = { 0 };
    bool is_there, is_wanted;
    vt_slice bundle, entry;

    if (input.len == 0)
        return;
    bundle = vt_slice_sub(input, 1, input.len - 1);
    VT_CHECK(fd >= 0 && vt_fd_write_all(fd, "a bundle", bundle, &err));
    VT_CHECK(vt_bundle_file_read(fd, "a bundle", input.data[0], &got, &is_there, &err));
    is_wanted = find(bundle, input.data[0], &entry);
    VT_CHECK(is_there == is_wanted);
    VT_CHECK(!is_there || vt_slice_equal(vt_buf_slice(&got), entry));
}
