/* The end of a process that found its own mistake.  A file of its own: the library for
 * other people's programs must not link it (a test looks). */
#include "base/base.h"

void vt_assert_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "vitrine: internal mistake: %s (%s:%d)\n", condition, file, line);
    abort();
}
