/* The calls of libarchive, found when it is opened. */
#include "line/libarchive.h"

VT_DYNLIB_DEFINE(vt_libarchive, VT_ARCHIVE_CALLS);
