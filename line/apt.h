/* apt, kept apart from the machine's: it reads the machine's sources for one suite and its
 * proxies, and keeps lists and state in the store.  Nothing is installed, and nothing
 * outside of the store is written. */
#ifndef VT_LINE_APT_H
#define VT_LINE_APT_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "line/store.h"

struct vt_apt; /* a private configuration, its lists up to date */

/* One file that apt would fetch. */
struct vt_apt_file {
    const char *uri;
    const char *file; /* "gcc_4%3a12.2.0-3_amd64.deb" */
    uint64_t bytes;
    vt_hash hash;
};

/* Prepare, and fetch the lists of the suite.  sources: a sources.list or .sources file to
 * use in place of the machine's; NULL: the machine's.  Returned.
 * Errors: VT_ABSENT  apt is not installed, or no source offers the suite
 *         VT_IO      the lists cannot be fetched (network, signature) */
VT_CHECKED bool vt_apt_open(struct vt_line_store *store, const char *suite,
                            const char *sources, struct vt_apt **apt_out,
                            struct vt_error *err);
void vt_apt_close(struct vt_apt *apt); /* NULL allowed */
void vt_apt_close_pointer(struct vt_apt **apt);
#define VT_AUTO_APT __attribute__((cleanup(vt_apt_close_pointer))) struct vt_apt *

/* Run an apt program with arguments (argv[0] is its name); its output is appended.
 * Errors: VT_ABSENT   a package, version or dependency that no source offers
 *         VT_REJECTED what was asked for cannot be had together
 *         VT_IO */
VT_CHECKED bool vt_apt_run(struct vt_apt *apt, const char *const argv[],
                           struct vt_buf *output, struct vt_error *err);

/* The files that `apt-get --print-uris` names in its output.  In the apt's arena.
 * Errors: VT_MALFORMED a line that is not as expected; VT_LIMIT */
VT_CHECKED bool vt_apt_files(struct vt_apt *apt, vt_slice output,
                             struct vt_apt_file **files_out, size_t *count_out,
                             struct vt_error *err);

/* Put them into the blob store, those that are not there yet being fetched and checked.
 * Errors: VT_IO, VT_REJECTED a file is not what the signed lists promise */
VT_CHECKED bool vt_apt_fetch(struct vt_apt *apt, const struct vt_apt_file *files,
                             size_t count,
                             void (*progress)(void *context, const char *line),
                             void *context, struct vt_error *err);

struct vt_arena *vt_apt_arena(struct vt_apt *apt);
const char *vt_apt_architecture(const struct vt_apt *apt); /* "amd64" */

/* ---- pieces, open to their tests ------------------------------------------------------
 */

/* From a text in the form of sources.list, or of .sources, those entries that serve the
 * suite (itself, its updates, its security), for packages and for sources; appended. */
VT_CHECKED bool vt_apt_filter_list(vt_slice text, const char *suite, struct vt_buf *out,
                                   struct vt_error *err);
VT_CHECKED bool vt_apt_filter_stanzas(vt_slice text, const char *suite, struct vt_buf *out,
                                      struct vt_error *err);

/* One line "'URI' FILE SIZE SHA256:HEX"; false if it is something else. */
VT_CHECKED bool vt_apt_parse_uri(vt_slice line, struct vt_arena *arena,
                                 struct vt_apt_file *out);

#endif
