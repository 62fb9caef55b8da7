/* Law: a manifest that is taken, written again, is the same bytes, and its root follows
 * from its rows alone; a refusal says why.  Read in pieces from a file it is the same. */
#include "custody/manifest.h"
#include "tools/fuzz.h"
#include <sys/mman.h>

struct again {
    struct vt_buf bytes;
    uint64_t count;
};

static bool take(void *context, const struct vt_manifest_row *row, struct vt_error *err)
{
    struct again *again = context;

    (void)err;
    vt_manifest_row_write(row, &again->bytes);
    again->count++;
    return true;
}

static bool read_file(vt_slice input, struct vt_manifest_root *out)
{
    VT_AUTO_FD fd = memfd_create("manifest", MFD_CLOEXEC);
    struct vt_error err = { 0 };

    VT_CHECK(fd >= 0 && write(fd, input.data, input.len) == (ssize_t)input.len &&
             lseek(fd, 0, SEEK_SET) == 0);
    return vt_manifest_read(fd, "manifest", NULL, NULL, out, &err);
}

void vt_fuzz_one(vt_slice input)
{
    struct again again = { .bytes = vt_buf_init(input.len + VT_KIB(1)) };
    struct vt_manifest_root root, same;
    struct vt_error err = { 0 };

    vt_buf_put_text(&again.bytes, VT_MANIFEST_HEAD);
    if (vt_manifest_parse(input, take, &again, &root, &err)) {
        VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again.bytes)));
        VT_CHECK(root.count == again.count);
        VT_CHECK(root.count != 0 || root.bytes == 0);
        VT_CHECK(read_file(input, &same) && vt_manifest_root_equal(&root, &same));
    } else {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        VT_CHECK(!read_file(input, &same));
    }
    vt_buf_clear(&again.bytes);
}
