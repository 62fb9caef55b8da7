// What the Centre answers (openapi.yaml).  Nothing of it is believed; check/ is asked.
export interface Signer {
  keyid: string;
  holder?: string;
  jurisdiction?: string;
  role?: string;
  site?: string;
}

export interface Gap {
  who: string;
  missing: string;
  how: string;
  since?: string;
}

export interface ReleaseRow {
  product: string;
  version: string;
  state: string;
  accepting: number;
  refusing: number;
  channel?: string;
  kind?: string;
  sequence?: number;
  created?: string;
  waits_for: Gap[];
}

export interface Statement {
  kind: string;
  type: string;
  sha256: string;
  standing: string;
  time?: string;
  signers: Signer[];
  says: Record<string, unknown>;
}

export interface Verdict {
  ok: boolean;
  reason: string;
  sentence: string;
  next: string;
}

export interface Output {
  name: string;
  size: number;
  sha256: string;
  verdict?: Verdict;
}

export interface Place {
  origin: string;
  index: number;
  size: number;
  witnesses: number;
  logged_at?: string;
  copy?: string;
  is_in_copy?: boolean;
}

export interface Story extends ReleaseRow {
  statements: Statement[];
  outputs: Output[];
  ledger?: Place;
}

export interface KnownFile extends Output {
  product: string;
  version: string;
  state: string;
  channel?: string;
  ledger?: Place;
}

export interface LedgerRow {
  name: string;
  origin?: string;
  size?: number;
  root?: string;
  as_of?: string;
  use?: string;
  problem?: string;
  witnesses?: { name: string; key: string; jurisdiction?: string; cosigned?: string }[];
}

export interface EntryRow {
  index: number;
  kind: string;
  sha256: string;
  size: number;
  type?: string;
  about?: string;
  created?: string;
  signers?: Signer[];
}

export interface About {
  version: string;
  changed: string;
  has_desk: boolean;
  has_public: boolean;
  problems: string[];
  trust: { version: number; sha256: string; created: string; expires: string };
  pages?: { sha256: string; files: number; bytes: number };
}

// A statement of a ledger as a row of a list.
export interface Claim {
  index: number;
  time: string;
  sha256: string;
  signers: Signer[];
  says: Record<string, unknown>;
}

// What was reckoned from all entries of a ledger.
export interface Reckoned {
  ledger: string;
  entries: number;
  seen: string;
  strays: { index: number; why: string }[];
  older?: number;
}

export class Unanswered extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const part = encodeURIComponent;

async function ask(path: string): Promise<Response> {
  const answer = await fetch(`/api/v1/${path}`, { credentials: "omit", redirect: "error" });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { title?: string };
  throw new Unanswered(answer.status, problem.title ?? `the Centre answered ${answer.status}`);
}

// A signed statement; the answer is what was taken.
export async function handIn<T>(statement: string): Promise<T> {
  const answer = await fetch("/api/v1/statements", { method: "POST", headers: { "Content-Type": "application/json" }, body: statement, credentials: "omit", redirect: "error", cache: "no-store" });
  const told = (await answer.json().catch(() => ({}))) as { title?: string };
  if (answer.ok) return told as T;
  throw new Unanswered(answer.status, told.title ?? `the Centre answered ${answer.status}`);
}

export const getJson = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
// null: this Centre knows nothing of it.
export const getKnown = <T>(path: string): Promise<T | null> =>
  getJson<T>(path).catch((error: unknown) => {
    if (error instanceof Unanswered && error.status === 404) return null;
    throw error;
  });
export const getText = async (path: string): Promise<string> => (await ask(path)).text();
export const getBytes = async (path: string): Promise<Uint8Array> => new Uint8Array(await (await ask(path)).arrayBuffer());
