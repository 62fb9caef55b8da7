// All notes of a reviewer, and the gate through which they leave: as they are, as the text
// of a finding, or as a review report.  No key comes near this page: it gives the bytes and
// composes the command, the statement is signed where the key is.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getJson, type ReleaseRow } from "../api.ts";
import { isNotesKey, notesKey, take, useNotebook, changeKey, type Note, type Taken } from "../notes.ts";
import { useReviewer } from "../reviewing.ts";
import { filesRead, loadSource, type Release } from "../source.ts";
import { bytes, Command, Digest, Failure, quoted, Title, useLoaded, Waiting } from "../ui.tsx";
import { OneNote, useDoing } from "./notes-parts.tsx";

const nameOf = (of: Release): string => `${of.product} ${of.version}`;

// ---- what was given -----------------------------------------------------------------

function Given({ taken, children }: { taken: Taken; children?: ComponentChildren }) {
  const address = useMemo(() => URL.createObjectURL(new Blob([taken.text], { type: "application/octet-stream" })), [taken]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <div class="box good" role="status">
      <p>
        <a href={address} download={taken.name}>
          Save {taken.name}
        </a>{" "}
        <span class="quiet">({bytes(taken.bytes)})</span>
      </p>
      <p>
        Its digest is on the sealed record, number {taken.record}: <Digest of={taken.sha256} />
      </p>
      {children}
      <p class="quiet">
        Today {bytes(taken.left.bytes)} and {taken.left.lines} quoted {taken.left.lines === 1 ? "line" : "lines"} are left to you.
      </p>
    </div>
  );
}

// What was given, or why not, until something else is chosen.
function useTaking(chosen: Note[], what: string) {
  const [taken, setTaken] = useState<{ taken: Taken; command: string }>();
  const { isBusy, run: attempt, failure, forget } = useDoing();
  const choice = chosen.map((note) => note.number).join();
  useEffect(() => {
    setTaken(undefined);
    forget();
  }, [choice]);
  const run = (act: () => Promise<{ taken: Taken; command: string }>): void => {
    setTaken(undefined);
    attempt(async () => setTaken(await act()));
  };
  const says = (
    <>
      <Failure of={failure} />
      {taken !== undefined && (
        <Given taken={taken.taken}>
          <p>{what}</p>
          <Command line={taken.command} />
        </Given>
      )}
    </>
  );
  return { isBusy, run, says };
}

// ---- three forms --------------------------------------------------------------------

const SIGN = "On your own machine, with your own key:";

function TakeNotes({ chosen }: { chosen: Note[] }) {
  const { isBusy, run, says } = useTaking(chosen, "Its digest, as it was saved:");
  const act = async () => {
    const taken = await take("notes", chosen.map((note) => note.number));
    return { taken, command: `sha256sum ${taken.name}` };
  };
  return (
    <section class="card">
      <h2>The notes themselves</h2>
      <p>One file with all that you chose, for yourself.</p>
      <button type="button" disabled={isBusy || chosen.length === 0} onClick={() => run(act)}>
        Take {chosen.length} {chosen.length === 1 ? "note" : "notes"} out
      </button>
      {says}
    </section>
  );
}

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

function Finding({ chosen }: { chosen: Note[] }) {
  const [note] = chosen;
  const [id, setId] = useState("");
  const [owner, setOwner] = useState("");
  const [due, setDue] = useState("");
  const [embargo, setEmbargo] = useState("");
  const { isBusy, run, says } = useTaking(chosen, SIGN);
  const isOne = chosen.length === 1 && note !== undefined;
  const act = async () => {
    const taken = await take("finding", [note!.number]);
    const about = note!.path === "" ? note!.source : note!.file;
    const severity = note!.severity === "none" ? "low" : note!.severity;
    const hidden = embargo === "" ? "" : ` --embargo ${embargo}T00:00:00Z --opening ${id}.opening.json`;
    return { taken, command: `vitrine finding open ${id} --text ${taken.name} --severity ${severity} --owner ${quoted(owner.trim())} --due ${due}T00:00:00Z --digest ${about}${hidden} --ledger LEDGER --trust trust.json --key KEY` };
  };
  return (
    <section class="card">
      <h2>A finding</h2>
      {!isOne ? (
        <p>Choose one note, and it becomes the text of a finding: with a severity, somebody who must act, and a date.</p>
      ) : (
        <>
          <p>Note {note.number} becomes the text of a finding, which you sign yourself. Under an embargo the ledger shows that there is one, and its words later.{note.severity === "none" && " A finding has a severity: low, as long as the note says none."}</p>
          <div class="fields">
            <label>
              Identifier <input type="text" value={id} placeholder="lamp-2026-1" aria-invalid={id !== "" && !ID.test(id)} onInput={(event) => setId(event.currentTarget.value)} />
            </label>
            <label>
              Who must act <input type="text" value={owner} maxLength={200} onInput={(event) => setOwner(event.currentTarget.value)} />
            </label>
            <label>
              Until <input type="date" value={due} onInput={(event) => setDue(event.currentTarget.value)} />
            </label>
            <label>
              Embargo until (or none) <input type="date" value={embargo} onInput={(event) => setEmbargo(event.currentTarget.value)} />
            </label>
          </div>
          <button type="button" disabled={isBusy || !ID.test(id) || owner.trim() === "" || due === ""} onClick={() => run(act)}>
            Draft the finding
          </button>
        </>
      )}
      {says}
    </section>
  );
}

function ReportOf({ release, chosen }: { release: Release; chosen: Note[] }) {
  const [verdict, setVerdict] = useState<"accept" | "refuse">();
  const [scope, setScope] = useState("the whole source");
  const [summary, setSummary] = useState("");
  const [isNaming, setNaming] = useState(false);
  const { isBusy, run, says } = useTaking(chosen, SIGN);
  const files = filesRead(release);
  const act = async () => {
    const { source } = await loadSource(release);
    const taken = await take(
      "report",
      chosen.map((note) => note.number),
      { ...release, source, verdict: verdict!, scope: scope.trim(), ...(summary.trim() !== "" && { summary: summary.trim() }), ...(isNaming && { files }) },
    );
    return { taken, command: `vitrine review sign ${nameOf(release)} --verdict ${verdict} --source ${source} --scope ${quoted(scope.trim())} --report ${taken.name} --desk DESK --trust trust.json --key KEY` };
  };
  return (
    <>
      <fieldset class="choice">
        <legend>Your word on {nameOf(release)}</legend>
        {(["accept", "refuse"] as const).map((word) => (
          <label key={word}>
            <input type="radio" name="verdict" checked={verdict === word} onChange={() => setVerdict(word)} /> {word}
          </label>
        ))}
      </fieldset>
      <div class="fields">
        <label>
          What you looked at <input type="text" class="wide" value={scope} maxLength={200} onInput={(event) => setScope(event.currentTarget.value)} />
        </label>
      </div>
      <label class="block">
        Summary, for everybody who sees the desk
        <textarea rows={3} maxLength={2000} value={summary} onInput={(event) => setSummary(event.currentTarget.value)} />
      </label>
      <p>
        <label>
          <input type="checkbox" checked={isNaming} disabled={files.length === 0} onChange={(event) => setNaming(event.currentTarget.checked)} /> Name the {files.length} {files.length === 1 ? "file" : "files"} of it that you read in this tab
        </label>
      </p>
      <button type="button" disabled={isBusy || verdict === undefined || scope.trim() === ""} onClick={() => run(act)}>
        Draft the report
      </button>
      {says}
    </>
  );
}

// Of any release that he may read; first of those on which he noted something.
function Report({ products, notes, chosen }: { products: string[]; notes: Note[]; chosen: Note[] }) {
  const loaded = useLoaded(() => getJson<{ releases: ReleaseRow[] }>("releases"), []);
  const [name, setName] = useState<string>();
  const releases = (loaded.value?.releases ?? []).filter((row) => products.includes(row.product));
  const isNoted = (one: Release): boolean => notes.some((note) => nameOf(note) === nameOf(one));
  const release = releases.find((one) => nameOf(one) === name) ?? releases.find(isNoted) ?? releases[0];
  return (
    <section class="card">
      <h2>A review report</h2>
      <p>It names the source by its digest, your word on it, and the notes that you chose by their digest; the notes stay here. It goes to the desk with your signature, and everybody may read it.</p>
      {release === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <p>
            <label>
              Of{" "}
              <select value={nameOf(release)} onChange={(event) => setName(event.currentTarget.value)}>
                {releases.map((one) => (
                  <option key={nameOf(one)}>{nameOf(one)}</option>
                ))}
              </select>
            </label>
          </p>
          <ReportOf key={nameOf(release)} release={{ product: release.product, version: release.version }} chosen={chosen.filter((note) => nameOf(note) === nameOf(release))} />
        </>
      )}
    </section>
  );
}

// ---- the key --------------------------------------------------------------------------

function Key() {
  const [typed, setTyped] = useState("");
  const other = typed.trim().toLowerCase();
  return (
    <details class="authority">
      <summary>The key of your notes</summary>
      <p>This browser made it, and keeps it. Without it the Centre shows you your notes no more, and only the foundation can open them. Write it down if you want to read them on another machine; whoever else has it, and a copy of what lies in the Centre, reads them.</p>
      <Command line={notesKey()} />
      <div class="ask">
        <label>
          Another key of yours <input type="search" autoComplete="off" spellcheck={false} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
        <button type="button" disabled={!isNotesKey(other)} onClick={() => changeKey(other)}>
          Use it here
        </button>
      </div>
    </details>
  );
}

// ---- all of it --------------------------------------------------------------------------

function byRelease(notes: Note[]): [string, Note[]][] {
  const names = [...new Set(notes.map(nameOf))].sort();
  return names.map((name) => [name, notes.filter((note) => nameOf(note) === name)]);
}

function Inside({ products, notes, closed }: { products: string[]; notes: Note[]; closed: number[] }) {
  const [numbers, setNumbers] = useState<number[]>([]);
  const chosen = notes.filter((note) => numbers.includes(note.number));
  const choose = (number: number, isChosen: boolean): void => setNumbers(isChosen ? [...numbers, number] : numbers.filter((one) => one !== number));
  return (
    <>
      {notes.length + closed.length === 0 && (
        <p>
          You have written none yet. Open a file of <a href="#/sign-in">a release</a>, and write beside it what you notice.
        </p>
      )}
      {byRelease(notes).map(([name, rows]) => (
        <section key={name} aria-label={`notes on ${name}`}>
          <h2>{name}</h2>
          <ul class="plain notes">
            {rows.map((note) => (
              <li key={note.number}>
                <input type="checkbox" aria-label={`choose note ${note.number}`} checked={numbers.includes(note.number)} onChange={(event) => choose(note.number, event.currentTarget.checked)} />
                <OneNote note={note} isHere={false} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {closed.length > 0 && <p class="box wait">{closed.length} of yours were written with another key: enter it at the end of this page.</p>}
      <h2>Taking them out</h2>
      <p>
        What leaves here passes a gate: its digest, its size, and how much source it quotes are put on the sealed record first, and there is a bound on each day. {chosen.length} {chosen.length === 1 ? "note is" : "notes are"} chosen.
      </p>
      <TakeNotes chosen={chosen} />
      <Finding key={chosen.length === 1 ? chosen[0]!.number : 0} chosen={chosen} />
      <Report products={products} notes={notes} chosen={chosen} />
    </>
  );
}

export function Notes() {
  const who = useReviewer();
  const notebook = useNotebook(who?.csrf);
  if (who === null)
    return (
      <>
        <Title>Your notes</Title>
        <p class="box wait" role="alert">
          Notes are written by invited reviewers. <a href="#/sign-in">Sign in</a>
        </p>
      </>
    );
  return (
    <>
      <Title>Your notes</Title>
      <p class="lead">Sealed to you and to the foundation. The vendor, and whoever runs this Centre, can see when a note was written, and nothing of it.</p>
      <Failure of={notebook?.failure} />
      {notebook === undefined ? (
        <Waiting loaded={{}} />
      ) : (
        <>
          <Inside products={who?.products ?? []} notes={notebook.notes} closed={notebook.closed} />
          <Key />
        </>
      )}
    </>
  );
}
