// The page's own check, put before the vectors that the C side passes too
// (tests/vectors/cases).  Prints a line a kind, and "ok" or "not ok" at the end.
// node vectors.mjs BUNDLE FILE.jsonl...
import { readFileSync } from "node:fs";

const [bundle, ...files] = process.argv.slice(2);
const check = await import(bundle);
const bytes = (base64) => Uint8Array.from(Buffer.from(base64, "base64"));
const fromHex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const counts = new Map();
const skipped = new Map();
let failed = 0;

// True: accepted.  Throwing is refusing.
const judges = {
  "merkle-inclusion": (c) =>
    check.isIncluded(bytes(c.leaf_b64), BigInt(c.index), BigInt(c.size), c.proof_b64.map(bytes), bytes(c.root_b64)),
  "merkle-consistency": (c) =>
    check.isConsistent(BigInt(c.size1), bytes(c.root1_b64), BigInt(c.size2), bytes(c.root2_b64), c.proof_b64.map(bytes)),
  note: (c) => check.verifyNote(check.parseNote(bytes(c.note_b64)), c.vkeys.map(check.parseVerifierKey)).size > 0,
  vkey: (c) => check.parseVerifierKey(c.vkey) !== undefined,
  checkpoint: (c) => check.parseCheckpoint(c.body) !== undefined,
  "tlog-proof": (c) => check.writeProof(check.parseProof(c.text)) === c.text,
  "tlog-proof-write": (c) => {
    // One case has its extra line in the text alone; see the README of the vectors.
    const extra = c.extra_b64 || /^extra (.*)$/m.exec(c.text)?.[1] || "";
    return (
      check.writeProof({ extra, index: BigInt(c.index), hashes: c.hashes_b64.map(bytes), checkpoint: c.checkpoint }) === c.text
    );
  },
  ed25519: (c) => check.verifyEd25519(fromHex(c.public_hex), fromHex(c.msg_hex), fromHex(c.sig_hex)),
  dsse: (c) => {
    const envelope = check.parseEnvelope(c.envelope);
    return c.keys.some((key) => check.isSignedBy(envelope, fromHex(key.public_hex)));
  },
};

// What the page has no need to judge.
function isOutside(c) {
  return (
    ["merkle-subtree-inclusion", "merkle-subtree-consistency", "witness"].includes(c.kind) ||
    (c.kind === "dsse" && c.keys.some((key) => key.keytype !== "ed25519"))
  );
}

for (const file of files)
  for (const line of readFileSync(file, "utf8").trim().split("\n")) {
    const c = JSON.parse(line);
    if (isOutside(c)) {
      skipped.set(c.kind, (skipped.get(c.kind) ?? 0) + 1);
      continue;
    }
    let seen = "reject";
    try {
      if (judges[c.kind](c)) seen = "accept";
    } catch (error) {
      if (!(error instanceof check.Refused)) {
        console.log(`${c.kind}: ${c.name}: broke: ${error}`);
        failed++;
      }
    }
    counts.set(c.kind, (counts.get(c.kind) ?? 0) + 1);
    if (seen !== c.want) {
      console.log(`${c.kind}: ${c.name}: wanted ${c.want}, got ${seen}`);
      failed++;
    }
  }
for (const [kind, count] of counts) console.log(`${count} of ${kind}`);
for (const [kind, count] of skipped) console.log(`${count} of ${kind}: not the page's affair`);
if (failed > 0 || [...counts.values()].reduce((a, b) => a + b, 0) < 350) {
  console.log(`not ok: ${failed} failed`);
  process.exit(1);
}
console.log("ok");
