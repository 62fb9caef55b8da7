/* Gathering: what the Centre's folder holds becomes documents, each value of them verified
 * here.  Nothing is written; what cannot be read or does not hold is told as a problem and
 * left out.  gather.c is the whole, the other files a part each. */
#ifndef VT_CENTRE_GATHER_H
#define VT_CENTRE_GATHER_H

#include "centre/holding.h"
#include "centre/message.h"

#define VT_CENTRE_FILES_PREFIX    "/api/v1/files/"
#define VT_CENTRE_RELEASES_PREFIX "/api/v1/releases/"

struct vt_docket;

/* A document as it will be shown. */
struct vt_gathered {
    struct vt_document_head head; /* its path is in the arena of the gathering */
    vt_slice plain, gzip;         /* in it too */
};

struct vt_gathering {
    struct vt_arena *arena;
    struct vt_holding *holding; /* borrowed */
    const char *folder, *pages; /* borrowed; pages NULL: none */
    int64_t now_unix_s;
    struct vt_disk *public; /* NULL: there is no published folder */
    bool has_desk;
    json_t *problems;   /* sentences */
    json_t *files;      /* rows of /api/v1/files/ */
    json_t *releases;   /* rows of /api/v1/releases */
    json_t *items;      /* rows of /api/v1/digests */
    json_t *builds;     /* rows of /api/v1/builders: who built, who built again */
    json_t *list_waits; /* a list of withdrawals that is half signed; NULL: none */
    json_t *page_facts; /* of the pages; NULL: none */
    struct vt_gathered *rows;
    size_t count, room;
};

/* Gather everything.  Errors: VT_LIMIT more than can be shown; VT_IO memory */
VT_CHECKED bool vt_gather(struct vt_gathering *g, struct vt_error *err);
void vt_gathering_clear(struct vt_gathering *gathering);
/* One digest of all documents. */
vt_hash vt_gathering_digest(const struct vt_gathering *gathering);

/* ---- for the parts ----------------------------------------------------------------------
 */

/* Show these bytes, or this value (taken), under a path (copied). */
VT_CHECKED bool vt_gather_put(struct vt_gathering *g, const char *path,
                              enum vt_centre_type type, bool is_immutable, vt_slice bytes,
                              struct vt_error *err);
VT_CHECKED bool vt_gather_put_json(struct vt_gathering *g, const char *path, json_t *value,
                                   struct vt_error *err);
/* Tell a problem, in one sentence. */
void vt_gather_tell(struct vt_gathering *g, const char *sentence);

/* Show that this has this digest (centre/digests.h). */
void vt_gather_item(struct vt_gathering *g, const struct vt_docket *docket,
                    const char *kind, const char *name, const vt_hash *hash);
VT_CHECKED bool vt_gather_ledgers(struct vt_gathering *g, struct vt_error *err);
VT_CHECKED bool vt_gather_releases(struct vt_gathering *g, struct vt_error *err);
/* Promises, findings, requests and denials: what custody/ reckons from the release ledger.
 */
VT_CHECKED bool vt_gather_supervision(struct vt_gathering *g, struct vt_error *err);
/* The newest table of residency, and the register of services; after supervision. */
VT_CHECKED bool vt_gather_places(struct vt_gathering *g, struct vt_error *err);
/* Environments, builders, statistics; after releases. */
VT_CHECKED bool vt_gather_claims(struct vt_gathering *g, struct vt_error *err);
VT_CHECKED bool vt_gather_files(struct vt_gathering *g, struct vt_error *err);
VT_CHECKED bool vt_gather_pages(struct vt_gathering *g, struct vt_error *err);

/* The verdict on each output of the release, as {"name","sha256","size","verdict"}; shows
 * the evidence beside it, and adds the rows for /api/v1/files/.  row: of the release.
 * out: returned. */
VT_CHECKED bool vt_gather_outputs(struct vt_gathering *g, const struct vt_docket *docket,
                                  const json_t *row, json_t **out, struct vt_error *err);

/* What was handed in (centre/handing.h). */
VT_CHECKED bool vt_gather_handed(struct vt_gathering *g, struct vt_error *err);
/* What is remembered of other Centres. */
VT_CHECKED bool vt_gather_others(struct vt_gathering *g, struct vt_error *err);
/* All of it as digests; after all that has digests. */
VT_CHECKED bool vt_gather_digests(struct vt_gathering *g, struct vt_error *err);

#endif
