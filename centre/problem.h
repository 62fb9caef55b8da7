/* What the front answers when it has nothing better: a sentence; below /api/ as RFC 9457
 * has it.  Spec: RFC 9457 */
#ifndef VT_CENTRE_PROBLEM_H
#define VT_CENTRE_PROBLEM_H

#include "http/http.h"

void vt_centre_problem(struct vt_http_exchange *exchange, int status, const char *sentence);

#endif
