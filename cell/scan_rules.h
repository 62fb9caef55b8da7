/* One digest for all that a scan goes by. */
#ifndef VT_CELL_SCAN_RULES_H
#define VT_CELL_SCAN_RULES_H

#include "crypto/sha256.h"

/* Of the databases in a folder, as libclamav loads them: SHA-256 of a line a file, sorted
 * by name, "HEX SIZE NAME\n".  Hidden files and folders do not count.
 * Errors: VT_IO; VT_REJECTED a link or a device; VT_LIMIT too many files */
VT_CHECKED bool vt_scan_clamav_digest(const char *folder, vt_hash *out,
                                      struct vt_error *err);

/* With a rule pack alone it is the pack's own SHA-256; with ClamAV's databases that of the
 * text "vitrine/scan-rules/v1\n", "yara HEX\n" if there is a pack, "clamav HEX\n".
 * pack, clamav: digests; NULL: none.  At least one. */
vt_hash vt_scan_rules_digest(const vt_hash *pack, const vt_hash *clamav);

#endif
