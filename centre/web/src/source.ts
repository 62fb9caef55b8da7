// The source of a release, checked here: the list of files must have the digest that was
// signed (of a draft: the one which this Centre tells), and each file the digest that stands in the list.  What does not is an alarm, and
// is not shown.
import { getJson, getText, part, Unanswered, type Story } from "./api.ts";
import { concat, hex, refuse } from "./check/bytes.ts";
import { sha256 } from "./check/crypto.ts";
import { checkRelease, releaseFacts } from "./check/evidence.ts";
import { askBytes, askJson, type Question } from "./reviewing.ts";
import { alarm, currentTrust } from "./session.ts";

export interface Release {
  product: string;
  version: string;
}

export interface SourceFile {
  index: number;
  mode: string;
  sha256: string;
  path: string;
}

export interface About {
  source: string;
  files: number;
  lines: number;
  bytes: number;
  manifest_bytes: number;
  has_definitions: boolean;
}

// Whose word the digest is.
export type Word = "release" | "draft";

export interface Source extends About {
  release: Release;
  list: SourceFile[];
  word: Word;
}

const PIECE = 65536;
const MODES: Record<string, string> = { "100644": "file", "100755": "program", "120000": "link" };
const nameOf = (release: Release): string => `${release.product} ${release.version}`;

const RELEASED = ["published", "superseded", "withdrawn"];

// What vendor and supervisor signed, verified here.  A later release, or a withdrawal, does
// not unsign it.
function verifiedDigest(release: Release, evidence: string, sha256: string): string {
  const findings = checkRelease({ evidence, trust: currentTrust(), sha256, ...release });
  const broken = findings.find((finding) => !finding.ok && finding.step !== "it is the current release");
  if (broken === undefined) return releaseFacts(evidence).source;
  alarm(`${nameOf(release)}: this Centre says that it was released, and the evidence does not show it: ${broken.step}: ${broken.says}.`);
  return refuse("this source is not shown, since the evidence of its release does not hold");
}

// Before a release nothing of it is verified here: the digest is what this Centre says of
// the draft.
function toldDigest(story: Story): string {
  const draft = story.statements.find((statement) => statement.kind === "draft" && statement.standing === "counts");
  return String(draft?.says.source ?? refuse("no draft of this release names its source"));
}

async function namedDigest(release: Release): Promise<{ digest: string; word: Word }> {
  const place = `releases/${part(release.product)}/${part(release.version)}`;
  const story = await getJson<Story>(place);
  if (!RELEASED.includes(story.state)) return { digest: toldDigest(story), word: "draft" };
  const output = story.outputs[0] ?? refuse("this Centre says that it was released, and names no file of it");
  const evidence = await getText(`${place}/evidence/${part(output.name)}`);
  return { digest: verifiedDigest(release, evidence, output.sha256), word: "release" };
}

async function unpack(gzip: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.from(gzip)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const ATTEMPTS = 5;
const BUSY = [429, 503];
const statusOf = (error: unknown): number => (error instanceof Unanswered ? error.status : 0);

// A Centre that is busy is asked again a little later; what else it answers is told.
async function piece(question: Question, number: number): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askBytes({ ...question, ...(number > 0 && { number }) });
    } catch (error) {
      if (attempt === ATTEMPTS || !BUSY.includes(statusOf(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}

// Behind a last piece that is full, "there is none" is the end; no other answer is.
const pieceOrEnd = (question: Question, number: number): Promise<Uint8Array> =>
  piece(question, number).catch((error: unknown) => (number > 0 && statusOf(error) === 404 ? new Uint8Array() : Promise.reject(error)));

async function pieces(question: Question, bytes: number | undefined): Promise<Uint8Array> {
  if (bytes !== undefined) return concat(...(await Promise.all(Array.from({ length: Math.max(1, Math.ceil(bytes / PIECE)) }, (_, number) => piece(question, number)))));
  const all: Uint8Array[] = [];
  for (let number = 0; ; number++) {
    const next = await pieceOrEnd(question, number);
    all.push(next);
    if (next.length < PIECE) return concat(...all);
  }
}

function parse(manifest: string): SourceFile[] {
  return manifest.slice("vitrine/source/v1\n".length).split("\0").slice(0, -1).map((row, index) => ({ index, mode: MODES[row.slice(0, 6)] ?? "file", sha256: row.slice(7, 71), path: row.slice(72) }));
}

async function read(release: Release): Promise<Source> {
  const [about, named] = await Promise.all([askJson<About>({ ...release, kind: "about" }), namedDigest(release)]);
  const manifest = await unpack(await pieces({ ...release, kind: "manifest" }, about.manifest_bytes));
  const digest = hex(sha256(manifest));
  if (digest !== named.digest) {
    const [was, names] = named.word === "release" ? ["released", "was signed"] : ["drafted", "stands in the draft, as this Centre says"];
    alarm(`${nameOf(release)}: this Centre shows a source that is not the one which was ${was}: its list of files has the digest ${digest.slice(0, 16)}…, and ${named.digest.slice(0, 16)}… ${names}.`);
    return refuse(`this source is not shown, since it is not what was ${was}`);
  }
  return { ...about, release, list: parse(new TextDecoder().decode(manifest)), word: named.word };
}

// What was checked stays checked until the page is closed; what failed is asked again.
const kept = new Map<string, Promise<Source>>();

export function loadSource(release: Release): Promise<Source> {
  const key = nameOf(release);
  const before = kept.get(key);
  if (before !== undefined) return before;
  const loading = read(release);
  kept.set(key, loading);
  loading.catch(() => kept.delete(key));
  return loading;
}

// Which files were shown in this tab: for a review report, if its writer wants to name them.
const readPlace = (release: Release): string => `read ${nameOf(release)}`;

export function filesRead(release: Release): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(readPlace(release)) ?? "[]") as string[];
  } catch {
    return [];
  }
}

function rememberRead(release: Release, path: string): void {
  const before = filesRead(release);
  if (before.includes(path)) return;
  try {
    sessionStorage.setItem(readPlace(release), JSON.stringify([...before, path].sort()));
  } catch {
    // Storage is closed to us, or full: the report names fewer files.
  }
}

export async function loadFile(source: Source, file: SourceFile): Promise<Uint8Array> {
  const bytes = await pieces({ ...source.release, kind: "file", ...(file.index > 0 && { file: file.index }) }, undefined);
  if (hex(sha256(bytes)) !== file.sha256) {
    alarm(`${nameOf(source.release)}: this Centre shows other bytes as ${file.path} than those in its list of files.`);
    return refuse("this file is not shown, since it is not what the list of files names");
  }
  rememberRead(source.release, file.path);
  return bytes;
}

// ---- what differs between two sources -----------------------------------------------

export interface Change {
  path: string;
  kind: "added" | "removed" | "changed" | "moved";
  from?: SourceFile;
  to?: SourceFile;
}

export function compare(before: Source, after: Source): Change[] {
  const old = new Map(before.list.map((file) => [file.path, file]));
  const fresh = new Map(after.list.map((file) => [file.path, file]));
  const removed = before.list.filter((file) => !fresh.has(file.path));
  const gone = new Map(removed.map((file) => [file.sha256, file]));
  const moved = new Set<string>();
  const changes: Change[] = [];
  for (const to of after.list) {
    const from = old.get(to.path);
    const origin = from === undefined ? gone.get(to.sha256) : undefined;
    if (origin !== undefined) moved.add(origin.path);
    if (origin !== undefined) changes.push({ path: to.path, kind: "moved", from: origin, to });
    else if (from === undefined) changes.push({ path: to.path, kind: "added", to });
    else if (from.sha256 !== to.sha256 || from.mode !== to.mode) changes.push({ path: to.path, kind: "changed", from, to });
  }
  for (const from of removed) if (!moved.has(from.path)) changes.push({ path: from.path, kind: "removed", from });
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}
