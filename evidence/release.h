/* release/v1 and withdrawals/v1 with names and numbers instead of JSON: the two statements
 * that everything else hangs on. */
#ifndef VT_EVIDENCE_RELEASE_H
#define VT_EVIDENCE_RELEASE_H

#include "base/base.h"
#include "evidence/statement.h"
#include "evidence/trust_role.h"

#define VT_RELEASE_OUTPUTS_MAX   64
#define VT_RELEASE_ENVELOPES_MAX 64

struct vt_output {
    vt_slice name; /* no '/', unique */
    uint64_t size_bytes;
    vt_hash hash;
};

/* An envelope that belongs to the release. */
struct vt_attachment {
    vt_hash digest;          /* vt_envelope_digest */
    enum vt_predicate type;  /* of its statement */
    enum vt_trust_role role; /* whose keys must have signed it */
};

/* Slices point into the statement that it was read from. */
struct vt_release {
    vt_slice product, version, channel, site;
    vt_slice kind;     /* program, rules, image or deb */
    uint64_t sequence; /* from 1; grows with every release of product and channel */
    struct vt_output outputs[VT_RELEASE_OUTPUTS_MAX];
    size_t output_count; /* 1 or more */
    vt_hash source, recipe, environment;
    struct vt_attachment attachments[VT_RELEASE_ENVELOPES_MAX]; /* sorted by digest */
    size_t attachment_count;
    int64_t created_unix_s; /* what the signer wrote: shown, never decided upon */
};

/* The statement must be release/v1, its subjects its outputs in the same order, no name or
 * digest twice, each attachment of a type and role that belong together.
 * Errors: VT_MALFORMED */
VT_CHECKED bool vt_release_read(const struct vt_statement *statement,
                                struct vt_release *out, struct vt_error *err);
/* The exact inverse: append the payload.  Attachments are sorted here.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_release_write(const struct vt_release *release, struct vt_buf *payload,
                                 struct vt_error *err);

/* One row of a list of withdrawals. */
struct vt_listed {
    vt_slice product, channel, version;
    uint64_t sequence;
    vt_slice reason; /* empty in `current` */
};

/* The complete list, numbered.  Arrays point into the statement that it was read from. */
struct vt_withdrawals {
    uint64_t version; /* from 1; grows by one with every list */
    int64_t created_unix_s;
    const json_t *current;   /* the newest release of each product and channel */
    const json_t *withdrawn; /* every release that must no longer be used */
};

/* The statement must be withdrawals/v1 about itself, both arrays strictly sorted: current
 * by (product, channel), withdrawn by (product, channel, sequence).
 * Errors: VT_MALFORMED */
VT_CHECKED bool vt_withdrawals_read(const struct vt_statement *statement,
                                    struct vt_withdrawals *out, struct vt_error *err);
/* The exact inverse, from rows in any order: append the payload. */
VT_CHECKED bool vt_withdrawals_write(uint64_t version, int64_t created_unix_s,
                                     const struct vt_listed *current, size_t current_count,
                                     const struct vt_listed *withdrawn,
                                     size_t withdrawn_count, struct vt_buf *payload,
                                     struct vt_error *err);

struct vt_listed vt_withdrawals_row(const json_t *array, size_t i);
/* False if the list has no such row. */
bool vt_withdrawals_find_current(const struct vt_withdrawals *list, vt_slice product,
                                 vt_slice channel, struct vt_listed *out);
bool vt_withdrawals_find_withdrawn(const struct vt_withdrawals *list, vt_slice product,
                                   vt_slice channel, uint64_t sequence,
                                   struct vt_listed *out);

#endif
