/* The calls of libgit2, found when it is opened. */
#include "line/libgit2.h"

VT_DYNLIB_DEFINE(vt_libgit2, VT_GIT2_CALLS);
