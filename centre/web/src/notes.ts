// A reviewer's notes.  The Centre keeps them sealed to the foundation and to a key that this
// browser makes and keeps; it goes along with each request, and without it nobody reads them
// here again.  What leaves through the gate is held against its digest.
import { useEffect, useState } from "preact/hooks";
import { fromHex, hex, refuse, utf8 } from "./check/bytes.ts";
import { sha256 } from "./check/crypto.ts";
import { askNotes } from "./reviewing.ts";
import { said } from "./session.ts";

export const SEVERITIES = ["none", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Words {
  product: string;
  version: string;
  source: string;
  path: string;
  file: string;
  from: number;
  to: number;
  severity: Severity;
  text: string;
}

export interface Note extends Words {
  number: number;
  written: string;
  quoted: number;
}

export interface Report {
  product: string;
  version: string;
  source: string;
  verdict: "accept" | "refuse";
  scope: string;
  summary?: string;
  files?: string[];
}

export interface Taken {
  name: string;
  text: string;
  sha256: string;
  bytes: number;
  quoted: number;
  record: number;
  left: { bytes: number; lines: number };
}

// ---- the key ------------------------------------------------------------------------

const PLACE = "notes key";
let ofThisVisit: string | undefined; // where storage is closed to us

function kept(): string | null {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

function keep(key: string): void {
  ofThisVisit = key;
  try {
    localStorage.setItem(PLACE, key);
  } catch {
    // It lives as long as the page does; the page shows it, so that it can be kept elsewhere.
  }
}

export function notesKey(): string {
  const before = kept() ?? ofThisVisit;
  if (before !== undefined) return before;
  const made = hex(crypto.getRandomValues(new Uint8Array(32)));
  keep(made);
  return made;
}

export const isNotesKey = (text: string): boolean => /^[0-9a-f]{64}$/.test(text) && fromHex(text).length === 32;

export function changeKey(key: string): void {
  keep(key);
  void reload();
}

// ---- what there is ------------------------------------------------------------------

export interface Notebook {
  notes: Note[];
  closed: number[]; // sealed with another key
  failure?: string;
}

let current: Notebook | undefined;
let owner: string | undefined; // the session whose notes these are
const listeners = new Set<() => void>();

function change(next: Notebook | undefined): void {
  current = next;
  for (const listener of listeners) listener();
}

async function readAll(): Promise<Notebook> {
  const all: Notebook = { notes: [], closed: [] };
  let from: number | undefined = 0;
  while (from !== undefined) {
    const answer: Notebook & { next?: number } = await askNotes({ kind: "list", key: notesKey(), ...(from > 0 && { from }) });
    all.notes.push(...answer.notes);
    all.closed.push(...answer.closed);
    from = answer.next;
  }
  return all;
}

let readings = 0;

// Of several under way the one that began last counts.
async function reload(): Promise<void> {
  const mine = ++readings;
  const read = await readAll().catch((error: unknown) => ({ notes: current?.notes ?? [], closed: current?.closed ?? [], failure: said(error) }));
  if (mine === readings) change(read);
}

// session: undefined while it is not known yet.
export function useNotebook(session: string | undefined): Notebook | undefined {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = (): void => redraw((count) => count + 1);
    listeners.add(listener);
    if (session !== undefined && owner !== session) {
      owner = session;
      change(undefined);
      void reload();
    }
    return () => void listeners.delete(listener);
  }, [session]);
  return owner === session ? current : undefined;
}

// ---- what is done -------------------------------------------------------------------

export async function writeNote(words: Words, number?: number): Promise<void> {
  const { path, file, from, to, ...rest } = words;
  const place = path === "" ? {} : { path, file, ...(from > 0 && { from, to }) };
  await askNotes({ kind: "write", key: notesKey(), ...rest, ...place, ...(number !== undefined && { number }) });
  await reload();
}

export async function removeNote(number: number): Promise<void> {
  await askNotes({ kind: "remove", key: notesKey(), number });
  await reload();
}

export async function take(form: "notes" | "finding" | "report", numbers: number[], report?: Report): Promise<Taken> {
  const sorted = [...numbers].sort((a, b) => a - b);
  const taken = await askNotes<Taken>({ kind: "take", key: notesKey(), form, numbers: sorted, ...(report !== undefined && { report }) });
  return hex(sha256(utf8(taken.text))) === taken.sha256 ? taken : refuse("this Centre gave other bytes than those that it put on record");
}
