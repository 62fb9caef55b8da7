/* Real builds of the small products in tests/fixtures/line, in an environment of Debian
 * packages.  The store stays in the build folder between runs: the packages are fetched
 * and unpacked once. */
#ifndef VT_TESTS_LINE_FIXTURE_H
#define VT_TESTS_LINE_FIXTURE_H

#include "line/build.h"

struct vt_line_fixture {
    struct vt_line_store *store;
    struct vt_lock *lock;
    struct vt_recipe *recipe;
    struct vt_source source;
    const char *folder;
    struct vt_build_request request; /* complete but for out and factors */
};

/* The product "f01", ...  Skips the case where no package source can be reached. */
void vt_line_fixture_open(const char *name, struct vt_line_fixture *out);
void vt_line_fixture_close(struct vt_line_fixture *fixture);
#define VT_AUTO_LINE_FIXTURE                                                               \
    __attribute__((cleanup(vt_line_fixture_close))) struct vt_line_fixture

#endif
