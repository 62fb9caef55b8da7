/* The engines, as a confined worker uses them: libyara, libclamav, and the unpacker that
 * hands them what is inside a file.  Never called outside of a worker, save by fuzz
 * targets. */
#ifndef VT_CELL_SCAN_ENGINE_H
#define VT_CELL_SCAN_ENGINE_H

#include "cell/scan.h"

/* ---- libyara (scan_yara.c) ---------------------------------------------------------- */

struct vt_scan_yara;
/* libyara sets its modules up: before the locks. */
void vt_scan_yara_begin(void);
const char *vt_scan_yara_version(void); /* "yara 4.2.3" */
/* The compiled form that our own confined compiler made.  libyara believes it, so it is
 * loaded behind the locks.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_scan_yara_open(vt_slice compiled, struct vt_scan_yara **out,
                                  struct vt_error *err);
void vt_scan_yara_close(struct vt_scan_yara *yara); /* NULL allowed */
/* Names, limits and failures into outcome.  A rule with `suspicious = true` in its meta
 * section makes what it matches suspicious, any other malicious. */
void vt_scan_yara_look(struct vt_scan_yara *yara, vt_slice bytes, int64_t time_ms,
                       struct vt_scan_outcome *outcome);

/* ---- libclamav (scan_clamav.c) ------------------------------------------------------ */

struct vt_scan_clamav;
/* Load the databases in a folder, without bytecode.  Before the locks, for libclamav reads
 * them by their paths; its own files go to "/", the worker's scratch folder.
 * Errors: VT_ABSENT libclamav is not installed; VT_MALFORMED a database; VT_IO */
VT_CHECKED bool vt_scan_clamav_open(const char *folder, const struct vt_scan_limits *limits,
                                    struct vt_scan_clamav **out, struct vt_error *err);
void vt_scan_clamav_close(struct vt_scan_clamav *clamav); /* NULL allowed */
const char *vt_scan_clamav_version(const struct vt_scan_clamav *clamav);
/* is_whole: let it unpack archives itself, else it looks at these bytes alone (and into
 * documents, mails and programs).  What exceeds its limits is never passed over. */
void vt_scan_clamav_look(struct vt_scan_clamav *clamav, vt_slice bytes, bool is_whole,
                         int64_t time_ms, struct vt_scan_outcome *outcome);

/* ---- what is inside (scan_unpack.c) ------------------------------------------------- */

/* What one file may still cost; counted on what really came out, never on what a header
 * says. */
struct vt_scan_budget {
    const struct vt_scan_limits *limits;
    int64_t deadline_ms; /* monotonic */
    uint64_t root_bytes; /* of the file that is scanned */
    struct vt_scan_outcome *outcome;
};

const char *vt_scan_unpack_version(void); /* "libarchive 3.6.2" */

/* Take one layer off: a compressed stream is one member, an archive many.
 *
 * member  called with the bytes of each regular file in it, borrowed; what was cut at a
 *         limit is handed over as far as it came.  False ends the unpacking.
 *
 * Returns whether it is a container at all; with member NULL nothing is unpacked.  Limits
 * and failures go into the budget's outcome. */
bool vt_scan_unpack(struct vt_scan_budget *budget, vt_slice bytes,
                    bool (*member)(void *context, vt_slice bytes), void *context);
/* Does libarchive know the format? */
bool vt_scan_is_archive(vt_slice bytes);
/* The same by a glance: false is certain, and saves asking (40 us, a tenth of what scanning
 * a small file takes). */
bool vt_scan_may_be_archive(vt_slice bytes);
/* Is there time and room left?  Notes the limit if not. */
bool vt_scan_budget_left(struct vt_scan_budget *budget);

/* ---- all of it (scan_file.c) -------------------------------------------------------- */

struct vt_scan_engines {
    struct vt_scan_yara *yara;     /* NULL: none */
    struct vt_scan_clamav *clamav; /* NULL: none */
    struct vt_scan_limits limits;
    /* Called before each engine, with its bit; may be NULL.  Who watches then knows whose
     * fault a sudden end is. */
    void (*stage)(void *context, unsigned engine);
    void *context;
};

void vt_scan_file(const struct vt_scan_engines *engines, vt_slice bytes,
                  struct vt_scan_outcome *outcome);

#endif
