/* libyara: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_LINE_LIBYARA_H
#define VT_LINE_LIBYARA_H

#include "base/dynlib.h"
#include <yara.h>

/* clang-format off */
#define VT_YARA_CALLS(CALL) \
    CALL(yr_compiler_add_string) CALL(yr_compiler_create) CALL(yr_compiler_destroy) \
    CALL(yr_compiler_get_rules) CALL(yr_compiler_set_callback) \
    CALL(yr_compiler_set_include_callback) CALL(yr_finalize) CALL(yr_initialize) \
    CALL(yr_rules_destroy) CALL(yr_rules_load_stream) CALL(yr_rules_save_stream) \
    CALL(yr_rules_scan_mem) CALL(yr_scanner_create) CALL(yr_scanner_destroy) \
    CALL(yr_scanner_scan_mem) CALL(yr_scanner_set_callback) CALL(yr_scanner_set_flags) \
    CALL(yr_scanner_set_timeout)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libyara, VT_YARA_CALLS)

#endif
