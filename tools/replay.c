/* Runs a fuzz target over the files named, without a fuzzer: `make check` replays every
 * corpus so.  Prints one line a file. */
#include "base/base.h"
#include "tools/fuzz.h"

void vt_fuzz_check_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: the law is broken: %s\n", file, line, condition);
    abort();
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(16));

        if (!vt_file_read(argv[i], &bytes, &err)) {
            (void)printf("not ok replay: %s\n", err.message);
            return 3;
        }
        (void)fflush(stdout);
        vt_fuzz_one(vt_buf_slice(&bytes));
    }
    if (argc < 2) {
        (void)printf("not ok replay: the corpus is empty\n");
        return 1;
    }
    (void)printf("ok replay: %d inputs\n", argc - 1);
    return 0;
}
