// A guided tour of five minutes: stops on the real pages, with a bar that says what to look
// at.  What is stopped at is what this Centre holds; where it holds none, the stop is left out.
import { useEffect, useState } from "preact/hooks";
import { getJson, getKnown, part, type ReleaseRow } from "./api.ts";
import { Title, useLoaded, Waiting } from "./ui.tsx";

interface Stop {
  hash: string;
  title: string;
  look: string;
}

const release = (row: ReleaseRow): string => `#/releases/${part(row.product)}/${part(row.version)}`;

// ---- where it goes ----------------------------------------------------------------------

async function stops(): Promise<Stop[]> {
  const { releases } = await getJson<{ releases: ReleaseRow[] }>("releases");
  const [promises, statistics] = await Promise.all([getKnown<{ promises: { state: string }[] }>("promises"), getKnown<{ aggregates: unknown[] }>("statistics")]);
  const newest = (state: string): ReleaseRow | undefined => releases.findLast((row) => row.state === state);
  const [published, withdrawn, differs] = [newest("published"), newest("withdrawn"), newest("differs")];
  const late = promises?.promises.filter((row) => row.state === "late").length ?? 0;
  const all: (Stop | undefined)[] = [
    { hash: "#/trust", title: "Whose word counts", look: "These keys judge all that follows. Compare the digest with the trust root that reached you another way; the button does it for a file of yours." },
    published && { hash: release(published), title: `${published.product} ${published.version}, from source to you`, look: "Each step names who signed it. Open one of the commands: it asks the same without this page. At the end the page checks the evidence itself, ten steps." },
    withdrawn && { hash: release(withdrawn), title: "A release that was withdrawn", look: "It stays visible with its reason, and its evidence now says no." },
    differs && { hash: release(differs), title: "A build that did not match", look: "The supervisor built it again and got other bytes, so nobody approved it. What a build must be before anybody signs is not a matter of trust." },
    { hash: "#/ledgers", title: "One history for everybody", look: "Open an entry: the drawn tree is its proof, and the witnesses below the head have seen the same history." },
    { hash: "#/builders", title: "Who builds, and in what", look: "An environment is a set of packages under one digest, allowed on the ledger. Press 'Check it here' beside a build." },
    { hash: "#/places", title: "Where data lie", look: "Choose a country. What was not moved yet says so; a date that passes turns late by the clock alone." },
    (statistics?.aggregates.length ?? 0) > 0 ? { hash: "#/statistics", title: "What is counted of people", look: "Each answer was made random before it left. The line is the interval; what few people said has no number." } : undefined,
    { hash: "#/promises", title: "Promises, findings, requests", look: late > 0 ? `${late} ${late === 1 ? "promise is" : "promises are"} late now. Nobody had to report that.` : "Nothing is late now. When a date passes it says so without anybody's report." },
    { hash: "#/others", title: "Do not rely on one Centre", look: "Another operator's Centre must show the same digests. What is taken back there in silence is remembered here." },
    { hash: "#/", title: "Your own file", look: "Choose a file that you run. It is hashed here and not sent. Then ask the command line, which needs no Centre: it is the authority." },
  ];
  return all.filter((stop) => stop !== undefined);
}

// ---- where it is ------------------------------------------------------------------------

let tour: { all: Stop[]; at: number } | undefined;
const listeners = new Set<() => void>();

function move(next: typeof tour): void {
  tour = next;
  if (next !== undefined) location.hash = next.all[next.at]!.hash;
  for (const listener of listeners) listener();
}

export function TourBar() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = (): void => redraw((count) => count + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  if (tour === undefined) return null;
  const { all, at } = tour;
  const stop = all[at]!;
  return (
    <section class="tour" aria-label="guided tour">
      <p aria-live="polite">
        <strong>
          {at + 1} of {all.length}: {stop.title}.
        </strong>{" "}
        {stop.look}
      </p>
      <p class="pager">
        {at > 0 && <button type="button" onClick={() => move({ all, at: at - 1 })}>Back</button>}
        {at + 1 < all.length && <button type="button" onClick={() => move({ all, at: at + 1 })}>Next</button>}
        <button type="button" onClick={() => move(undefined)}>{at + 1 < all.length ? "Leave the tour" : "End of the tour"}</button>
      </p>
    </section>
  );
}

export function Tour() {
  const loaded = useLoaded(stops, []);
  const all = loaded.value;
  return (
    <>
      <Title>A tour of five minutes</Title>
      <p class="lead">It stops at the pages themselves, about half a minute each, with what this Centre really holds. You can leave it at any time.</p>
      {all === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <ol class="stops">
            {all.map((stop, i) => (
              <li key={stop.title}>
                <a href={stop.hash} onClick={(event) => { event.preventDefault(); move({ all, at: i }); }}>{stop.title}</a>
              </li>
            ))}
          </ol>
          <button type="button" onClick={() => move({ all, at: 0 })}>Begin</button>
        </>
      )}
    </>
  );
}
