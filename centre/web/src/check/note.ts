// Signed notes, verifier keys, checkpoints.  Spec: C2SP signed-note, tlog-checkpoint,
// tlog-cosignature.
import { concat, decimal, equal, fromBase64, fromUtf8, hex, refuse, utf8 } from "./bytes.ts";
import { sha256, verifyEd25519 } from "./crypto.ts";

export interface VerifierKey {
  name: string;
  id: string; // 8 hex digits
  type: number; // 1: the log itself, 4: a cosignature with its time
  key: Uint8Array;
}

export interface Line {
  name: string;
  id: string;
  signature: Uint8Array;
}

export interface Note {
  text: string; // with its last line break
  lines: Line[];
}

const SIGNATURES_MAX = 100;

const isGoodName = (name: string): boolean =>
  name.length > 0 && utf8(name).length <= 255 && !/[+\p{White_Space}\u0000-\u001f]/u.test(name);

export function parseVerifierKey(text: string): VerifierKey {
  const match = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text);
  if (match === null || !isGoodName(match[1]!)) refuse("no verifier key");
  const [, name, id, encoded] = match as unknown as [string, string, string, string];
  const bytes = fromBase64(encoded);
  if (bytes.length !== 33 || (bytes[0] !== 1 && bytes[0] !== 4)) refuse("a verifier key of a kind that is not known");
  if (hex(sha256(utf8(name), utf8("\n"), bytes).subarray(0, 4)) !== id) refuse("a verifier key with a wrong id");
  return { name, id, type: bytes[0]!, key: bytes.subarray(1) };
}

function parseLine(text: string): Line {
  const match = /^\u2014 ([^ ]+) (.+)$/s.exec(text);
  if (match === null || !isGoodName(match[1]!)) refuse("a line of the note is no signature");
  const bytes = fromBase64(match[2]!);
  if (bytes.length < 5) refuse("a signature is cut short");
  return { name: match[1]!, id: hex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

export function parseNote(bytes: Uint8Array): Note {
  const all = fromUtf8(bytes);
  const split = all.lastIndexOf("\n\n");
  if (split <= 0 || !all.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(all)) refuse("no signed note");
  const lines = all.slice(split + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) refuse("too many signatures");
  return { text: all.slice(0, split + 1), lines: lines.map(parseLine) };
}

// When did this key sign?  0 for a log; undefined: the line is bad.
function timeOf(key: VerifierKey, text: string, signature: Uint8Array): bigint | undefined {
  if (key.type === 1) return verifyEd25519(key.key, utf8(text), signature) ? 0n : undefined;
  if (signature.length !== 72) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  if (time >= 1n << 63n) return undefined;
  const message = concat(utf8(`cosignature/v1\ntime ${time}\n`), utf8(text));
  return verifyEd25519(key.key, message, signature.subarray(8)) ? time : undefined;
}

// By index of the key: when it signed.  A bad line of a known key, a line that two keys
// claim, or no good line at all: refused.  Of repeated lines the earliest time counts.
export function verifyNote(note: Note, keys: VerifierKey[]): Map<number, bigint> {
  const found = new Map<number, bigint>();
  for (const line of note.lines) {
    const mine = keys.flatMap((key, i) => (key.name === line.name && key.id === line.id ? [i] : []));
    if (mine.length === 0) continue;
    if (mine.length > 1) refuse(`two keys claim the line of ${line.name}`);
    const time = timeOf(keys[mine[0]!]!, note.text, line.signature);
    if (time === undefined) refuse(`the signature of ${line.name} is wrong`);
    const before = found.get(mine[0]!);
    if (before === undefined || time! < before) found.set(mine[0]!, time!);
  }
  if (found.size === 0) refuse("nobody who is known signed it");
  return found;
}

export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Uint8Array;
}

export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)) refuse("no checkpoint");
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n");
  if (!origin || size === undefined || root === undefined || extensions.some((line) => line === ""))
    refuse("no checkpoint");
  const hash = fromBase64(root!);
  if (hash.length !== 32) refuse("the root of a checkpoint is 32 bytes");
  return { origin: origin!, size: decimal(size!), root: hash };
}

export const isSameRoot = (a: Checkpoint, b: Checkpoint): boolean => a.size === b.size && equal(a.root, b.root);
