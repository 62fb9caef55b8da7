/* Watching what is offered for download: nothing may be public before the world could see
 * that it is, and nothing without evidence.
 *
 * What can be known honestly: the time at which the witnesses saw the release (the earliest
 * quorum of cosignatures in FILE.evidence), the time at which a file was seen here first,
 * and the time that the server itself claims (Last-Modified, or the file's time).  If one
 * of the latter two is before the first, the file was public too "early".  Seen here is
 * certain; claimed may be the time of the build, which some tools preserve: the finding
 * says which it was.  Not known is what was offered before somebody looked.
 *
 *   DIR/downloads/SHA256-OF-PLACE/SHA256-OF-PATH.json     what was seen of a file
 *     {"first":T,"modified":T,"path":PATH,"sha256":HEX,"size":N,"v":1} */
#ifndef VT_RELEASE_DOWNLOADS_H
#define VT_RELEASE_DOWNLOADS_H

#include "evidence/trust.h"
#include "release/index.h"
#include "release/place.h"
#include "store/disk.h"

/* Two clocks may differ by so much. */
#define VT_DOWNLOADS_SLACK_S 60

/* What the followed ledger says about an entry. */
enum vt_downloads_entry {
    VT_ENTRY_IS_IT,    /* it has this leaf */
    VT_ENTRY_IS_OTHER, /* it is something else */
    VT_ENTRY_UNSHOWN,  /* the ledger does not show that many */
};

struct vt_downloads {
    const struct vt_trust *trust; /* whose signatures and which witnesses count */
    struct vt_disk *disk;         /* the monitor's folder, locked */
    int64_t now_unix_s;
    int64_t withheld_s; /* so long the ledger may take to show the entry */
    /* Entry `index` of the ledger with the trust root's origin. */
    bool (*entry)(void *context, uint64_t index, const vt_hash *leaf,
                  enum vt_downloads_entry *out, struct vt_error *err);
    /* A finding: "unreachable", "refused" (the index), "unproven" (no evidence that holds),
     * "altered", "unlogged", "early". */
    bool (*found)(void *context, const char *kind, const char *what, json_t *more,
                  struct vt_error *err);
    /* Called for each file that was looked at. */
    void (*looked)(void *context, bool is_well);
    void *context;
};

/* When did the witnesses see the release of this file, and where is it in the ledger?  The
 * evidence must be about the file, signed by vendor and supervisor as the trust root wants
 * it, and proven with a quorum.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_REJECTED it is not; VT_IO memory */
struct vt_downloads_proof {
    int64_t time_unix_s;
    uint64_t index;
    vt_hash leaf;
};
VT_CHECKED bool vt_downloads_judge(const struct vt_trust *trust, vt_slice evidence,
                                   const struct vt_index_file *file,
                                   struct vt_downloads_proof *out, struct vt_error *err);

/* Look once at all that this place offers.  True also when there are findings.
 * Errors: VT_MALFORMED what lies in our own folder; VT_IO; those of found and entry */
VT_CHECKED bool vt_downloads_look(const struct vt_downloads *downloads, const char *where,
                                  struct vt_error *err);

#endif
