/* Law: what parses is sorted, its names are safe as file names, and its canonical form
 * parses to the same digest. */
#include "line/lock.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_LOCK first = NULL;
    VT_AUTO_LOCK again = NULL;

    if (!vt_lock_parse(input, "input", &first, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    for (size_t i = 0; i < first->package_count; i++) {
        VT_CHECK(strchr(first->packages[i].file, '/') == NULL);
        VT_CHECK(first->packages[i].file[0] != '.');
        VT_CHECK(vt_lock_find(first, first->packages[i].name) == &first->packages[i]);
    }
    for (size_t i = 0; i < first->source_file_count; i++)
        VT_CHECK(strchr(first->source_files[i].file, '/') == NULL);
    VT_CHECK(vt_lock_parse(first->canonical, "again", &again, &err));
    VT_CHECK(vt_hash_equal(&first->digest, &again->digest));
}
