// RFC 6962 trees, checked as RFC 9162 §2.1.3.2 and §2.1.4.2 have it.  Sizes are 64-bit.
import { equal } from "./bytes.ts";
import { sha256 } from "./crypto.ts";

export const leafHash = (entry: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), entry);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Uint8Array.of(1), left, right);

// One step of the way from a leaf to the root, for whoever draws it.
export interface Step {
  sibling: Uint8Array;
  isLeft: boolean; // the sibling stands to the left of us
  result: Uint8Array;
}

// The way up; undefined if the proof has not exactly the hashes that such a tree needs.
export function climb(leaf: Uint8Array, index: bigint, size: bigint, proof: Uint8Array[]): Step[] | undefined {
  if (index >= size) return undefined;
  const steps: Step[] = [];
  let at = index;
  let last = size - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0n || sibling.length !== 32) return undefined;
    const isLeft = (at & 1n) === 1n || at === last;
    hash = isLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    steps.push({ sibling, isLeft, result: hash });
    if (isLeft)
      while ((at & 1n) === 0n && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? steps : undefined;
}

export function isIncluded(leaf: Uint8Array, index: bigint, size: bigint, proof: Uint8Array[], root: Uint8Array): boolean {
  const steps = climb(leaf, index, size, proof);
  return steps !== undefined && equal(steps.at(-1)?.result ?? leaf, root);
}

export function isConsistent(
  size1: bigint,
  root1: Uint8Array,
  size2: bigint,
  root2: Uint8Array,
  proof: Uint8Array[],
): boolean {
  if (size1 === 0n || size1 > size2 || proof.some((hash) => hash.length !== 32)) return false;
  if (size1 === size2) return proof.length === 0 && equal(root1, root2);
  let at = size1 - 1n;
  let last = size2 - 1n;
  while ((at & 1n) === 1n) {
    at >>= 1n;
    last >>= 1n;
  }
  // Where size1 is a power of two, its root is not repeated in the proof.
  const path = at === 0n ? [root1, ...proof] : [...proof];
  let first = path.shift();
  if (first === undefined) return false;
  let second = first;
  for (const hash of path) {
    if (last === 0n) return false;
    if ((at & 1n) === 1n || at === last) {
      first = nodeHash(hash, first);
      second = nodeHash(hash, second);
      while ((at & 1n) === 0n && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      second = nodeHash(second, hash);
    }
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(first, root1) && equal(second, root2);
}
