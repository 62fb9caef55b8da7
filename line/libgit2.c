/* The calls of libgit2, found when it is opened. */
#include "line/libgit2.h"

VT_GIT2_CALLS(VT_LIBRARY_DEFINE)

static const struct vt_library_call calls[] = {
    VT_GIT2_CALLS(VT_LIBRARY_ROW){ NULL, NULL },
};

struct vt_library vt_libgit2 = { VT_SONAME, calls, false };
