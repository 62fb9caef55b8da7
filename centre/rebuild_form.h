/* A rebuild that a reviewer asked for, as two files of one JSON object each:
 *
 *   FOLDER/porter/rebuilds/INVITATION.json   the wish; the porter writes it
 *   FOLDER/rebuilds/INVITATION.json          what came of it; whoever rebuilds writes it
 *   FOLDER/rebuilds/INVITATION.log           its log, while it grows
 *
 * INVITATION is the digest of the invitation's payload: each has one at a time.  What is
 * told bears the number of its wish, so what was told of an older one is known by it. */
#ifndef VT_CENTRE_REBUILD_FORM_H
#define VT_CENTRE_REBUILD_FORM_H

#include "centre/source_question.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_CENTRE_REBUILDS        "rebuilds"
#define VT_REBUILD_WISH_BYTES_MAX 1024
#define VT_REBUILD_TOLD_BYTES_MAX VT_KIB(24)
#define VT_REBUILD_ARTEFACTS_MAX  48 /* that are told; the rest is counted */
#define VT_REBUILD_CAUSES_MAX     16

struct vt_rebuild_wish {
    uint64_t number; /* of its sealed record */
    int64_t asked_unix_s;
    char product[VT_SOURCE_NAME_BYTES_MAX + 1], version[VT_SOURCE_NAME_BYTES_MAX + 1];
};

VT_CHECKED bool vt_rebuild_wish_write(const struct vt_rebuild_wish *wish,
                                      struct vt_buf *out, struct vt_error *err);
/* Errors: VT_MALFORMED */
VT_CHECKED bool vt_rebuild_wish_parse(vt_slice text, struct vt_rebuild_wish *out,
                                      struct vt_error *err);

enum vt_rebuild_state {
    VT_REBUILD_RUNS,
    VT_REBUILD_EQUAL,   /* every artefact is the vendor's, bit for bit */
    VT_REBUILD_DIFFERS, /* or does not build here */
    VT_REBUILD_FAILED,  /* it could not be tried: `says` tells why */
    VT_REBUILD_STATES,
};

const char *vt_rebuild_state_name(enum vt_rebuild_state state); /* "runs" ... */

struct vt_rebuild_told {
    uint64_t number; /* of the wish */
    enum vt_rebuild_state state;
    int64_t began_unix_s, ended_unix_s; /* ended: 0 while it runs */
    vt_slice says;                      /* one sentence, or empty; borrowed */
    uint64_t artefact_count;
    json_t *artefacts; /* [{"name","sha256"}], the first of them; owned */
    json_t *causes;    /* [{"cause","place","because","fix"}]; owned */
    json_t *json;      /* what `says` points into, when it was parsed; owned */
};

void vt_rebuild_told_clear(struct vt_rebuild_told *told);
#define VT_AUTO_REBUILD_TOLD                                                               \
    __attribute__((cleanup(vt_rebuild_told_clear))) struct vt_rebuild_told

VT_CHECKED bool vt_rebuild_told_write(const struct vt_rebuild_told *told,
                                      struct vt_buf *out, struct vt_error *err);
/* Errors: VT_MALFORMED */
VT_CHECKED bool vt_rebuild_told_parse(vt_slice text, struct vt_rebuild_told *out,
                                      struct vt_error *err);
/* Has this wish come to its end? */
bool vt_rebuild_is_over(const struct vt_rebuild_told *told,
                        const struct vt_rebuild_wish *wish);

/* Bytes of a log as text for a page: cut before a character that is not whole, what is no
 * text becomes '?'.  Returns how many bytes of the piece are in it; appended. */
size_t vt_rebuild_log_text(vt_slice piece, struct vt_buf *out);

#endif
