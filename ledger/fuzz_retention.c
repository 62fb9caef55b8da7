/* Law: what is taken is written again byte by byte; what is refused says why. */
#include "ledger/retention.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(32));
    struct vt_retention retention;
    struct vt_error err = { 0 };

    if (!vt_retention_parse(input, arena, &retention, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_retention_first(&retention) <= retention.minimum);
    VT_CHECK(vt_retention_text(&retention, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
