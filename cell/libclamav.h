/* libclamav: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_CELL_LIBCLAMAV_H
#define VT_CELL_LIBCLAMAV_H

#include "base/dynlib.h"
#include <clamav.h>

/* clang-format off */
#define VT_CLAMAV_CALLS(CALL) \
    CALL(cl_engine_compile) CALL(cl_engine_free) CALL(cl_engine_new) \
    CALL(cl_engine_set_num) CALL(cl_engine_set_str) CALL(cl_fmap_close) \
    CALL(cl_fmap_open_memory) CALL(cl_init) CALL(cl_load) CALL(cl_retver) \
    CALL(cl_scanmap_callback) CALL(cl_set_clcb_msg) CALL(cl_strerror)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libclamav, VT_CLAMAV_CALLS)

#endif
