/* libcurl: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_HTTP_LIBCURL_H
#define VT_HTTP_LIBCURL_H

#include "base/dynlib.h"
#include <curl/curl.h>

/* clang-format off */
#define VT_CURL_CALLS(CALL) \
    CALL(curl_easy_cleanup) CALL(curl_easy_getinfo) CALL(curl_easy_init) \
    CALL(curl_easy_setopt) CALL(curl_easy_strerror) CALL(curl_global_cleanup) \
    CALL(curl_global_init) CALL(curl_multi_add_handle) CALL(curl_multi_cleanup) \
    CALL(curl_multi_info_read) CALL(curl_multi_init) CALL(curl_multi_perform) \
    CALL(curl_multi_poll) CALL(curl_multi_remove_handle) CALL(curl_slist_append) \
    CALL(curl_slist_free_all)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libcurl, VT_CURL_CALLS)

#endif
