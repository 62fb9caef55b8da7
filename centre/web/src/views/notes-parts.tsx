// Notes beside the source: those on a file, and the form that writes one.
import { useEffect, useState } from "preact/hooks";
import { utf8 } from "../check/bytes.ts";
import { removeNote, SEVERITIES, useNotebook, writeNote, type Note, type Severity, type Words } from "../notes.ts";
import { useReviewer } from "../reviewing.ts";
import { said } from "../session.ts";
import { Failure, Time, Waiting, type Tone } from "../ui.tsx";
import { placeOf } from "./source-parts.tsx";

const TEXT_MAX = 4096;
const TONES: Record<Severity, Tone> = { none: "calm", low: "calm", medium: "wait", high: "bad", critical: "bad" };

export const linesOf = ({ from, to }: Words): string => (from === 0 ? "" : from === to ? `line ${from}` : `lines ${from} to ${to}`);

// What is done, and the sentence of why it was not.
export function useDoing() {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const run = (act: () => Promise<void>, done?: () => void): void => {
    setBusy(true);
    setFailure(undefined);
    act()
      .then(() => done?.(), (error: unknown) => setFailure(said(error)))
      .finally(() => setBusy(false));
  };
  return { isBusy, run, failure, forget: () => setFailure(undefined) };
}

export function NoteForm({ start, number, lineCount, onDone }: { start: Words; number?: number; lineCount?: number | undefined; onDone?: () => void }) {
  const [words, setWords] = useState(start);
  const { isBusy, run, failure } = useDoing();
  const id = `note-${number ?? "new"}`;
  const set = (next: Partial<Words>): void => setWords((now) => ({ ...now, ...next }));
  // Another line was chosen meanwhile: what is written stays.
  useEffect(() => set({ from: start.from, to: start.to }), [start.from]);
  const line = (text: string): number => Math.max(0, Math.min(lineCount ?? 4294967295, Math.floor(Number(text)) || 0));
  const isRangeGood = words.from === 0 ? words.to === 0 : words.to >= words.from;
  const size = utf8(words.text).length;
  const save = (event: Event): void => {
    event.preventDefault();
    run(() => writeNote({ ...words, text: words.text.trim() }, number), () => {
      setWords({ ...start, text: "" });
      onDone?.();
    });
  };
  return (
    <form class="note-form" aria-label={number === undefined ? "a new note" : `note ${number}`} onSubmit={save}>
      <label for={`${id}-text`}>{number === undefined ? "New note" : "The note"}</label>
      <textarea id={`${id}-text`} rows={4} value={words.text} aria-describedby={`${id}-size`} onInput={(event) => set({ text: event.currentTarget.value })} />
      <p class="quiet" id={`${id}-size`}>
        {size > TEXT_MAX ? `${size - TEXT_MAX} bytes too long` : "Sealed: you and the foundation read it, nobody else."}
      </p>
      <div class="fields">
        {words.path !== "" && (
          <>
            <label>
              From line <input type="number" min={0} max={lineCount} value={words.from || ""} onInput={(event) => { const from = line(event.currentTarget.value); set({ from, to: from === 0 ? 0 : Math.max(from, words.to) }); }} />
            </label>
            <label>
              to <input type="number" min={0} max={lineCount} value={words.to || ""} aria-invalid={!isRangeGood} onInput={(event) => set({ to: line(event.currentTarget.value) })} />
            </label>
          </>
        )}
        <label>
          Severity{" "}
          <select value={words.severity} onChange={(event) => set({ severity: event.currentTarget.value as Severity })}>
            {SEVERITIES.map((severity) => (
              <option key={severity}>{severity}</option>
            ))}
          </select>
        </label>
      </div>
      <p class="acts">
        <button type="submit" disabled={isBusy || words.text.trim() === "" || size > TEXT_MAX || !isRangeGood}>
          {number === undefined ? "Add the note" : "Save the note"}
        </button>
        {number !== undefined && (
          <button type="button" onClick={onDone}>
            Leave it as it was
          </button>
        )}
      </p>
      <Failure of={failure} />
    </form>
  );
}

function Where({ note, isHere }: { note: Note; isHere: boolean }) {
  const release = { product: note.product, version: note.version };
  const lines = linesOf(note);
  if (note.path === "") return <a href={placeOf(release)}>{isHere ? "the release as a whole" : `${note.product} ${note.version}`}</a>;
  const place = placeOf(release, "file", note.path, ...(note.from > 0 ? [note.from] : []));
  return <a href={place}>{isHere ? lines || "the whole file" : `${note.path}${lines === "" ? "" : `, ${lines}`}`}</a>;
}

// isHere: it stands beside what it is about.
export function OneNote({ note, isHere }: { note: Note; isHere: boolean }) {
  const [state, setState] = useState<"read" | "edit" | "delete">("read");
  const { isBusy, run, failure } = useDoing();
  const { number, written, quoted, ...start } = note;
  if (state === "edit") return <NoteForm start={start} number={number} onDone={() => setState("read")} />;
  return (
    <article class="note" aria-label={`note ${number}`}>
      <p class="about">
        {note.severity !== "none" && <span class={`badge ${TONES[note.severity]}`}>{note.severity}</span>} <Where note={note} isHere={isHere} />
      </p>
      <p class="words">{note.text}</p>
      <p class="quiet">
        Note {number}, <Time at={written} />
        {quoted > 0 && `, quotes ${quoted} ${quoted === 1 ? "line" : "lines"} of source`}
      </p>
      <p class="acts">
        <button type="button" aria-label={`Edit note ${number}`} onClick={() => setState("edit")}>
          Edit
        </button>
        {state === "read" ? (
          <button type="button" aria-label={`Delete note ${number}`} onClick={() => setState("delete")}>
            Delete
          </button>
        ) : (
          <>
            <button type="button" disabled={isBusy} onClick={() => run(() => removeNote(number))}>
              Really delete note {number}
            </button>
            <button type="button" onClick={() => setState("read")}>
              Keep it
            </button>
          </>
        )}
      </p>
      <Failure of={failure} />
    </article>
  );
}

// Those of one file, or of the release as a whole (an empty path), in order of lines.
export function useNotesOn(start: Words) {
  const who = useReviewer();
  const notebook = useNotebook(who?.csrf);
  const notes = notebook?.notes.filter((note) => note.product === start.product && note.version === start.version && note.path === start.path).sort((a, b) => a.from - b.from || a.number - b.number) ?? [];
  return { notebook, notes, isNoted: (line: number): boolean => notes.some((note) => note.from <= line && line <= note.to) };
}

export function NotesBeside({ start, lineCount }: { start: Words; lineCount?: number }) {
  const { notebook, notes } = useNotesOn(start);
  return (
    <aside class="beside-code" aria-label="your notes">
      <h2>Your notes here</h2>
      <p>
        <a href="#/notes">All your notes, and taking them out</a>
      </p>
      <Failure of={notebook?.failure} />
      {notebook === undefined ? <Waiting loaded={{}} /> : notes.map((note) => <OneNote key={note.number} note={note} isHere />)}
      <NoteForm key={start.path} start={start} lineCount={lineCount} />
    </aside>
  );
}
