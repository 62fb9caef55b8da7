/* The list of the pages that a Centre serves (/api/v1/pages): a line a file, as sha256sum
 * prints it, sorted.  Its own SHA-256 is the digest of the pages.
 *
 *   HEX  assets/main-ABCD.js                                                            */
#ifndef VT_CENTRE_PAGE_LIST_H
#define VT_CENTRE_PAGE_LIST_H

#include "base/base.h"
#include "crypto/sha256.h"

#define VT_PAGE_LIST_BYTES_MAX VT_MIB(1)
#define VT_PAGES_MAX           1024

struct vt_page_line {
    vt_hash hash;
    vt_slice path; /* points into the list; letters, digits and "._-/" */
};

/* Take the next line.
 * Errors: VT_MALFORMED what stands there is no line of such a list */
VT_CHECKED bool vt_page_line_read(vt_reader *r, struct vt_page_line *out,
                                  struct vt_error *err);
void vt_page_line_write(const struct vt_page_line *line, struct vt_buf *out);

#endif
