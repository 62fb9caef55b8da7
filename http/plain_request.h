/* The plainest form of a request, and nothing else: a POST with a path of few bytes,
 * headers that everybody sends, a length, and the whole body.  What is read here could be
 * read in one way only; everything else, also much that is good HTTP, is the library's.
 * Private to http/. */
#ifndef VT_HTTP_PLAIN_REQUEST_H
#define VT_HTTP_PLAIN_REQUEST_H

#include "base/base.h"

struct vt_plain_request {
    vt_slice path;  /* of letters, digits and "/-._~" */
    vt_slice lines; /* the header lines, each with its "\r\n" */
    vt_slice body;
    size_t bytes; /* of it all */
};

/* Does one begin here, whole, with a head of at most head_bytes_max?  out borrows from
 * bytes.
 *
 * Taken: "POST PATH HTTP/1.1", then lines "Name: value" in any case of letters and any
 * order, each name once, of Host and Content-Length (both must be there), User-Agent,
 * Accept, Accept-Encoding, Accept-Language, Authorization, Content-Type and Connection (of
 * the value keep-alive).  Values are printable ASCII without a space at either end.
 * Spec: RFC 9112, 3 and 6.2, and RFC 9110, 5.5: a part of them */
VT_CHECKED bool vt_plain_request_read(vt_slice bytes, size_t head_bytes_max,
                                      struct vt_plain_request *out);
/* The value of a header in such lines; empty if there is none. */
vt_slice vt_plain_header(vt_slice lines, const char *name);

#endif
