/* Laws: a filter that is taken has the length that its number of keys gives, and asking it
 * never leaves its bytes; a refusal says why. */
#include "cell/filter.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_filter filter, shorter;

    if (!vt_filter_parse(input, &filter, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    VT_CHECK(filter.width == 8 || filter.width == 16);
    VT_CHECK(!vt_filter_parse(vt_slice_sub(input, 0, input.len - 1), &shorter, &err));
    for (uint64_t i = 0; i < 64; i++) { /* places at both ends, and between */
        uint64_t key = i * UINT64_C(0x9e3779b97f4a7c15);
        bool has = vt_filter_has(&filter, key);

        VT_CHECK(!has || filter.count != 0);
    }
}
