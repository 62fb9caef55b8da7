// Proofs that an entry is in a log that witnesses saw.  Spec: C2SP tlog-proof.
import { base64, decimal, fromBase64, refuse, utf8 } from "./bytes.ts";
import { climb, isIncluded, type Step } from "./merkle.ts";
import { parseCheckpoint, parseNote, verifyNote, type Checkpoint } from "./note.ts";
import { hasQuorum, type Policy } from "./policy.ts";

export interface TlogProof {
  extra: string;
  index: bigint;
  hashes: Uint8Array[];
  checkpoint: string; // the signed note, verbatim
}

const HEADER = "c2sp.org/tlog-proof@v1";

export function parseProof(text: string): TlogProof {
  const end = text.indexOf("\n\n");
  if (end < 0) refuse("no tlog-proof");
  const lines = text.slice(0, end).split("\n");
  if (lines.shift() !== HEADER) refuse("no tlog-proof");
  const extra = lines[0]?.startsWith("extra ") ? lines.shift()!.slice(6) : "";
  if (extra !== "") fromBase64(extra);
  const index = /^index (.*)$/.exec(lines.shift() ?? "")?.[1] ?? refuse("a tlog-proof without index");
  const hashes = lines.map(fromBase64);
  if (hashes.length > 63 || hashes.some((hash) => hash.length !== 32)) refuse("a tlog-proof with hashes that are none");
  const checkpoint = text.slice(end + 2);
  parseCheckpoint(parseNote(utf8(checkpoint)).text);
  return { extra, index: decimal(index), hashes, checkpoint };
}

export function writeProof(proof: TlogProof): string {
  const extra = proof.extra === "" ? "" : `extra ${proof.extra}\n`;
  const hashes = proof.hashes.map((hash) => `${base64(hash)}\n`).join("");
  return `${HEADER}\n${extra}index ${proof.index}\n${hashes}\n${proof.checkpoint}`;
}

export interface Seen {
  checkpoint: Checkpoint;
  witnesses: { name: string; time: bigint }[];
  time: bigint; // from then on a quorum had signed; 0 where none is needed
}

// Is it this log's checkpoint, and did enough witnesses sign it?
export function verifyCheckpoint(bytes: Uint8Array, policy: Policy, origin: string): Seen {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin) refuse(`a checkpoint of ${checkpoint.origin}, not of ${origin}`);
  const logs = policy.logs.filter((key) => key.name === origin);
  const found = verifyNote(note, [...logs, ...policy.witnesses.map((w) => w.key)]);
  if (!logs.some((_, i) => found.has(i))) refuse("the log itself did not sign it");
  const witnesses = policy.witnesses
    .flatMap((w, i) => (found.has(logs.length + i) ? [{ name: w.name, time: found.get(logs.length + i)! }] : []))
    .sort((a, b) => (a.time < b.time ? -1 : 1));
  const signed = new Set<string>();
  if (hasQuorum(policy, signed)) return { checkpoint, witnesses, time: 0n };
  for (const witness of witnesses) {
    signed.add(witness.name);
    if (hasQuorum(policy, signed)) return { checkpoint, witnesses, time: witness.time };
  }
  return refuse(`${witnesses.length} witnesses signed it, which is no quorum`);
}

export interface Proven extends Seen {
  index: bigint;
  steps: Step[];
}

export function verifyProof(text: string, leaf: Uint8Array, policy: Policy, origin: string): Proven {
  const proof = parseProof(text);
  const seen = verifyCheckpoint(utf8(proof.checkpoint), policy, origin);
  const { size, root } = seen.checkpoint;
  if (!isIncluded(leaf, proof.index, size, proof.hashes, root))
    refuse(`it is not entry ${proof.index} of that tree: the hashes do not lead to its root`);
  return { ...seen, index: proof.index, steps: climb(leaf, proof.index, size, proof.hashes)! };
}

