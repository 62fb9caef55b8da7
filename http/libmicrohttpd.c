/* The calls of libmicrohttpd, found when it is opened. */
#include "http/libmicrohttpd.h"

VT_DYNLIB_DEFINE(vt_libmicrohttpd, VT_MICROHTTPD_CALLS);
