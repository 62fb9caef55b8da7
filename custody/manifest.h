/* What a move is to bring over: a list of objects, ascending, each once, and its root.
 *
 *   "vitrine/manifest/v1\n", then for each object
 *   32 bytes of id ‖ 32 of SHA-256 of the body ‖ 8 of its length ‖ 32 of what belongs to it
 *
 * The id is the SHA-256 of the object's complete age header, so the header is in it.  The
 * root is that of an RFC 6962 tree whose entries are the rows, 104 bytes each: whoever has
 * one row and a proof can show that it was to be moved.
 * Spec: custody/DESIGN-relocation.md */
#ifndef VT_CUSTODY_MANIFEST_H
#define VT_CUSTODY_MANIFEST_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "ledger/tree.h"
#include "wire/json.h"

#define VT_MANIFEST_HEAD      "vitrine/manifest/v1\n"
#define VT_MANIFEST_ROW_BYTES 104

struct vt_manifest_row {
    vt_hash object; /* its id where it came from */
    vt_hash body;   /* SHA-256 of the body */
    uint64_t body_bytes;
    vt_hash belongings; /* SHA-256 of owner, consent, receipt: see who moves */
};

/* Append its 104 bytes. */
void vt_manifest_row_write(const struct vt_manifest_row *row, struct vt_buf *out);
/* Read 104 bytes, any of which are a row. */
VT_CHECKED bool vt_manifest_row_read(vt_reader *r, struct vt_manifest_row *out);

/* What is said of a manifest. */
struct vt_manifest_root {
    uint64_t count, bytes; /* objects, and of their bodies */
    vt_hash root;
};
bool vt_manifest_root_equal(const struct vt_manifest_root *a,
                            const struct vt_manifest_root *b);
/* As statements say it: {"bytes","count","root"}.  Returned. */
json_t *vt_manifest_root_json(const struct vt_manifest_root *root);
/* Of such an object that its schema admitted. */
struct vt_manifest_root vt_manifest_root_of(const json_t *said);

/* The sum over rows as they come; a fresh one is all zero bytes.  65 KiB, whatever the
 * number of rows: keep it on the heap. */
struct vt_manifest_sum {
    struct vt_tree tree;
    uint64_t bytes;
    vt_hash last;
};

/* Errors: VT_REJECTED not behind the row before; VT_LIMIT more than 2^63 bytes */
VT_CHECKED bool vt_manifest_sum_add(struct vt_manifest_sum *sum,
                                    const struct vt_manifest_row *row,
                                    struct vt_error *err);
struct vt_manifest_root vt_manifest_sum_root(const struct vt_manifest_sum *sum);

/* Read a whole manifest; each (may be NULL) gets its rows in order.
 * Errors: VT_MALFORMED another head, or cut short; those of vt_manifest_sum_add and each */
VT_CHECKED bool vt_manifest_parse(
    vt_slice file,
    bool (*each)(void *context, const struct vt_manifest_row *row, struct vt_error *err),
    void *context, struct vt_manifest_root *out, struct vt_error *err);
/* The same from a file, read in pieces: memory does not grow with it.
 * name: for sentences.  Errors: the same; VT_IO */
VT_CHECKED bool vt_manifest_read(
    int fd, const char *name,
    bool (*each)(void *context, const struct vt_manifest_row *row, struct vt_error *err),
    void *context, struct vt_manifest_root *out, struct vt_error *err);

#endif
