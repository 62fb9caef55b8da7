/* Has a file or a folder changed?  Seen from outside, by what the system says of it. */
#ifndef VT_CELL_SCANNER_WATCH_H
#define VT_CELL_SCANNER_WATCH_H

#include "crypto/sha256.h"

/* A digest of place, size and time of these paths (NULL: none), for a folder of what is in
 * it too, hidden files excepted.  Equal digests: nobody has changed them. */
vt_hash vt_scanner_look(const char *const *paths, size_t count);

#endif
