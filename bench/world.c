/* What tests/world.c asks of its harness, for a benchmark: memory, and an end with a
 * sentence. */
#include "tests/harness.h"

struct vt_arena *vt_test_arena(void)
{
    static struct vt_arena *arena;

    if (arena == NULL)
        arena = vt_arena_new();
    return arena;
}

void vt_test_keep(const void *pointer)
{
    (void)pointer; /* the process ends soon */
}

void vt_test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(VT_EXIT_TROUBLE);
}

vt_slice vt_test_read(const char *path)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(64));
    struct vt_error err = { 0 };

    if (!vt_file_read(path, &bytes, &err))
        vt_test_fail(__FILE__, __LINE__, "%s", err.message);
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&bytes));
}
