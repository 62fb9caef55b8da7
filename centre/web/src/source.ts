// The source of a release, checked here: the list of files must have the digest that was
// signed, and each file the digest that stands in the list.  What does not is an alarm, and
// is not shown.
import { getJson, getText, part, type Story } from "./api.ts";
import { concat, hex, refuse, utf8 } from "./check/bytes.ts";
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

// Published: what vendor and supervisor signed, verified here.  Before: what the draft says.
async function signedDigest(release: Release): Promise<{ digest: string; word: Word }> {
  const story = await getJson<Story>(`releases/${part(release.product)}/${part(release.version)}`);
  const [output] = story.outputs;
  if (["published", "superseded", "withdrawn"].includes(story.state) && output !== undefined) {
    const evidence = await getText(`releases/${part(release.product)}/${part(release.version)}/evidence/${part(output.name)}`);
    const findings = checkRelease({ evidence, trust: currentTrust(), sha256: output.sha256, ...release });
    if (findings.every((finding) => finding.ok || finding.step === "it is the current release")) return { digest: releaseFacts(evidence).source, word: "release" };
  }
  const draft = story.statements.find((statement) => statement.kind === "draft" && statement.standing === "counts");
  return { digest: String(draft?.says.source ?? refuse("no draft of this release names its source")), word: "draft" };
}

async function unpack(gzip: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.from(gzip)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function pieces(question: Question, bytes: number | undefined): Promise<Uint8Array> {
  if (bytes !== undefined) return concat(...(await Promise.all(Array.from({ length: Math.max(1, Math.ceil(bytes / PIECE)) }, (_, number) => askBytes({ ...question, ...(number > 0 && { number }) })))));
  const all: Uint8Array[] = [];
  for (let number = 0; ; number++) {
    const piece = await askBytes({ ...question, ...(number > 0 && { number }) }).catch((error: unknown) => (number > 0 && all[number - 1]!.length === PIECE ? new Uint8Array() : Promise.reject(error)));
    all.push(piece);
    if (piece.length < PIECE) return concat(...all);
  }
}

function parse(manifest: string): SourceFile[] {
  return manifest.slice("vitrine/source/v1\n".length).split("\0").slice(0, -1).map((row, index) => ({ index, mode: MODES[row.slice(0, 6)] ?? "file", sha256: row.slice(7, 71), path: row.slice(72) }));
}

async function read(release: Release): Promise<Source> {
  const [about, signed] = await Promise.all([askJson<About>({ ...release, kind: "about" }), signedDigest(release)]);
  const manifest = await unpack(await pieces({ ...release, kind: "manifest" }, about.manifest_bytes));
  const digest = hex(sha256(manifest));
  if (digest !== signed.digest) {
    alarm(`${nameOf(release)}: this Centre shows a source that is not the one which was ${signed.word === "release" ? "released" : "drafted"}: its list of files has the digest ${digest.slice(0, 16)}…, and ${signed.digest.slice(0, 16)}… was signed.`);
    return refuse("this source is not shown, since it is not what was signed");
  }
  return { ...about, release, list: parse(new TextDecoder().decode(manifest)), word: signed.word };
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

export async function loadFile(source: Source, file: SourceFile): Promise<Uint8Array> {
  const bytes = file.mode === "link" ? utf8("") : await pieces({ ...source.release, kind: "file", ...(file.index > 0 && { file: file.index }) }, undefined);
  if (file.mode !== "link" && hex(sha256(bytes)) !== file.sha256) {
    alarm(`${nameOf(source.release)}: this Centre shows other bytes as ${file.path} than those that were signed.`);
    return refuse("this file is not shown, since it is not what was signed");
  }
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
