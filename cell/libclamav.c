/* The calls of libclamav, found when it is opened. */
#include "cell/libclamav.h"

VT_DYNLIB_DEFINE(vt_libclamav, VT_CLAMAV_CALLS);
