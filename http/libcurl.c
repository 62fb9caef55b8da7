/* The calls of libcurl, found when it is opened. */
#include "http/libcurl.h"

VT_DYNLIB_DEFINE(vt_libcurl, VT_CURL_CALLS);
