// Releases and where they stand: who waits for whom, since when.
import { useState } from "preact/hooks";
import { getJson, part, type Gap, type ReleaseRow } from "../api.ts";
import { ago, Authority, Badge, stateTone, Title, useLoaded, Waiting } from "../ui.tsx";

interface Answer {
  has_desk: boolean;
  releases: ReleaseRow[];
  list_waits?: { list: number; since: string; who?: string };
}

const storyPath = (row: ReleaseRow): string => `#/releases/${part(row.product)}/${part(row.version)}`;

export function WaitsFor({ gaps }: { gaps: Gap[] }) {
  if (gaps.length === 0) return <span class="quiet">nobody</span>;
  return (
    <ul class="gaps">
      {gaps.map((gap) => (
        <li key={gap.who + gap.missing}>
          <strong>{gap.who}</strong>
          {gap.since === undefined ? "" : `, since ${ago(gap.since)}`}: {gap.missing}
        </li>
      ))}
    </ul>
  );
}

function Row({ row }: { row: ReleaseRow }) {
  return (
    <tr>
      <th scope="row">
        <a href={storyPath(row)}>
          {row.product} {row.version}
        </a>
        <br />
        <span class="quiet">
          {row.kind}
          {row.channel === undefined ? "" : `, channel ${row.channel}, number ${row.sequence}`}
        </span>
      </th>
      <td data-label="State">
        <Badge tone={stateTone(row.state)}>{row.state}</Badge>
      </td>
      <td data-label="Reviews">
        {row.accepting} accept{row.refusing > 0 ? `, ${row.refusing} refuse` : ""}
      </td>
      <td data-label="Waits for">
        <WaitsFor gaps={row.waits_for} />
      </td>
    </tr>
  );
}

export function ReleaseTable({ rows, caption }: { rows: ReleaseRow[]; caption: string }) {
  return (
    <table class="cards">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Release</th>
          <th scope="col">State</th>
          <th scope="col">Reviews of its source</th>
          <th scope="col">Waits for</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={storyPath(row)} row={row} />
        ))}
      </tbody>
    </table>
  );
}

const CHOICES = ["all", "waiting", "current", "withdrawn or refused"] as const;
type Choice = (typeof CHOICES)[number];

function isChosen(row: ReleaseRow, choice: Choice): boolean {
  if (choice === "waiting") return row.waits_for.length > 0;
  if (choice === "current") return row.state === "published";
  return choice === "all" || stateTone(row.state) === "bad";
}

export function Releases() {
  const loaded = useLoaded(() => getJson<Answer>("releases"), []);
  const [choice, setChoice] = useState<Choice>("all");
  const [name, setName] = useState("");
  const answer = loaded.value;
  const rows = (answer?.releases ?? []).filter((row) => isChosen(row, choice) && `${row.product} ${row.version}`.includes(name.trim()));
  return (
    <>
      <Title>Releases</Title>
      <p class="lead">Each state follows from signed statements alone: any copy of them tells the same.</p>
      {answer === undefined ? (
        <Waiting loaded={loaded} />
      ) : !answer.has_desk ? (
        <p class="box">This Centre holds no copy of a desk, so it knows of no release. Ledgers can be read.</p>
      ) : (
        <>
          <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
            <label>
              Name <input type="search" value={name} onInput={(event) => setName(event.currentTarget.value)} />
            </label>
            <fieldset>
              <legend>Show</legend>
              {CHOICES.map((each) => (
                <label key={each}>
                  <input type="radio" name="choice" checked={choice === each} onChange={() => setChoice(each)} /> {each}
                </label>
              ))}
            </fieldset>
          </form>
          {answer.list_waits !== undefined && (
            <p class="box wait">
              List of withdrawals {answer.list_waits.list} waits for the {answer.list_waits.who ?? "ledger"}, since {ago(answer.list_waits.since)}.
            </p>
          )}
          <ReleaseTable rows={rows} caption={`${rows.length} of ${answer.releases.length} releases`} />
          <Authority lines={["vitrine release status --desk DESK --trust trust.json"]} />
        </>
      )}
    </>
  );
}
