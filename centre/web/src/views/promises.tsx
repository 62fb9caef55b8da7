// What was promised and is late, who must mend what, what governments asked for, and what the
// supervisor was refused.  Each row is a statement on the ledger, and is held against it here;
// lateness and gaps are reckoned once more, from dates, numbers and this machine's clock.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { getKnown, part } from "../api.ts";
import { refuse } from "../check/bytes.ts";
import { proveSaid, saidBy, type ProvenStatement } from "../proven.ts";
import { alarm, useSession } from "../session.ts";
import { ago, Authority, Badge, CheckHere, StraysOf, Time, Title, Unknown, useLoaded, Waiting, type Loaded, type Tone } from "../ui.tsx";

interface Said {
  index: number;
  time: string;
  holder: string;
  role: string;
  digest: string;
}

interface Reckoned {
  entries: number;
  seen: string;
  ledger?: string;
  strays: { index: number; why: string }[];
}

interface Promised {
  id: string;
  what: string;
  by: string;
  state: string;
  due: string;
  first_due: string;
  moves: number;
  late_since?: string;
  kept?: Said;
  kept_at?: string;
  evidence: { words: string };
  dates: (Said & { due: string })[];
}

interface Flaw {
  id: string;
  severity: string;
  owner: string;
  state: string;
  due: string;
  late: boolean;
  withheld: boolean;
  embargo?: string;
  text?: string;
  history: Said[];
}

interface Asked {
  number: number;
  country: string;
  kind: string;
  received: string;
  state: string;
  given: { kind: string; count: number }[];
  out_of_turn: boolean;
  newest: Said;
}

interface Denial {
  of: string;
  asked: string;
  asked_at: string;
  refused_at: string;
  reason: string;
  said: Said;
}

type Promises = Reckoned & { promises: Promised[] };
type Findings = Reckoned & { findings: Flaw[] };
type Requests = Reckoned & { requests: Asked[]; gaps: { first: number; last: number }[] };
type Denials = Reckoned & { denials: Denial[] };

// ---- reckoned again here ----------------------------------------------------------------

const HAS_PASSED_MS = 60000; // clocks differ a little, and the Centre looks now and then
const hasPassed = (due: string): boolean => Date.parse(due) + HAS_PASSED_MS < Date.now();

function checkPromises({ promises }: Promises): void {
  for (const row of promises) if (row.state === "open" && hasPassed(row.due)) alarm(`The promise ${row.id} is shown as open, and its date has passed.`);
}

function checkFindings({ findings }: Findings): void {
  for (const row of findings) if (["open", "accepted"].includes(row.state) && !row.late && hasPassed(row.due)) alarm(`The finding ${row.id} is not shown as late, and its date has passed.`);
}

// The numbers begin with 1, and whoever knows them knows what is missing.
function checkRequests({ requests, gaps }: Requests): void {
  const numbers = new Set(requests.map((row) => row.number));
  const told = (number: number): boolean => gaps.some((gap) => gap.first <= number && number <= gap.last);
  for (let number = 1; number < Math.max(0, ...numbers); number++)
    if (!numbers.has(number) && !told(number)) return alarm(`Number ${number} is missing among the requests of governments, and nothing is said of it.`);
}

// Did the Centre read the whole ledger that was signed?
function checkWhole(reckoned: Reckoned, size: bigint | undefined): void {
  if (size !== undefined && BigInt(reckoned.entries) < size) alarm(`What was promised was read from ${reckoned.entries} entries of the ledger, and ${size} were signed.`);
}

// ---- held against the ledger ------------------------------------------------------------

// A row, and what the statement that it was read from must say.
interface Shown {
  what: string;
  prove: (ledger: string) => Promise<unknown>;
}

const AT_ONCE = 12; // so many are checked without being asked

async function prove(ledger: string, said: Said, type: string, says: Record<string, unknown>): Promise<ProvenStatement> {
  const found = await proveSaid(ledger, said, type, says);
  saidBy(found, said.holder, said.role);
  return found;
}

async function provePromise(ledger: string, row: Promised): Promise<void> {
  const { id, what, by, evidence, due, dates } = row;
  const newest = dates.at(-1)!;
  await prove(ledger, newest, "promise", { id, what, by, evidence, due, supersedes: dates.at(-2)?.digest ?? null });
  if (row.kept !== undefined) await prove(ledger, row.kept, "kept", { id, promise: newest.digest });
  else if (/kept/.test(row.state)) refuse("it is shown as kept, and no statement says so");
}

// Once its text was public it need not be said again.
async function proveFinding(ledger: string, row: Flaw): Promise<void> {
  const { id, severity, owner, due, state, history } = row;
  let { predicate } = (await prove(ledger, history.at(-1)!, "finding", { id, severity, owner, due, state, supersedes: history.at(-2)?.digest ?? null })).statement;
  for (let i = history.length - 1; i > 0 && row.text !== undefined && predicate.text === undefined; i--) ({ predicate } = (await prove(ledger, history[i - 1]!, "finding", { id })).statement);
  if (row.text !== undefined && predicate.text !== row.text) refuse("its text is another one than is shown");
}

const ofPromises = ({ promises }: Promises): Shown[] => promises.map((row) => ({ what: row.id, prove: (ledger) => provePromise(ledger, row) }));
const ofFindings = ({ findings }: Findings): Shown[] => findings.map((row) => ({ what: row.id, prove: (ledger) => proveFinding(ledger, row) }));
const ofRequests = ({ requests }: Requests): Shown[] =>
  requests.map(({ newest, number, country, kind, received, state, given }) => ({ what: `request ${number}`, prove: (ledger) => prove(ledger, newest, "government-request", { number, country, kind, received, state, given }) }));
const ofDenials = ({ denials }: Denials): Shown[] =>
  denials.map(({ said, of, asked, asked_at, refused_at, reason }) => ({ what: `${of} and ${asked}`, prove: (ledger) => prove(ledger, said, "denial", { of, asked, asked_at, refused_at, reason }) }));

async function proveAll(ledger: string, rows: Shown[]): Promise<string> {
  for (const row of rows)
    await row.prove(ledger).catch((error: unknown) => {
      if (error instanceof Error) error.message = `${row.what}: ${error.message}`;
      throw error;
    });
  return `${rows.length} ${rows.length === 1 ? "row says" : "rows say"} what was signed`;
}

function HeldAgainst({ ledger, rows, title }: { ledger: string; rows: Shown[]; title: string }) {
  const rest = rows.slice(AT_ONCE);
  if (rows.length === 0) return null;
  return (
    <p>
      <CheckHere what={title} run={() => proveAll(ledger, rows.slice(0, AT_ONCE))} isAuto />
      {rest.length > 0 && <> The other {rest.length}: <CheckHere what={title} run={() => proveAll(ledger, rest)} /></>}
    </p>
  );
}

// ---- rows -------------------------------------------------------------------------------

function Where({ said, ledger }: { said: Said; ledger: string | undefined }) {
  return (
    <>
      {said.holder}, {said.role}
      <br />
      {ledger === undefined ? `entry ${said.index}` : <a href={`#/ledgers/${part(ledger)}/${said.index}`}>entry {said.index}</a>}
    </>
  );
}

const TONES: Record<string, Tone> = { late: "bad", open: "wait", kept: "good", "late and kept": "calm", fixed: "good", declined: "calm" };

function PromiseRow({ row, ledger }: { row: Promised; ledger: string | undefined }) {
  return (
    <tr>
      <th scope="row">
        {row.what}
        <br />
        <span class="quiet">{row.id}, to be seen by: {row.evidence.words}</span>
      </th>
      <td data-label="State">
        <Badge tone={TONES[row.state] ?? "wait"}>{row.state}</Badge>
        {row.state === "late" && row.late_since !== undefined && <> since {ago(row.late_since)}</>}
      </td>
      <td data-label="Until">
        <Time at={row.due} />
        {row.moves > 0 && <span class="quiet">, moved {row.moves} {row.moves === 1 ? "time" : "times"}; first <Time at={row.first_due} /></span>}
      </td>
      <td data-label="Said by">
        <Where said={row.dates.at(-1)!} ledger={ledger} />
      </td>
    </tr>
  );
}

function FlawRow({ row, ledger }: { row: Flaw; ledger: string | undefined }) {
  return (
    <tr>
      <th scope="row">
        {row.id}
        <br />
        <span class="quiet">{row.text ?? (row.withheld ? "its text is withheld, though its embargo is over" : <>its text is under embargo until {row.embargo === undefined ? "it is opened" : <Time at={row.embargo} />}</>)}</span>
      </th>
      <td data-label="State">
        <Badge tone={row.late || row.withheld ? "bad" : (TONES[row.state] ?? "wait")}>{row.late ? `${row.state}, late` : row.state}</Badge> {row.severity}
      </td>
      <td data-label="Must act">
        {row.owner}, until <Time at={row.due} />
      </td>
      <td data-label="Said by">
        <Where said={row.history.at(-1)!} ledger={ledger} />
      </td>
    </tr>
  );
}

function AskedRow({ row, ledger }: { row: Asked; ledger: string | undefined }) {
  return (
    <tr>
      <th scope="row">
        {row.number}
        {row.out_of_turn && <Badge tone="bad">out of turn</Badge>}
      </th>
      <td data-label="Asked">
        {row.country}: {row.kind}
      </td>
      <td data-label="State">
        {row.state}
        {row.given.length > 0 ? `, given: ${row.given.map((given) => `${given.count} ${given.kind}`).join(", ")}` : ""}
      </td>
      <td data-label="Said by">
        <Where said={row.newest} ledger={ledger} />
      </td>
    </tr>
  );
}

const DenialRow = ({ row, ledger }: { row: Denial; ledger: string | undefined }) => (
  <tr>
    <th scope="row">{row.asked}</th>
    <td data-label="Refused by">{row.of}</td>
    <td data-label="When, why">
      <Time at={row.refused_at} />: {row.reason === "" ? "no reason was given" : row.reason}
    </td>
    <td data-label="Said by">
      <Where said={row.said} ledger={ledger} />
    </td>
  </tr>
);

// ---- sections ---------------------------------------------------------------------------

const Table = ({ caption, columns, children }: { caption: string; columns: string[]; children: ComponentChildren }) => (
  <table class="cards">
    <caption>{caption}</caption>
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">{column}</th>
        ))}
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
);

function Section<T extends Reckoned>({ title, path, verb, check, rows, children }: { title: string; path: string; verb: string; check: (value: T) => void; rows: (value: T) => Shown[]; children: (value: T) => ComponentChildren }) {
  const { isReady, heads } = useSession();
  const loaded: Loaded<T | null> = useLoaded(
    () =>
      getKnown<T>(path),
    [path],
  );
  const { value } = loaded;
  useEffect(() => {
    if (!isReady || value === undefined || value === null) return;
    check(value);
    checkWhole(value, heads.find((head) => head.name === value.ledger)?.checkpoint.size);
  }, [isReady, value]);
  return (
    <section>
      <h2>{title}</h2>
      {value === undefined ? (
        <Waiting loaded={loaded} />
      ) : value === null ? (
        <Unknown />
      ) : (
        <>
          {children(value)}
          {value.ledger !== undefined && <HeldAgainst ledger={value.ledger} rows={rows(value)} title={title} />}
          <StraysOf all={value.strays} />
          <Authority lines={[`vitrine ${verb} --ledger COPY --trust trust.json`]}>
            <p>Reckoned from your own copy of the ledger and your own clock:</p>
          </Authority>
        </>
      )}
    </section>
  );
}

export function Promises() {
  return (
    <>
      <Title>Promises</Title>
      <p class="lead">What stands on the ledger under a date or a number. Nobody has to report what is late or missing: it follows from the ledger and the clock.</p>
      <Section<Promises> title="What was promised" path="promises" verb="promise check" check={checkPromises} rows={ofPromises}>
        {({ promises, ledger }) => (
          <Table caption={`late: ${promises.filter((row) => row.state === "late").length} of ${promises.length}`} columns={["Promise", "State", "Until", "Said by"]}>
            {promises.map((row) => <PromiseRow key={row.id} row={row} ledger={ledger} />)}
          </Table>
        )}
      </Section>
      <Section<Findings> title="Findings" path="findings" verb="finding check" check={checkFindings} rows={ofFindings}>
        {({ findings, ledger }) => (
          <Table caption={`late: ${findings.filter((row) => row.late).length} of ${findings.length}`} columns={["Finding", "State", "Must act", "Said by"]}>
            {findings.map((row) => <FlawRow key={row.id} row={row} ledger={ledger} />)}
          </Table>
        )}
      </Section>
      <Section<Requests> title="Requests of governments" path="requests" verb="request check" check={checkRequests} rows={ofRequests}>
        {({ requests, gaps, ledger }) => (
          <>
            {gaps.length > 0 && (
              <p class="box bad">
                <strong>Numbers are missing:</strong> {gaps.map((gap) => (gap.first === gap.last ? gap.first : `${gap.first} to ${gap.last}`)).join(", ")}. Each request gets the next number before anything is given; a missing one was kept back.
              </p>
            )}
            <Table caption={`made known: ${requests.length}${gaps.length === 0 ? "; no number is missing" : ""}`} columns={["Number", "Asked", "State", "Said by"]}>
              {requests.map((row) => <AskedRow key={row.number} row={row} ledger={ledger} />)}
            </Table>
          </>
        )}
      </Section>
      <Section<Denials> title="What the supervisor was refused" path="denials" verb="denial list" check={() => {}} rows={ofDenials}>
        {({ denials, ledger }) => (
          <Table caption={`${denials.length} ${denials.length === 1 ? "time" : "times"}`} columns={["Asked for", "Refused by", "When, why", "Said by"]}>
            {denials.map((row) => <DenialRow key={row.said.index} row={row} ledger={ledger} />)}
          </Table>
        )}
      </Section>
    </>
  );
}
