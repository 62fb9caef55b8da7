/* All that a Centre shows as digests, in one document (/api/v1/digests): what two Centres
 * compare.  Two that show the same have the same bytes here, but for ledgers that one of
 * them copied later.
 *
 *   {"items":[{"kind":"review","name":"R. Reviewer","of":"lamp 1.4.0","sha256":HEX}],
 *    "ledgers":[{"name":"releases","origin":O,"root":HEX,"size":N}],
 *    "trust":HEX,"v":1}
 *
 * An item is a statement on the desk (its envelope's digest, named by who signed), an
 * output of a release, the evidence of an output, or the digest of its source.  Items are
 * sorted and no item is twice. */
#ifndef VT_CENTRE_DIGESTS_H
#define VT_CENTRE_DIGESTS_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_DIGESTS_BYTES_MAX VT_MIB(16)

struct vt_digest_item {
    const char *of, *kind, *name, *sha256; /* in the JSON */
};

struct vt_digests {
    json_t *json;                 /* owned */
    struct vt_digest_item *items; /* owned; sorted, each once */
    size_t count;
};

#define VT_AUTO_DIGESTS __attribute__((cleanup(vt_digests_clear))) struct vt_digests
void vt_digests_clear(struct vt_digests *digests);

/* Errors: VT_MALFORMED form, order, or an item twice; VT_LIMIT; VT_IO memory */
VT_CHECKED bool vt_digests_parse(vt_slice text, struct vt_digests *out,
                                 struct vt_error *err);
/* Append the document.  items: an array as above in any order; sorted here.  ledgers: an
 * array as above.  Both borrowed.
 * Errors: VT_LIMIT more than fits; VT_MALFORMED a name that is none; VT_IO memory */
VT_CHECKED bool vt_digests_write(const vt_hash *trust, const json_t *ledgers,
                                 const json_t *items, struct vt_buf *out,
                                 struct vt_error *err);
json_t *vt_digest_item_json(const char *of, const char *kind, const char *name,
                            const vt_hash *hash); /* returned; NULL: not UTF-8 */

struct vt_digest_item vt_digest_item_of(const json_t *row); /* points into the row */
int vt_digest_item_compare(const struct vt_digest_item *a, const struct vt_digest_item *b);

#endif
