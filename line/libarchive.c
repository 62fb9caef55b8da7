/* The calls of libarchive, found when it is opened. */
#include "line/libarchive.h"

VT_ARCHIVE_CALLS(VT_LIBRARY_DEFINE)

static const struct vt_library_call calls[] = {
    VT_ARCHIVE_CALLS(VT_LIBRARY_ROW){ NULL, NULL },
};

struct vt_library vt_libarchive = { VT_SONAME, calls, false };
