// What the views of source share: addresses, and lines of code.
import { useEffect, useMemo, useState } from "preact/hooks";
import { part } from "../api.ts";
import type { Word } from "../code.ts";
import type { Release } from "../source.ts";

export const placeOf = (release: Release, ...more: (string | number)[]): string => `#/source/${[release.product, release.version, ...more].map((piece) => part(String(piece))).join("/")}`;

const WINDOW = 2000; // lines that are drawn at once

// The word under the pointer, if it can be a name.
function wordAt(event: MouseEvent): string | undefined {
  const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
  if (range === null || range === undefined || range.startContainer.nodeType !== Node.TEXT_NODE) return undefined;
  const text = range.startContainer.textContent ?? "";
  let begin = range.startOffset;
  let end = begin;
  while (begin > 0 && /[\w$]/.test(text[begin - 1]!)) begin--;
  while (end < text.length && /[\w$]/.test(text[end]!)) end++;
  const word = text.slice(begin, end);
  return /^[A-Za-z_$][\w$]{1,127}$/.test(word) ? word : undefined;
}

// noted: lines to which a note belongs.
export function Code({ lines, line, noted, address, onName }: { lines: Word[][]; line: number | undefined; noted: (line: number) => boolean; address: (line: number) => string; onName: (name: string) => void }) {
  const around = (): number => Math.max(0, Math.min((line ?? 1) - 1 - WINDOW / 2, lines.length - WINDOW));
  const [first, setFirst] = useState(around);
  const [before, setBefore] = useState(line);
  if (line !== before) {
    setBefore(line);
    if (line !== undefined && (line <= first || line > first + WINDOW)) setFirst(around);
  }
  const shown = useMemo(() => lines.slice(first, first + WINDOW), [lines, first]);
  useEffect(() => {
    if (line !== undefined) document.getElementById(`L${line}`)?.scrollIntoView({ block: "center" });
  }, [line, lines]);
  const click = (event: MouseEvent): void => {
    const name = (event.target as HTMLElement).closest("code") !== null && getSelection()?.isCollapsed !== false ? wordAt(event) : undefined;
    if (name !== undefined) onName(name);
  };
  return (
    <>
      {first > 0 && (
        <button type="button" onClick={() => setFirst(Math.max(0, first - WINDOW))}>
          Lines before {first + 1}
        </button>
      )}
      <div class="code" tabIndex={0} role="region" aria-label="source" onClick={click}>
        {shown.map((words, i) => {
          const number = first + i + 1;
          return (
            <div key={number} id={`L${number}`} class={`line${number === line ? " here" : ""}${noted(number) ? " noted" : ""}`}>
              <a href={address(number)} aria-label={`line ${number}${noted(number) ? ", with a note of yours" : ""}`}>
                {number}
              </a>
              <code>
                {words.map((word, at) => (word.kind === "" ? word.text : <span key={at} class={`k-${word.kind}`}>{word.text}</span>))}
              </code>
            </div>
          );
        })}
      </div>
      {first + WINDOW < lines.length && (
        <button type="button" onClick={() => setFirst(first + WINDOW)}>
          Lines from {first + WINDOW + 1}
        </button>
      )}
    </>
  );
}
