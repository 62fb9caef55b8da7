/* The calls of libmicrohttpd, found when it is opened. */
#include "http/libmicrohttpd.h"

VT_MICROHTTPD_CALLS(VT_LIBRARY_DEFINE)

static const struct vt_library_call calls[] = {
    VT_MICROHTTPD_CALLS(VT_LIBRARY_ROW){ NULL, NULL },
};

struct vt_library vt_libmicrohttpd = { VT_SONAME, calls, false };
