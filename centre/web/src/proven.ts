// A statement of ours at a place in a ledger, proven here.
import { getBytes, getText, part } from "./api.ts";
import { fromUtf8 } from "./check/bytes.ts";
import { readStatement, type Json, type Statement } from "./check/dsse.ts";
import { leafHash } from "./check/merkle.ts";
import { verifyProof, type Proven } from "./check/proof.ts";
import { currentTrust, headOf } from "./session.ts";

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
