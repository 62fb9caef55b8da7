// The page's verdict on evidence: the good one is accepted, and of its mangled twins none
// is: every envelope left out, every signature and hash changed, each byte of it flipped.
// node evidence.mjs BUNDLE TRUST EVIDENCE FILE PRODUCT VERSION
import { readFileSync } from "node:fs";

const [bundle, trustPath, evidencePath, filePath, product, version] = process.argv.slice(2);
const check = await import(bundle);
const trust = check.readTrust(readFileSync(trustPath, "utf8").replace(/\n$/, ""));
const evidence = readFileSync(evidencePath, "utf8");
const sha256 = check.hex(check.sha256(readFileSync(filePath)));
const question = { evidence, trust, sha256, product, version };
let count = 0;

function judge(changes) {
  try {
    return check.checkRelease({ ...question, ...changes }).every((finding) => finding.ok);
  } catch {
    return false;
  }
}

function must(ok, name) {
  count++;
  if (ok) return;
  console.log(`not ok: ${name}`);
  process.exit(1);
}

const changed = (change) => {
  const json = JSON.parse(evidence);
  change(json);
  return `${check.canonical(json)}\n`;
};

must(judge({}), "the good evidence is accepted");
must(!judge({ sha256: "0".repeat(64) }), "another file");
must(!judge({ product: "kettle" }), "another product");
must(!judge({ version: "9" }), "another version");
const { envelopes } = JSON.parse(evidence);
envelopes.forEach((_, i) => {
  must(!judge({ evidence: changed((json) => json.envelopes.splice(i, 1)) }), `without envelope ${i}`);
  must(!judge({ evidence: changed((json) => (json.envelopes[i].signatures[0].sig = json.envelopes[(i + 1) % envelopes.length].signatures[0].sig)) }), `envelope ${i} with another's signature`);
});
must(!judge({ evidence: changed((json) => (json.proof = json.withdrawals.proof)) }), "another's proof");
must(!judge({ evidence: changed((json) => (json.withdrawals.envelope = json.envelopes[0])) }), "no list");
// Without the witnesses: the last three lines of the checkpoint.
must(!judge({ evidence: changed((json) => (json.proof = `${json.proof.split("\n").slice(0, -4).join("\n")}\n`)) }), "no witnesses");
// One bit of every 19th byte: refused, or a signature of somebody whom nobody knows.
for (let at = 0; at < evidence.length - 1; at += 19) {
  const twin = evidence.slice(0, at) + String.fromCharCode(evidence.charCodeAt(at) ^ 1) + evidence.slice(at + 1);
  must(!judge({ evidence: twin }), `byte ${at} changed`);
}
// A root that one holder changed after the others had signed.
let isTaken = true;
try {
  check.readTrust(readFileSync(trustPath, "utf8").replace(/\n$/, "").replace(/"sig":"../, '"sig":"AA'));
} catch {
  isTaken = false;
}
must(!isTaken, "a trust root with a changed signature");
console.log(`ok ${count}`);
