/* What a fuzz target is: one function that states a law about any input.  Built against
 * tools/replay.c for `make check`, against libFuzzer for `make fuzz`. */
#ifndef VT_TOOLS_FUZZ_H
#define VT_TOOLS_FUZZ_H

#include "base/base.h"

void vt_fuzz_one(vt_slice input);

#define VT_CHECK(condition)                                                                \
    ((condition) ? (void)0 : vt_fuzz_check_failed(#condition, __FILE__, __LINE__))
VT_NORETURN void vt_fuzz_check_failed(const char *condition, const char *file, int line);

#endif
