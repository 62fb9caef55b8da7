/* Law: growth that is read is written as the same bytes, and fits what totals hold. */
#include "cell/counter.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(1));
    struct vt_count_growth growth;

    if (!vt_count_growth_read(input, &growth))
        return;
    vt_count_growth_write(&growth, &again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            VT_CHECK(growth.more[data][reason] <= VT_JSON_INTEGER_MAX);
}
