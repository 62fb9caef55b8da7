/* The calls of libfido2, found when it is opened. */
#include "crypto/libfido2.h"

VT_DYNLIB_DEFINE(vt_libfido2, VT_FIDO2_CALLS);
