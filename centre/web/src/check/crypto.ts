// The one door to the libraries: SHA-256 and Ed25519, by the one rule that the C side has
// too: no small-order point, no non-canonical encoding.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { concat, fromHex, hex } from "./bytes.ts";

export const sha256 = (...parts: Uint8Array[]): Uint8Array => nobleSha256(concat(...parts));
export const sha256Stream = () => nobleSha256.create();

function isGoodPoint(bytes: Uint8Array): boolean {
  try {
    return !ed25519.Point.fromBytes(bytes).isSmallOrder();
  } catch {
    return false;
  }
}

export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!isGoodPoint(publicKey) || !isGoodPoint(signature.subarray(0, 32))) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

// SHA-256 of the raw key with its type byte: one key id everywhere.
export const keyid = (publicHex: string): string => hex(sha256(Uint8Array.of(1), fromHex(publicHex)));
