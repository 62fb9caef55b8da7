/* The calls of libfido2, found when it is opened. */
#include "crypto/libfido2.h"

VT_FIDO2_CALLS(VT_LIBRARY_DEFINE)

static const struct vt_library_call calls[] = {
    VT_FIDO2_CALLS(VT_LIBRARY_ROW){ NULL, NULL },
};

struct vt_library vt_libfido2 = { VT_SONAME, calls, false };
