/* libmicrohttpd: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_HTTP_LIBMICROHTTPD_H
#define VT_HTTP_LIBMICROHTTPD_H

#include "base/dynlib.h"
#include <microhttpd.h>

/* clang-format off */
#define VT_MICROHTTPD_CALLS(CALL) \
    CALL(MHD_add_connection) CALL(MHD_add_response_header) \
    CALL(MHD_create_response_from_buffer) CALL(MHD_create_response_from_fd64) \
    CALL(MHD_destroy_response) CALL(MHD_get_connection_info) \
    CALL(MHD_get_connection_values) CALL(MHD_get_daemon_info) \
    CALL(MHD_get_reason_phrase_for) CALL(MHD_get_timeout) CALL(MHD_http_unescape) \
    CALL(MHD_lookup_connection_value) CALL(MHD_queue_response) CALL(MHD_quiesce_daemon) \
    CALL(MHD_resume_connection) CALL(MHD_run) CALL(MHD_start_daemon) \
    CALL(MHD_stop_daemon) CALL(MHD_suspend_connection)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libmicrohttpd, VT_MICROHTTPD_CALLS)

#endif
