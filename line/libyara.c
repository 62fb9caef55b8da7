/* The calls of libyara, found when it is opened. */
#include "line/libyara.h"

VT_DYNLIB_DEFINE(vt_libyara, VT_YARA_CALLS);
