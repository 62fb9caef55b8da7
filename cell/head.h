/* head/v1 with names and numbers instead of JSON, and the head file: all that a client
 * needs to judge a head, beside the trust root.
 *
 *   {"v": 1, "head": ENVELOPE, "proof": "<tlog-proof in the ledger of heads>",
 *    "collections": [{"envelope": ENVELOPE, "proof": "<tlog-proof in the release
 * ledger>"}]}
 *
 * Canonical (RFC 8785) and ended by one line break.  `collections` are the supervisor's
 * authorisations that the head names, in the order of their digests.  Pure. */
#ifndef VT_CELL_HEAD_H
#define VT_CELL_HEAD_H

#include "base/base.h"
#include "cell/answer.h"
#include "evidence/statement.h"

#define VT_HEAD_FILE_BYTES_MAX  VT_MIB(4)
#define VT_HEAD_COLLECTIONS_MAX 64

struct vt_head_blob {
    vt_hash hash;
    uint64_t size_bytes;
};

/* Slices and JSON point into the statement that it was read from. */
struct vt_cell_head {
    vt_slice cell, jurisdiction;
    uint64_t epoch;
    int64_t from_unix_s, until_unix_s; /* valid: from <= time < until */
    struct vt_cell_tree tree;
    struct vt_head_blob filter, delta; /* delta.size_bytes 0: none */
    vt_hash rules;                     /* of the rule databases behind the verdicts */
    /* Array of {"authorisation", "rules", "hashes"}; borrowed, NULL: none (writing). */
    json_t *collections;
    json_t *recipients;        /* array of SHA-256 in hex; borrowed, NULL: none (writing) */
    vt_hash statistics, ohttp; /* all zero: none */
};

/* The statement must be head/v1 about itself, with sizes that can be, ending after it
 * begins, its collections in the order of their authorisations, each once.
 * Errors: VT_MALFORMED */
VT_CHECKED bool vt_cell_head_read(const struct vt_statement *statement,
                                  struct vt_cell_head *out, struct vt_error *err);
/* The exact inverse: append the payload.  Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_cell_head_write(const struct vt_cell_head *head, struct vt_buf *payload,
                                   struct vt_error *err);

struct vt_head_authorisation {
    struct vt_envelope envelope;
    vt_hash leaf;
    vt_slice proof;
};

struct vt_head_file {
    json_t *json; /* owned */
    struct vt_envelope envelope;
    vt_hash leaf;
    vt_slice proof;
    struct vt_cell_head head; /* points into envelope */
    struct vt_head_authorisation collections[VT_HEAD_COLLECTIONS_MAX];
    size_t collection_count;
};

void vt_head_file_free(struct vt_head_file *file); /* NULL allowed */
void vt_head_file_free_pointer(struct vt_head_file **file);
#define VT_AUTO_HEAD_FILE                                                                  \
    __attribute__((cleanup(vt_head_file_free_pointer))) struct vt_head_file *

/* out: returned.  Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_head_file_parse(vt_slice bytes, struct vt_head_file **out,
                                   struct vt_error *err);
/* Append the file made of a canonical envelope and its proof; authorisations and their
 * proofs in any order.  Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_head_file_write(vt_slice head, vt_slice proof,
                                   const vt_slice *authorisations, const vt_slice *proofs,
                                   size_t count, struct vt_buf *out, struct vt_error *err);

#endif
