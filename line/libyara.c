/* The calls of libyara, found when it is opened. */
#include "line/libyara.h"

VT_YARA_CALLS(VT_LIBRARY_DEFINE)

static const struct vt_library_call calls[] = {
    VT_YARA_CALLS(VT_LIBRARY_ROW){ NULL, NULL },
};

struct vt_library vt_libyara = { VT_SONAME, calls, false };
