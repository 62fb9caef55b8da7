/* Merkle tree proofs, checked.  Pure: hashes only, no memory, no file.
 *
 * Hashing is RFC 6962 §2.1: leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖
 * right), the root of the empty tree = SHA-256("").  A proof is accepted only if exactly
 * all of its hashes were used.  Sizes and indexes may be any 64-bit number; no sum is
 * formed that could overflow. */
#ifndef VT_LEDGER_TREE_VERIFY_H
#define VT_LEDGER_TREE_VERIFY_H

#include "base/base.h"
#include "crypto/sha256.h"

/* No proof that we write or read is longer: trees hold at most 2^63 entries. */
#define VT_PROOF_HASHES_MAX 63

/* The root of the tree without entries: SHA-256(""). */
extern const vt_hash vt_tree_empty_root;

/* Is `leaf` (a leaf hash) the entry `index` of the tree of `size` entries with `root`?
 * proof: `count` hashes, the leaf's sibling first.
 * Spec: RFC 6962 §2.1.1, checked as in RFC 9162 §2.1.3.2 */
VT_CHECKED bool vt_tree_verify_inclusion(const vt_hash *leaf, uint64_t index, uint64_t size,
                                         const vt_hash *proof, size_t count,
                                         const vt_hash *root);

/* Are the first size1 entries of the tree of size2 entries those of the tree of size1?
 * size1 = 0 is never accepted here: there is nothing to be consistent with (the witness
 * protocol treats an empty past as its own case).  Equal sizes need equal roots and an
 * empty proof.
 * Spec: RFC 6962 §2.1.2, checked as in RFC 9162 §2.1.4.2 */
VT_CHECKED bool vt_tree_verify_consistency(uint64_t size1, const vt_hash *root1,
                                           uint64_t size2, const vt_hash *root2,
                                           const vt_hash *proof, size_t count);

/* May [start, end) be a subtree: start <= end, and start is a multiple of the smallest
 * power of two that is at least end - start?  Empty ranges may.
 * Spec: draft-ietf-plants-merkle-tree-certs §4.1 */
bool vt_tree_is_subtree(uint64_t start, uint64_t end);

/* Is `leaf` the entry `index` (counted in the whole tree) of the subtree [start, end)
 * whose root is `root`?
 * Spec: draft-ietf-plants-merkle-tree-certs §4.3 */
VT_CHECKED bool vt_tree_verify_subtree_inclusion(const vt_hash *leaf, uint64_t index,
                                                 uint64_t start, uint64_t end,
                                                 const vt_hash *proof, size_t count,
                                                 const vt_hash *root);

/* Is the subtree [start, end) with root1 part of the tree of `size` entries with root2?
 * An empty subtree lies in every tree that reaches it: then root1 must be
 * vt_tree_empty_root, the proof empty, and root2 is not looked at.
 * Spec: draft-ietf-plants-merkle-tree-certs §4.4 */
VT_CHECKED bool vt_tree_verify_subtree_consistency(uint64_t start, uint64_t end,
                                                   const vt_hash *root1, uint64_t size,
                                                   const vt_hash *root2,
                                                   const vt_hash *proof, size_t count);

#endif
