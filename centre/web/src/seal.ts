// The seal: what reviewers ask is recorded for the foundation alone.  Here it is checked that
// the key is one which the trust root certifies for this domain, and that the record does not
// go back between visits; what was asked the page cannot see either.
import { getJson, Unanswered } from "./api.ts";
import { hex, utf8 } from "./check/bytes.ts";
import { sha256 } from "./check/crypto.ts";
import { alarm, currentTrust } from "./session.ts";

export interface Sealed {
  records: number;
  chain: string;
  recipient: string;
}

const PLACE = "sealed record";

// Storage that is closed to us remembers nothing.
function compareWithMemory({ records, chain }: Sealed): void {
  try {
    const text = localStorage.getItem(PLACE);
    const before = text === null ? undefined : (JSON.parse(text) as Sealed);
    if (before !== undefined && (records < before.records || (records === before.records && chain !== before.chain)))
      alarm(`The sealed record of what reviewers ask has ${records} entries, and you were shown ${before.records} before, with another end: something was taken out or changed`);
    else localStorage.setItem(PLACE, JSON.stringify({ records, chain }));
  } catch {
    return;
  }
}

function isCertified(recipient: string): boolean {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const digest = hex(sha256(utf8(`${recipient}\n`)));
  return currentTrust().seals.some((row) => row.domain === location.hostname && row.sha256 === digest && row.from <= now && now < row.until);
}

// null: no reviewers come in at this Centre.
export async function loadSeal(): Promise<(Sealed & { isCertified: boolean }) | null> {
  try {
    const sealed = await getJson<Sealed>("sealed");
    compareWithMemory(sealed);
    return { ...sealed, isCertified: isCertified(sealed.recipient) };
  } catch (error) {
    if (error instanceof Unanswered && error.status === 404) return null;
    throw error;
  }
}
