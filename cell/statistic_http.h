/* The way of a report to its cell: POST /statistics?country=CC. */
#ifndef VT_CELL_STATISTIC_HTTP_H
#define VT_CELL_STATISTIC_HTTP_H

#include "base/base.h"

/* Send it, once, and never again: where no answer comes it may have been counted, and a
 * cell keeps nothing by which it could see that it has it already. Errors: VT_REJECTED the
 * cell refuses, with its reason and the right cell; VT_IO no answer with sense */
VT_CHECKED bool vt_statistic_send(const char *url, const char *country, vt_slice report,
                                  struct vt_error *err);

#endif
