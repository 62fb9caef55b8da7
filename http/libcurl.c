/* The calls of libcurl, found when it is opened. */
#include "http/libcurl.h"

VT_CURL_CALLS(VT_LIBRARY_DEFINE)

static const struct vt_library_call calls[] = {
    VT_CURL_CALLS(VT_LIBRARY_ROW){ NULL, NULL },
};

struct vt_library vt_libcurl = { VT_SONAME, calls, false };
