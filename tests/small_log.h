/* A log in memory, for tests of those who look at logs: its trees and proofs are built by
 * the recursive definitions of RFC 6962, word for word, so that they are a second opinion
 * to ledger/. */
#ifndef VT_TESTS_SMALL_LOG_H
#define VT_TESTS_SMALL_LOG_H

#include "crypto/crypto.h"
#include "ledger/prove.h"
#include "tests/harness.h"

struct vt_small_log {
    const char *origin; /* also its key's name */
    struct vt_key *key;
    /* Entry i is the text "BRANCH entry i" from `fork_at` on, "entry i" before: two logs
     * with one key and two branches are a split view. */
    const char *branch;
    uint64_t fork_at;
};

/* Its key is returned: end it with vt_key_close. */
struct vt_small_log vt_small_log_of(const char *origin, uint8_t seed);
vt_hash vt_small_log_root(const struct vt_small_log *log, uint64_t size);
/* context: the log.  As vt_witness_asking.prove wants it. */
bool vt_small_log_prove(void *context, uint64_t old_size, uint64_t size,
                        struct vt_proof *out, struct vt_error *err);
/* The signed checkpoint of that size; the text lives as long as the case. */
vt_slice vt_small_log_note(const struct vt_small_log *log, uint64_t size);
/* Entry i; the text lives as long as the case. */
vt_slice vt_small_log_entry(const struct vt_small_log *log, uint64_t i);
/* The subtree [start, end) is part of the tree of `size` entries: SUBTREE_PROOF of
 * draft-ietf-plants-merkle-tree-certs §4.4.1, word for word. */
struct vt_proof vt_small_log_subtree(const struct vt_small_log *log, uint64_t start,
                                     uint64_t end, uint64_t size);
/* A body of add-entries for [start, end) with its first `packages` packages; the text lives
 * as long as the case. */
vt_slice vt_small_log_upload(const struct vt_small_log *log, uint64_t start, uint64_t end,
                             vt_slice ticket, size_t packages);
/* Its vkey as text. */
const char *vt_small_log_vkey(const struct vt_small_log *log);

/* A key from a seed; returned, end with vt_key_close. */
struct vt_key *vt_test_key(uint8_t seed);
/* "name+id+base64" of that key and type. */
const char *vt_test_vkey(const char *name, enum vt_note_type type,
                         const struct vt_key *key);

#endif
