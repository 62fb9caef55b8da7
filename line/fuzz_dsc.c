/* Law: what a .dsc lists are plain, distinct names with a hash, and their lines written
 * again parse to the same list. */
#include "line/source_inside.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(64));
    struct vt_dsc_file first[VT_DSC_FILES_MAX], second[VT_DSC_FILES_MAX];
    size_t count, count_again;

    (void)vt_git_attributes_filter(input);
    if (!vt_dsc_parse(input, first, &count, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    vt_buf_put_text(&again, "Checksums-Sha256:\n");
    for (size_t i = 0; i < count; i++) {
        char hex[65];

        VT_CHECK(first[i].name.len > 0 && first[i].name.data[0] != '.' &&
                 !vt_slice_has_byte(first[i].name, '/'));
        vt_hash_text(&first[i].hash, hex);
        vt_buf_printf(&again, " %s %ju %.*s\n", hex, (uintmax_t)first[i].bytes,
                      VT_SLICE_ARGS(first[i].name));
    }
    VT_CHECK(vt_dsc_parse(vt_buf_slice(&again), second, &count_again, &err));
    VT_CHECK(count == count_again);
    for (size_t i = 0; i < count; i++)
        VT_CHECK(vt_slice_equal(first[i].name, second[i].name) &&
                 first[i].bytes == second[i].bytes &&
                 vt_hash_equal(&first[i].hash, &second[i].hash));
}
