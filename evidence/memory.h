/* What a customer saw before, so that nobody can lead him back: the state of
 * `vitrine verify --state`.  Strict JSON, closed, canonical:
 *
 *   {"v": 1, "trust": N,                              newest version of the trust root
 *    "ledgers": [{"origin", "size", "root",           largest tree
 *                 "withdrawals": N, "list": SHA256,   newest list, digest of its payload
 *                 "products": [{"product", "channel", "sequence",
 *                               "release": SHA256}]}]}  newest release, of its payload
 *
 * Only a yes changes it, and numbers only grow. */
#ifndef VT_EVIDENCE_MEMORY_H
#define VT_EVIDENCE_MEMORY_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_MEMORY_BYTES_MAX VT_MIB(2)

/* Of one ledger; all zero if it was never seen. */
struct vt_seen_ledger {
    uint64_t size;
    vt_hash root;
    uint64_t withdrawals;
    vt_hash list;
};

/* Of one product and channel; all zero if never seen. */
struct vt_seen_release {
    uint64_t sequence;
    vt_hash release;
};

/* Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_memory_parse(vt_slice text, json_t **memory_out, struct vt_error *err);

/* memory may be NULL: nothing was seen. */
uint64_t vt_memory_trust(const json_t *memory);
struct vt_seen_ledger vt_memory_ledger(const json_t *memory, vt_slice origin);
struct vt_seen_release vt_memory_release(const json_t *memory, vt_slice origin,
                                         vt_slice product, vt_slice channel);

/* Was this product accepted in this channel; and the first channel in which it was, empty:
 * none. */
bool vt_memory_has_channel(const json_t *memory, vt_slice origin, vt_slice product,
                           vt_slice channel);
vt_slice vt_memory_channel(const json_t *memory, vt_slice origin, vt_slice product);

/* The i-th product that was accepted from this ledger; false: there are no more. */
struct vt_seen_product {
    vt_slice product, channel;
    uint64_t sequence;
};
bool vt_memory_product(const json_t *memory, vt_slice origin, size_t i,
                       struct vt_seen_product *out);

/* One thing that was established now. */
struct vt_sighting {
    uint64_t trust;
    vt_slice origin, product, channel;
    struct vt_seen_ledger ledger;
    struct vt_seen_release release;
};

/* Append the memory after the sighting: what was remembered (NULL: nothing), each number
 * raised to the sighting's where that is larger.
 * Errors: VT_LIMIT too much to remember; VT_IO memory */
VT_CHECKED bool vt_memory_write(const json_t *memory, const struct vt_sighting *sighting,
                                struct vt_buf *out, struct vt_error *err);

#endif
