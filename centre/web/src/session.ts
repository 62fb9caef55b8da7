// What this page has verified itself since it was opened, and what did not hold.  Heads that
// were seen are remembered in the browser, so that a ledger cannot go back between visits.
import { useEffect, useState } from "preact/hooks";
import { getBytes, getJson, getText, part, type LedgerRow } from "./api.ts";
import { fromHex, hex, Refused } from "./check/bytes.ts";
import { isConsistent } from "./check/merkle.ts";
import { verifyCheckpoint, type Seen } from "./check/proof.ts";
import { readTrust, type Trust } from "./check/trust.ts";

export interface Head extends Seen {
  name: string;
}

export interface Session {
  trust?: Trust;
  heads: Head[];
  alarms: string[]; // what a Centre that tells the truth would not show
  notes: string[];
  isReady: boolean;
}

let session: Session = { heads: [], alarms: [], notes: [], isReady: false };
const listeners = new Set<() => void>();

function change(next: Partial<Session>): void {
  session = { ...session, ...next };
  for (const listener of listeners) listener();
}

export function useSession(): Session {
  const [, redraw] = useState(0);
  const shown = session;
  useEffect(() => {
    const listener = (): void => redraw((count) => count + 1);
    listeners.add(listener);
    if (shown !== session) listener(); // it changed between drawing and listening
    return () => void listeners.delete(listener);
  }, []);
  return session;
}

export const currentTrust = (): Trust => session.trust ?? fail("the trust root of this Centre does not hold");

function fail(sentence: string): never {
  throw new Refused(sentence);
}

// Once told, an alarm stays until the page is closed.
export function alarm(sentence: string): void {
  if (!session.alarms.includes(sentence)) change({ alarms: [...session.alarms, sentence] });
}

export const said = (error: unknown): string => (error instanceof Error ? error.message : "something broke");

// ---- the trust root -----------------------------------------------------------------

const remembered = (name: string): string | null => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is closed to us: nothing is remembered
  }
};

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Nothing is remembered then; every check of this visit still counts.
  }
}

async function loadTrust(): Promise<void> {
  const trust = readTrust(await getText("trust"));
  const before = remembered("trust");
  const notes = before !== null && before !== trust.digest ? ["The trust root is another one than on your last visit. Compare its digest with the one that reached you another way."] : [];
  remember("trust", trust.digest);
  change({ trust, notes: [...session.notes, ...notes] });
}

// ---- heads --------------------------------------------------------------------------

interface Memory {
  size: string;
  root: string;
}

async function compareWithMemory(name: string, head: Seen): Promise<void> {
  const key = `head ${head.checkpoint.origin}`;
  const text = remembered(key);
  const { size, root } = head.checkpoint;
  if (text !== null) {
    const before = JSON.parse(text) as Memory;
    const old = BigInt(before.size);
    if (old > size) fail(`${head.checkpoint.origin} went back: you were shown ${old} entries before, and ${size} now`);
    const { hashes } = await getJson<{ hashes: string[] }>(`ledgers/${part(name)}/consistency/${old}`);
    if (!isConsistent(old, fromHex(before.root), size, root, hashes.map(fromHex)))
      fail(`${head.checkpoint.origin} shows you another history than on your last visit`);
  }
  remember(key, JSON.stringify({ size: size.toString(), root: hex(root) }));
}

async function loadHead(row: LedgerRow): Promise<Head | undefined> {
  if (row.origin === undefined) return undefined;
  const bytes = await getBytes(`ledgers/${part(row.name)}/checkpoint`);
  const seen = verifyCheckpoint(bytes, currentTrust().policy, row.origin);
  if (seen.checkpoint.size < BigInt(row.size ?? 0) || (seen.checkpoint.size === BigInt(row.size ?? 0) && hex(seen.checkpoint.root) !== row.root))
    fail(`the checkpoint of ${row.origin} is not the one that the list of ledgers shows`);
  await compareWithMemory(row.name, seen);
  return { ...seen, name: row.name };
}

// Everything that stands on every page.
export async function open(): Promise<void> {
  try {
    await loadTrust();
  } catch (error) {
    alarm(`The trust root: ${said(error)}.`);
  }
  try {
    const { ledgers } = await getJson<{ ledgers: LedgerRow[] }>("ledgers");
    for (const row of ledgers) {
      try {
        const head = await loadHead(row);
        if (head !== undefined) change({ heads: [...session.heads, head] });
      } catch (error) {
        alarm(`The ledger ${row.name}: ${said(error)}.`);
      }
    }
  } catch (error) {
    alarm(`The ledgers: ${said(error)}.`);
  }
  change({ isReady: true });
}

export const headOf = (name: string): Head | undefined => session.heads.find((head) => head.name === name);
