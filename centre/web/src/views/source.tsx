// The source of a release: its tree, a file, a search, and what differs from another.
import { useState } from "preact/hooks";
import { difference, linesOf, type DiffLine } from "../code.ts";
import type { Words } from "../notes.ts";
import { askJson, useReviewer } from "../reviewing.ts";
import { said, useSession } from "../session.ts";
import { compare, loadFile, loadSource, type Change, type Release, type Source as Loaded, type SourceFile } from "../source.ts";
import { Authority, Badge, Digest, Failure, Title, useLoaded, Waiting } from "../ui.tsx";
import { NotesBeside, useNotesOn } from "./notes-parts.tsx";
import { Code, placeOf } from "./source-parts.tsx";

const TREE_MAX = 500; // rows that are drawn of one folder

// ---- the tree -------------------------------------------------------------------------

interface Entry {
  name: string;
  path: string;
  count: number; // of files below; 0: it is a file
}

function entriesOf(list: SourceFile[], folder: string): Entry[] {
  const below = folder === "" ? "" : `${folder}/`;
  const found = new Map<string, Entry>();
  for (const { path } of list) {
    if (!path.startsWith(below)) continue;
    const rest = path.slice(below.length);
    const slash = rest.indexOf("/");
    const name = slash < 0 ? rest : rest.slice(0, slash);
    const entry = found.get(name) ?? { name, path: below + name, count: 0 };
    if (slash >= 0) entry.count++;
    found.set(name, entry);
  }
  return [...found.values()].sort((a, b) => Number(a.count === 0) - Number(b.count === 0) || (a.name < b.name ? -1 : 1));
}

function Crumbs({ source, path }: { source: Loaded; path: string }) {
  const parts = path === "" ? [] : path.split("/");
  return (
    <nav aria-label="path" class="crumbs">
      <a href={placeOf(source.release)}>
        {source.release.product} {source.release.version}
      </a>
      {parts.map((name, i) => (
        <span key={i}>
          {" / "}
          {i === parts.length - 1 ? <strong>{name}</strong> : <a href={placeOf(source.release, "in", parts.slice(0, i + 1).join("/"))}>{name}</a>}
        </span>
      ))}
    </nav>
  );
}

function Tree({ source, folder }: { source: Loaded; folder: string }) {
  const entries = entriesOf(source.list, folder);
  return (
    <>
      <ul class="files">
        {entries.slice(0, TREE_MAX).map((entry) => (
          <li key={entry.name}>
            <a href={placeOf(source.release, entry.count > 0 ? "in" : "file", entry.path)}>{entry.name}</a>
            {entry.count > 0 && <span class="quiet"> / {entry.count} {entry.count === 1 ? "file" : "files"}</span>}
          </li>
        ))}
      </ul>
      {entries.length > TREE_MAX && <p class="quiet">And {entries.length - TREE_MAX} more: search for a name.</p>}
    </>
  );
}

// Of a draft the digest itself is only told, so nothing that was measured by it is good.
function Measured({ sources, what, signed }: { sources: Loaded[]; what: string; signed: string }) {
  if (sources.every((source) => source.word === "release"))
    return (
      <Badge tone="good" isLong>
        checked here: {what} {signed}
      </Badge>
    );
  return (
    <Badge tone="wait" isLong>
      not verified here: {what}, measured by a digest that is this Centre's word for the draft
    </Badge>
  );
}

function Checked({ source }: { source: Loaded }) {
  return (
    <>
      <p>
        <Measured sources={[source]} what={`${source.list.length} files, ${source.lines} lines`} signed="are exactly the source that vendor and supervisor signed" />
      </p>
      <Authority lines={[`vitrine release status ${source.release.product} ${source.release.version} --desk DESK --trust trust.json`]}>
        <p>
          The source's digest is <Digest of={source.source} />
        </p>
      </Authority>
    </>
  );
}

// ---- search and definitions -------------------------------------------------------------

interface Hit {
  file: number;
  line: number;
  column?: number;
  text?: string;
  kind?: string;
}

interface Asked {
  text: string;
  isRegex: boolean;
  isAnyCase: boolean;
}

interface Found {
  what: string;
  hits: Hit[];
  unfinished: number[]; // files that took too long to be searched to their end
  cut: number[]; // files that hold more than is told
  isAll: boolean; // of definitions
  more?: { asked: Asked; from: number }; // the same question, where it goes on
}

const MORE = 10; // pieces of a long search that are asked for at once

async function search(release: Release, asked: Asked, from = 0): Promise<Found> {
  const hits: Hit[] = [];
  const unfinished: number[] = [];
  const cut: number[] = [];
  let next: number | undefined = from;
  for (let piece = 0; piece < MORE && next !== undefined && hits.length < 100; piece++) {
    const answer: { hits: Hit[]; cut?: number[]; unfinished?: number; next?: number } = await askJson({ ...release, kind: "search", text: asked.text, ...(asked.isRegex && { regex: true }), ...(asked.isAnyCase && { any_case: true }), ...(next > 0 && { file: next }) });
    hits.push(...answer.hits);
    cut.push(...(answer.cut ?? []));
    if (answer.unfinished !== undefined) unfinished.push(answer.unfinished);
    next = answer.next;
  }
  return { what: `with ${asked.text}`, hits, unfinished, cut, isAll: true, ...(next !== undefined && { more: { asked, from: next } }) };
}

async function define(release: Release, name: string): Promise<Found> {
  const { definitions, is_all } = await askJson<{ definitions: Hit[]; is_all: boolean }>({ ...release, kind: "define", text: name });
  return { what: `that define ${name}`, hits: definitions, unfinished: [], cut: [], isAll: is_all };
}

function Hits({ source, found, onMore }: { source: Loaded; found: Found; onMore: (more: NonNullable<Found["more"]>) => void }) {
  return (
    <section aria-label="what was found" class="found">
      <p role="status">
        {found.hits.length} {found.hits.length === 1 ? "line" : "lines"} {found.what}
        {found.more !== undefined && ", and the search is not at its end"}
      </p>
      {!found.isAll && <p class="box wait">There are more than these.</p>}
      {found.cut.length > 0 && <p class="box wait">The first lines alone of: {found.cut.map((file) => source.list[file]?.path).join(", ")}. Search for more of the line to see the others.</p>}
      {found.unfinished.length > 0 && <p class="box wait">Not searched to the end, since it takes too long: {found.unfinished.map((file) => source.list[file]?.path).join(", ")}</p>}
      <ol class="plain">
        {found.hits.map((hit) => (
          <li key={`${hit.file}:${hit.line}:${hit.column ?? 0}`}>
            <a href={placeOf(source.release, "file", source.list[hit.file]?.path ?? "", hit.line)}>
              {source.list[hit.file]?.path}:{hit.line}
            </a>{" "}
            {hit.kind !== undefined && <span class="quiet">{hit.kind}</span>}
            {hit.text !== undefined && <code>{hit.text}</code>}
          </li>
        ))}
      </ol>
      {found.more !== undefined && (
        <button type="button" onClick={() => onMore(found.more!)}>
          Go on
        </button>
      )}
    </section>
  );
}

function useFinding(source: Loaded) {
  const [found, setFound] = useState<Found>();
  const [failure, setFailure] = useState<string>();
  const run = (finding: Promise<Found>): void => {
    setFailure(undefined);
    finding.then(setFound, (error: unknown) => setFailure(said(error)));
  };
  // One definition is gone to at once; of several one chooses.
  const goTo = (name: string): void =>
    run(
      define(source.release, name).then((result) => {
        const [only] = result.hits;
        if (result.hits.length === 1 && only !== undefined) location.hash = placeOf(source.release, "file", source.list[only.file]?.path ?? "", only.line);
        return result;
      }),
    );
  return { found, failure, run, goTo };
}

function Searching({ source, finding }: { source: Loaded; finding: ReturnType<typeof useFinding> }) {
  const [text, setText] = useState("");
  const [isRegex, setRegex] = useState(false);
  const [isAnyCase, setAnyCase] = useState(false);
  const go = (): void => finding.run(search(source.release, { text, isRegex, isAnyCase }));
  return (
    <>
      <div class="ask" role="search">
        <label>
          Search <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && text !== "" && go()} spellcheck={false} />
        </label>
        <label>
          <input type="checkbox" checked={isRegex} onChange={(event) => setRegex(event.currentTarget.checked)} /> expression
        </label>
        <label>
          <input type="checkbox" checked={isAnyCase} onChange={(event) => setAnyCase(event.currentTarget.checked)} /> any case
        </label>
        <button type="button" disabled={text === ""} onClick={() => go()}>
          Find
        </button>
        {source.has_definitions && (
          <button type="button" disabled={text === ""} onClick={() => finding.goTo(text.trim())}>
            Go to definition
          </button>
        )}
      </div>
      <Failure of={finding.failure} />
      {finding.found !== undefined && <Hits source={source} found={finding.found} onMore={({ asked, from }) => finding.run(search(source.release, asked, from))} />}
    </>
  );
}

// ---- a file -----------------------------------------------------------------------------

const isText = (bytes: Uint8Array): boolean => !bytes.subarray(0, 8192).includes(0);

const NO_FILE = "0".repeat(64);

// What a new note is about, before a word of it is written.
const startOf = (source: Loaded, file: SourceFile | undefined, line: number): Words => ({ ...source.release, source: source.source, path: file?.path ?? "", file: file?.sha256 ?? NO_FILE, from: line, to: line, severity: "none", text: "" });

function File({ source, file, line, onName }: { source: Loaded; file: SourceFile; line: number | undefined; onName: (name: string) => void }) {
  const loaded = useLoaded(async () => {
    const bytes = await loadFile(source, file);
    return { size: bytes.length, target: file.mode === "link" ? new TextDecoder().decode(bytes) : undefined, lines: isText(bytes) ? linesOf(file.path, new TextDecoder().decode(bytes)) : undefined };
  }, [file.sha256]);
  const start = startOf(source, file, line ?? 0);
  const { isNoted } = useNotesOn(start);
  if (loaded.value === undefined) return <Waiting loaded={loaded} />;
  if (loaded.value.target !== undefined)
    return (
      <p class="box">
        A symbolic link to <code>{loaded.value.target}</code>
      </p>
    );
  return (
    <>
      <p>
        <Measured sources={[source]} what="these bytes" signed="were signed" /> <Digest of={file.sha256} />
      </p>
      <div class="reading">
        <div>{loaded.value.lines === undefined ? <p class="box">This is no text: {loaded.value.size} bytes.</p> : <Code lines={loaded.value.lines} line={line} noted={isNoted} address={(number) => placeOf(source.release, "file", file.path, number)} onName={onName} />}</div>
        <NotesBeside start={start} lineCount={loaded.value.lines?.length} />
      </div>
    </>
  );
}

// ---- two releases -----------------------------------------------------------------------

const SIGNS: Record<DiffLine["kind"], string> = { same: " ", out: "−", in: "+", gap: "…" };

async function textOf(source: Loaded, file: SourceFile | undefined): Promise<string> {
  if (file === undefined) return "";
  const bytes = await loadFile(source, file);
  return isText(bytes) ? new TextDecoder().decode(bytes) : Promise.reject(new Error("it is no text"));
}

function Difference({ before, after, change }: { before: Loaded; after: Loaded; change: Change }) {
  const loaded = useLoaded(async () => ({ rows: difference(await textOf(before, change.from), await textOf(after, change.to)) }), []);
  if (loaded.value === undefined) return <Waiting loaded={loaded} />;
  if (loaded.value.rows === undefined) return <p class="box">These two differ in too much to be told line by line.</p>;
  return (
    <div class="code diff" tabIndex={0} role="region" aria-label={`what changed in ${change.path}`}>
      {loaded.value.rows.map((row, i) => (
        <div key={i} class={`line ${row.kind}`}>
          <span class="number">{row.before ?? ""}</span>
          <span class="number">{row.after ?? ""}</span>
          <code>
            {SIGNS[row.kind]} {row.text}
          </code>
        </div>
      ))}
    </div>
  );
}

function OneChange({ before, after, change }: { before: Loaded; after: Loaded; change: Change }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <Badge tone={change.kind === "removed" ? "bad" : change.kind === "added" ? "good" : "calm"}>{change.kind}</Badge> {change.path}
          {change.kind === "moved" && <span class="quiet"> from {change.from?.path}</span>}
        </summary>
        {isOpen && <Difference before={before} after={after} change={change} />}
      </details>
    </li>
  );
}

// Source is asked for when it is known who reads, and when the trust root was read.
export function useReading<T>(load: () => Promise<T>) {
  const who = useReviewer();
  const { isReady } = useSession();
  const loaded = useLoaded(() => (who && isReady ? load() : new Promise<T>(() => undefined)), [who === undefined ? "" : (who?.csrf ?? ""), isReady]);
  return { isOut: who === null, loaded };
}

export function Reading({ isOut, loaded }: ReturnType<typeof useReading>) {
  if (!isOut) return <Waiting loaded={loaded} />;
  return (
    <p class="box wait" role="alert">
      Source is read by invited reviewers. <a href="#/sign-in">Sign in</a>
    </p>
  );
}

export function SourceDifference({ release, other }: { release: Release; other: string }) {
  const before = { product: release.product, version: other };
  const { isOut, loaded } = useReading(async () => {
    const [old, fresh] = await Promise.all([loadSource(before), loadSource(release)]);
    return { old, fresh, changes: compare(old, fresh) };
  });
  return (
    <>
      <Title>
        {release.product}: from {other} to {release.version}
      </Title>
      {isOut || loaded.value === undefined ? (
        <Reading isOut={isOut} loaded={loaded} />
      ) : (
        <>
          <p>
            <Measured sources={[loaded.value.old, loaded.value.fresh]} what={`${loaded.value.changes.length} of ${loaded.value.fresh.list.length} files`} signed="differ between two sources that were signed" />
          </p>
          <ul class="plain changes">
            {loaded.value.changes.map((change) => (
              <OneChange key={change.path} before={loaded.value!.old} after={loaded.value!.fresh} change={change} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Compare({ source }: { source: Loaded }) {
  const [other, setOther] = useState("");
  return (
    <div class="ask">
      <label>
        Compare with version <input type="search" value={other} onInput={(event) => setOther(event.currentTarget.value)} />
      </label>
      <button type="button" disabled={other.trim() === ""} onClick={() => (location.hash = placeOf(source.release, "since", other.trim()))}>
        Show what changed
      </button>
    </div>
  );
}

// ---- all of it --------------------------------------------------------------------------

function Inside({ source, path, isFile, line }: { source: Loaded; path: string; isFile: boolean; line: number | undefined }) {
  const finding = useFinding(source);
  const file = isFile ? source.list.find((one) => one.path === path) : undefined;
  return (
    <>
      <Crumbs source={source} path={path} />
      {path === "" && <Checked source={source} />}
      <Searching source={source} finding={finding} />
      {path === "" && <Compare source={source} />}
      {path === "" && (
        <p>
          <a href={placeOf(source.release, "unreviewed")}>Which lines has nobody reviewed?</a> · <a href={placeOf(source.release, "rebuild")}>Build it again</a>
        </p>
      )}
      {file !== undefined && <File source={source} file={file} line={line} onName={finding.goTo} />}
      {isFile && file === undefined && <p class="box bad" role="alert">This source has no such file.</p>}
      {!isFile && <Tree source={source} folder={path} />}
      {path === "" && <NotesBeside start={startOf(source, undefined, 0)} />}
    </>
  );
}

export function Source({ release, path, isFile, line }: { release: Release; path: string; isFile: boolean; line: number | undefined }) {
  const { isOut, loaded } = useReading(() => loadSource(release));
  return (
    <>
      <Title>
        Source of {release.product} {release.version}
      </Title>
      {isOut || loaded.value === undefined ? <Reading isOut={isOut} loaded={loaded} /> : <Inside source={loaded.value} path={path} isFile={isFile} line={line} />}
    </>
  );
}
