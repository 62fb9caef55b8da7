// A statement of ours at a place in a ledger, proven here.
import { getBytes, getText, part, type Claim } from "./api.ts";
import { fromUtf8, hex, refuse } from "./check/bytes.ts";
import { sha256 } from "./check/crypto.ts";
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

// The statement at a place: of that type and digest, saying what is shown.
async function proveAt(ledger: string, index: number, type: string, says: object, isDigest: (statement: Statement) => boolean): Promise<ProvenStatement> {
  const found = await proveStatement(ledger, index);
  const { predicate, predicateType } = found.statement;
  if (predicateType !== `urn:vitrine:${type}:v1` || !isDigest(found.statement)) refuse(`entry ${index} is another statement than is shown`);
  for (const [name, value] of Object.entries(says)) if (canonical(predicate[name] ?? null) !== canonical(value as Json)) refuse(`entry ${index} says of ${name} something else than is shown`);
  return found;
}

// A row of a list, by the digest of its envelope.
export const proveClaim = (ledger: string, { index, says, sha256 }: Claim, type: string): Promise<ProvenStatement> => proveAt(ledger, index, type, says, ({ digest }) => digest === sha256);

// A row of supervision, by the digest of its payload, which the next one names as superseded.
export const proveSaid = (ledger: string, said: { index: number; digest: string }, type: string, says: object): Promise<ProvenStatement> =>
  proveAt(ledger, said.index, type, says, ({ envelope }) => hex(sha256(envelope.payload)) === said.digest);

// Those of the role whose keys count now, or counted at the date that the statement bears.
function eachSigners({ statement, proven }: ProvenStatement, role: string, product: string): Key[][] {
  const { created, from } = statement.predicate as JsonObject;
  const dated = seconds(String(created ?? from));
  return [proven.time, dated < proven.time ? dated : proven.time].map((time) => signersOf(currentTrust().keys, role, statement, time, product));
}

export function signedBy(found: ProvenStatement, role: string, product = ""): Key[] {
  const signers = eachSigners(found, role, product).find((keys) => isEnough(currentTrust(), role, keys));
  return signers ?? refuse(`it is not signed by the ${role}`);
}

// What one holder may say alone, he said.
export function saidBy(found: ProvenStatement, holder: string, role: string): void {
  if (!eachSigners(found, role, "").flat().some((key) => key.holder === holder)) refuse(`${holder} did not sign it as ${role}`);
}

// The Centre must tell of all of the ledger that was signed.
export function checkWhole(what: string, shown: { ledger: string; entries: number }): void {
  const size = headOf(shown.ledger)?.checkpoint.size;
  if (size !== undefined && BigInt(shown.entries) < size) alarm(`${what} was looked for in ${shown.entries} entries of the ledger, and ${size} were signed.`);
}
