/* The door between libFuzzer and our fuzz targets. */
#include "base/base.h"
#include "tools/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void vt_fuzz_check_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: the law is broken: %s\n", file, line, condition);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vt_fuzz_one(vt_slice_of(data, size));
    return 0;
}
