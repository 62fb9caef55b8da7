/* The desk: a folder that vendor, supervisor and reviewers share.  It holds only signed
 * statements and blobs, each under its own digest, and is never edited: state is what the
 * statements say (release/gaps.h), so any copy of the desk tells the same.
 *
 *   authorisations/SHA256.json, .tlog-proof    environment/v1, collection/v1, enrolment/v1
 *   releases/PRODUCT/VERSION/SHA256.json       draft/v1, provenance, SBOM, VSA, review/v1,
 *                                              rejection/v1, release/v1
 *   releases/PRODUCT/VERSION/blobs/            source, recipe, lock, artefacts, SBOM, ...
 *   releases/PRODUCT/VERSION/list.json         the list of withdrawals that will make this
 *                                              release the current one, signed by the
 *                                              supervisor when he approved
 *   releases/PRODUCT/VERSION/release.tlog-proof   it is published
 *   withdrawals/N.json, N.tlog-proof           complete lists; withdrawals/next.json: the
 *                                              next one, with one signature so far */
#ifndef VT_RELEASE_DESK_H
#define VT_RELEASE_DESK_H

#include "base/base.h"
#include "evidence/trust.h"
#include "evidence/verdict.h"
#include "store/blobs.h"
#include "store/disk.h"

#define VT_DOCKET_ITEMS_MAX 256

struct vt_desk {
    struct vt_disk *disk; /* owned */
    const char *path;     /* as opened; borrowed */
    const char *trust;    /* path of the reader's trust root, for hints; NULL: unknown */
    /* Told, in one sentence, of what the walks below pass over because it cannot be read;
     * NULL: they stop there with that as their error. */
    void (*passed_over)(void *context, const char *what);
    /* If not NULL, vt_desk_each asks it instead about a release that cannot be read: true
     * goes on with the next. */
    bool (*unread)(void *context, const char *product, const char *version,
                   const struct vt_error *why);
    void *context;
};

VT_CHECKED bool vt_desk_open(const char *path, bool is_new, struct vt_desk *out,
                             struct vt_error *err);
void vt_desk_close(struct vt_desk *desk);
#define VT_AUTO_DESK __attribute__((cleanup(vt_desk_close))) struct vt_desk

/* One process at a time, until the desk is closed: for what is decided by looking at all
 * that lies there, which is which number comes next.  Waits a little for the one before.
 * It holds on one machine; between copies of a desk vt_number_check decides.
 * Errors: VT_IO, also where it is still held */
VT_CHECKED bool vt_desk_lock(struct vt_desk *desk, struct vt_error *err);

/* One statement on the desk. */
struct vt_item {
    vt_slice bytes; /* canonical envelope, in the docket's arena */
    struct vt_envelope envelope;
    bool is_valid;       /* signed by whom its type demands, with keys that count */
    int64_t time_unix_s; /* when its author says that it was made */
};

struct vt_roll; /* release/authorisations.h */

/* All that lies on the desk about one release.  Item pointers: the one that counts, or
 * NULL: the newest valid draft; provenance, SBOM and VSA that fit it.  Keys count at the
 * time when the witnesses saw the release, until it is published now: what was signed in a
 * key's time stays true when the key has ended. */
struct vt_docket {
    struct vt_arena *arena;
    struct vt_desk *desk;                   /* borrowed */
    const struct vt_trust *trust;           /* borrowed */
    const struct vt_roll *roll;             /* who is enrolled; borrowed or own_roll */
    struct vt_roll *own_roll;               /* owned; NULL: it is somebody else's */
    int64_t time_unix_s;                    /* at which keys count */
    const char *product, *version, *folder; /* folder: "releases/P/V" */
    struct vt_item items[VT_DOCKET_ITEMS_MAX];
    size_t item_count;
    const struct vt_item *draft, *provenance, *sbom, *vsa, *rejection, *release;
    const struct vt_item *published; /* the release that is on the ledger; NULL: none */
    bool is_published;               /* release.tlog-proof is there, and good */
};

#define VT_NAME_PART_MAX 128
/* Names of products and versions become folders: letters, digits and ".+~_-:", not
 * beginning with a dot or dash, at most VT_NAME_PART_MAX bytes.  VT_REJECTED. */
VT_CHECKED bool vt_name_verify_part(const char *name, struct vt_error *err);

/* No name that the public folder has a file of its own for: VT_REJECTED. */
VT_CHECKED bool vt_name_verify_product(const char *product, struct vt_error *err);
/* X.evidence beside X is the evidence of X, so no output is called that: VT_REJECTED. */
VT_CHECKED bool vt_outputs_verify_names(const char *const *names, size_t count,
                                        struct vt_error *err);

/* Read one release.  VT_ABSENT if the desk knows nothing of it. */
VT_CHECKED bool vt_docket_open(struct vt_desk *desk, const struct vt_trust *trust,
                               const char *product, const char *version, int64_t now_unix_s,
                               struct vt_docket **docket_out, struct vt_error *err);
void vt_docket_close(struct vt_docket *docket); /* NULL allowed */
void vt_docket_close_pointer(struct vt_docket **docket);
#define VT_AUTO_DOCKET __attribute__((cleanup(vt_docket_close_pointer))) struct vt_docket *

/* Lay a signed statement into a release's folder; laying it again changes nothing. */
VT_CHECKED bool vt_docket_put(struct vt_desk *desk, const char *product,
                              const char *version, vt_slice envelope, struct vt_error *err);
/* The blobs of a release; end with vt_blobs_close. */
VT_CHECKED bool vt_docket_blobs(struct vt_desk *desk, const char *product,
                                const char *version, struct vt_blobs **blobs_out,
                                struct vt_error *err);

#define VT_DOCUMENT_BYTES_MAX VT_MIB(1024)
/* Keep a document or report of somebody's as a blob of this release; or only look whether
 * it could be.
 * Errors: VT_LIMIT longer than VT_DOCUMENT_BYTES_MAX: name its digest instead; VT_IO */
VT_CHECKED bool vt_document_check(const char *path, struct vt_error *err);
VT_CHECKED bool vt_document_put(struct vt_blobs *blobs, const char *path, vt_hash *hash_out,
                                uint64_t *bytes_out, struct vt_error *err);

/* Call `each` for every release on the desk, sorted by product and version.  What is no
 * folder or has no release's name can be none and is passed over in any case. */
VT_CHECKED bool vt_desk_each(struct vt_desk *desk, const struct vt_trust *trust,
                             int64_t now_unix_s,
                             bool (*each)(void *context, struct vt_docket *docket,
                                          struct vt_error *err),
                             void *context, struct vt_error *err);

/* ---- withdrawals -----------------------------------------------------------------------
 */

/* The newest complete list: its number (0: none yet), and, appended, its envelope and proof
 * (may be NULL). */
VT_CHECKED bool vt_desk_newest_list(struct vt_desk *desk, uint64_t *version_out,
                                    struct vt_buf *envelope, struct vt_buf *proof,
                                    struct vt_error *err);

#endif
