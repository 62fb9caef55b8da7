/* What a ledger is used for, and so what its entries are.  Pure: it judges the form of an
 * entry and the index that belongs to it; signatures are judged elsewhere.
 *
 *   release   a signed envelope in canonical form (wire/dsse.h)
 *   channel   {"class":"snapshot","sha256":HEX,"v":1,"version":N}: N is its index plus one
 *   head      an envelope with an in-toto statement "urn:vitrine:head:v1"; the predicate's
 *             number "epoch" is its index
 *   access    {"class":"access","commitment":HEX,"v":1}, or an envelope with a statement
 *             urn:vitrine:count:v1, :tally:v1, :erasure:v1 or :relocation:v1
 *
 * All in canonical form: one entry has one spelling.  Where the index is a number nobody
 * can be shown a version or an epoch of his own: the ledger has one entry for it.
 * Spec: ledger/DESIGN.md, "Four uses" */
#ifndef VT_LEDGER_USE_H
#define VT_LEDGER_USE_H

#include "base/base.h"
#include "crypto/sha256.h"

enum vt_ledger_use {
    VT_USE_NONE, /* its entries are judged by their kind alone (vt_ledger_entries) */
    VT_USE_RELEASE,
    VT_USE_CHANNEL,
    VT_USE_HEAD,
    VT_USE_ACCESS,
    VT_USES,
};

const char *vt_use_name(enum vt_ledger_use use); /* "release"; "none" */
/* False for what is no name of a use; "none" is none. */
VT_CHECKED bool vt_use_parse(vt_slice name, enum vt_ledger_use *out);
/* Is an entry's index its number? */
bool vt_use_is_numbered(enum vt_ledger_use use);

/* Has the entry the form of this use?  *index_out: the index that belongs to it; only for
 * numbered uses.
 * Errors: VT_MALFORMED saying what is wanted; VT_LIMIT; VT_IO memory */
VT_CHECKED bool vt_use_read(enum vt_ledger_use use, vt_slice entry, uint64_t *index_out,
                            struct vt_error *err);
/* The same, and: may it stand at this index?
 * Errors: the same; VT_REJECTED it belongs to another index */
VT_CHECKED bool vt_use_admits(enum vt_ledger_use use, vt_slice entry, uint64_t index,
                              struct vt_error *err);

/* ---- the two plain forms ----------------------------------------------------------------
 */

#define VT_USE_PLAIN_BYTES_MAX 256

/* Appended. */
void vt_snapshot_entry_write(struct vt_buf *out, uint64_t version, const vt_hash *digest);
void vt_private_entry_write(struct vt_buf *out, const vt_hash *commitment);
/* The exact inverses.  Errors: VT_MALFORMED; version: 1 or more */
VT_CHECKED bool vt_snapshot_entry_parse(vt_slice entry, uint64_t *version_out,
                                        vt_hash *digest_out, struct vt_error *err);
VT_CHECKED bool vt_private_entry_parse(vt_slice entry, vt_hash *commitment_out,
                                       struct vt_error *err);

#endif
