// A statement of ours at a place in a ledger, proven here.
import { getBytes, getText, part, type Claim } from "./api.ts";
import { fromUtf8, refuse } from "./check/bytes.ts";
import { canonical, readStatement, type Json, type JsonObject, type Statement } from "./check/dsse.ts";
import { leafHash } from "./check/merkle.ts";
import { verifyProof, type Proven } from "./check/proof.ts";
import { isEnough, seconds, signersOf, type Key } from "./check/trust.ts";
import { alarm, currentTrust, headOf } from "./session.ts";

export interface ProvenStatement {
  statement: Statement;
  proven: Proven;
}

export async function proveStatement(ledger: string, index: number): Promise<ProvenStatement> {
  const [entry, proof] = await Promise.all([getBytes(`ledgers/${part(ledger)}/entry/${index}`), getText(`ledgers/${part(ledger)}/proof/${index}`)]);
  const trust = currentTrust();
  const proven = verifyProof(proof, leafHash(entry), trust.policy, headOf(ledger)?.checkpoint.origin ?? trust.origin);
  if (proven.index !== BigInt(index)) throw new Error(`the proof is of entry ${proven.index}`);
  return { statement: readStatement(JSON.parse(fromUtf8(entry)) as Json), proven };
}

// The commands that bring entry and proof onto a machine of one's own.
export const fetching = (ledger: string, index: number, name: string): string[] =>
  ["entry", "proof"].map((kind) => `curl -o ${name}${kind === "entry" ? "" : ".tlog-proof"} ${location.origin}/api/v1/ledgers/${part(ledger)}/${kind}/${index}`);

// ... and hold it against the ledger.
export const checking = (ledger: string, index: number, name: string): string[] => [
  ...fetching(ledger, index, name),
  `vitrine ledger check ${name} --proof ${name}.tlog-proof --policy policy.txt --origin ${headOf(ledger)?.checkpoint.origin ?? "ORIGIN"}`,
];

// A row of a list is the statement at its place: of that type, saying what is shown.
export async function proveClaim(ledger: string, claim: Claim, type: string): Promise<ProvenStatement> {
  const found = await proveStatement(ledger, claim.index);
  const { predicate, predicateType, digest } = found.statement;
  if (predicateType !== `urn:vitrine:${type}:v1` || digest !== claim.sha256) refuse(`entry ${claim.index} is another statement than is shown`);
  for (const [name, value] of Object.entries(claim.says)) if (canonical(predicate[name] ?? null) !== canonical(value as Json)) refuse(`entry ${claim.index} says of ${name} something else than is shown`);
  return found;
}

// Those of the role whose keys count now, or counted at the date that the statement bears.
export function signedBy({ statement, proven }: ProvenStatement, role: string, product = ""): Key[] {
  const trust = currentTrust();
  const { created, from } = statement.predicate as JsonObject;
  const dated = seconds(String(created ?? from));
  for (const time of [proven.time, dated < proven.time ? dated : proven.time]) {
    const signers = signersOf(trust.keys, role, statement, time, product);
    if (isEnough(trust, role, signers)) return signers;
  }
  return refuse(`it is not signed by the ${role}`);
}

// The Centre must tell of all of the ledger that was signed.
export function checkWhole(what: string, shown: { ledger: string; entries: number }): void {
  const size = headOf(shown.ledger)?.checkpoint.size;
  if (size !== undefined && BigInt(shown.entries) < size) alarm(`${what} was looked for in ${shown.entries} entries of the ledger, and ${size} were signed.`);
}
