/* Law: what is taken is written again byte by byte; what is refused says why. */
#include "ledger/fork.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(32));
    struct vt_error err = { 0 };
    struct vt_fork fork;

    if (!vt_fork_parse(input, arena, &fork, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(fork.path_count <= VT_FORK_PATH_MAX);
    VT_CHECK(vt_fork_write(&again, &fork, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
