// Where data lie: the table of residency, read from the ledger and checked here, drawn as a
// map; and the board of services that move, stay, or were not moved yet.
import { useEffect, useState } from "preact/hooks";
import { getKnown, part } from "../api.ts";
import { isObject, type JsonObject } from "../check/dsse.ts";
import { CLASSES, readTable, STATES, stepAt, type DataClass, type Rule, type State, type Step, type Table } from "../check/residency.ts";
import { isEnough, seconds, signersOf } from "../check/trust.ts";
import { countryName, REGIONS } from "../countries.ts";
import { countStates, Map, MARKS } from "../map.tsx";
import { checkWhole, fetching, proveStatement } from "../proven.ts";
import { alarm, currentTrust, said, useSession } from "../session.ts";
import { ago, Authority, Badge, Digest, StraysOf, Time, Title, Unknown, useLoaded, Waiting, type Tone } from "../ui.tsx";

interface Strays {
  strays: { index: number; why: string }[];
}

export interface Residency extends Strays {
  ledger: string;
  entries: number;
  newest?: { index: number; version: number; created: string; seen: string; digest: string };
}

interface Service {
  name: string;
  what: string;
  where: string;
  countries?: string[];
  class?: string;
  from: string;
  to?: string;
  state: State;
  promise?: string;
  reason: string;
  late: boolean;
  late_since?: string;
  only_said: boolean;
  unproven: boolean;
  due?: string;
  first_due?: string;
  moves?: number;
  promise_state?: string;
}

interface Relocation extends Strays {
  ledger: string;
  entries: number;
  plan?: { index: number; time: string; holder: string };
  services: Service[];
}

const TONES: Record<State, Tone> = { here: "good", moving: "wait", stays: "calm", "not moved yet": "bad" };
const State = ({ state }: { state: State }) => <Badge tone={TONES[state]}>{state}</Badge>;
const now = (): bigint => BigInt(Math.floor(Date.now() / 1000));

// ---- the table, checked here ------------------------------------------------------------

async function checkTable(shown: Residency): Promise<Table> {
  const { index, version, digest } = shown.newest!;
  const { statement, proven } = await proveStatement(shown.ledger, index);
  const table = readTable(statement, currentTrust(), proven.time);
  if (table.version !== version || table.digest !== digest) throw new Error(`it is version ${table.version}, and the Centre says ${version}`);
  const missing = REGIONS.flatMap((region) => region.countries).filter((country) => stepAt(table, country, "file", now()) === undefined);
  if (missing.length > 0) throw new Error(`it says nothing of ${missing.join(", ")}`);
  return table;
}

type Checked = { table?: Table; failure?: string };

export function useTable(shown: Residency | null | undefined): Checked {
  const { isReady } = useSession();
  const [checked, setChecked] = useState<Checked>({});
  useEffect(() => {
    if (!isReady || shown === undefined || shown === null) return;
    checkWhole("The table of residency", shown);
    if (shown.newest === undefined) return;
    checkTable(shown).then(
      (table) => setChecked({ table }),
      (error: unknown) => {
        alarm(`The table of residency, entry ${shown.newest!.index} of the ledger: ${said(error)}.`);
        setChecked({ failure: said(error) });
      },
    );
  }, [isReady, shown]);
  return checked;
}

// ---- what it says -----------------------------------------------------------------------

const Where = ({ step }: { step: Step }) => (
  <>
    {step.cell}
    {step.to !== undefined && (
      <>
        {" "}to {step.to}; from <Time at={step.fence} /> on the old one takes nothing
      </>
    )}
  </>
);

export function Country({ table, country, choose }: { table: Table; country: string; choose: (country: string) => void }) {
  const time = now();
  return (
    <>
      <p>
        <label>
          A country:{" "}
          <select value={country} onChange={(event) => choose(event.currentTarget.value)}>
            {REGIONS.map((region) => (
              <optgroup key={region.name} label={region.name}>
                {region.countries.map((code) => (
                  <option key={code} value={code}>{countryName(code)}</option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
      </p>
      <table class="cards places" id="country">
        <caption>{countryName(country)}, now and as planned</caption>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">State</th>
            <th scope="col">Where</th>
            <th scope="col">Since</th>
            <th scope="col">Planned</th>
          </tr>
        </thead>
        <tbody>
          {CLASSES.map((of) => {
            const step = stepAt(table, country, of, time);
            const later = (table.lines.get(`${country} ${of}`) ?? []).filter((each) => seconds(each.from) > time);
            return (
              <tr key={of}>
                <th scope="row">{of}</th>
                <td data-label="State">{step === undefined ? "nothing is said" : <State state={step.state} />}</td>
                <td data-label="Where">{step !== undefined && <Where step={step} />}</td>
                <td data-label="Since"><Time at={step?.from} /></td>
                <td data-label="Planned">
                  {later.length === 0 ? <span class="quiet">nothing</span> : later.map((each) => <p key={each.from}>from <Time at={each.from} />: {each.state}, <Where step={each} /></p>)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

const countriesOf = (rule: Rule): string => (rule.countries.length > 12 ? `${rule.countries.length} countries` : rule.countries.map(countryName).join(", "));

function Rules({ rules, caption }: { rules: Rule[]; caption: string }) {
  return (
    <table class="cards places">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Countries</th>
          <th scope="col">Classes</th>
          <th scope="col">State</th>
          <th scope="col">Where</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={`${rule.state} ${rule.cell} ${rule.from} ${rule.countries[0]} ${rule.classes[0]}`}>
            <th scope="row">
              {countriesOf(rule)}
              {rule.countries.length > 12 && (
                <details>
                  <summary>which</summary>
                  <span class="quiet">{rule.countries.join(" ")}</span>
                </details>
              )}
            </th>
            <td data-label="Classes">{rule.classes.join(", ")}</td>
            <td data-label="State"><State state={rule.state} /></td>
            <td data-label="Where"><Where step={rule} /></td>
            <td data-label="From"><Time at={rule.from} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Legend({ table }: { table: Table }) {
  const counts = new globalThis.Map(countStates(table, now()));
  return (
    <ul class="legend">
      {STATES.map((state) => (
        <li key={state}>
          <State state={state} /> <span aria-hidden="true">{MARKS[state]}</span> {counts.get(state) ?? 0} of {table.lines.size}
        </li>
      ))}
    </ul>
  );
}

function Drawn({ table, shown }: { table: Table; shown: Residency }) {
  const [of, setOf] = useState<DataClass>("file");
  const [country, setCountry] = useState("DE");
  const byState = (a: Rule, b: Rule): number => STATES.indexOf(a.state) - STATES.indexOf(b.state);
  const isPlanned = (rule: Rule): boolean => seconds(rule.from) > now();
  const planned = table.rules.filter(isPlanned);
  const { index } = shown.newest!;
  return (
    <>
      <p class="box good" role="status">
        <strong>Checked here:</strong> version {table.version} of the table is entry {index} of the ledger, signed by {table.signers.map((key) => `${key.holder} (${key.jurisdiction})`).join(" and ")}.
      </p>
      <Legend table={table} />
      <form class="filter" onSubmit={(event) => event.preventDefault()}>
        <fieldset>
          <legend>Class of data</legend>
          {CLASSES.map((each) => (
            <label key={each}>
              <input type="radio" name="class" value={each} checked={each === of} onChange={() => setOf(each)} /> {each}
            </label>
          ))}
        </fieldset>
      </form>
      <Map table={table} of={of} time={now()} chosen={country} choose={setCountry} />
      <Country table={table} country={country} choose={setCountry} />
      <Rules rules={table.rules.filter((rule) => !isPlanned(rule)).sort(byState)} caption="All that the table says" />
      {planned.length > 0 && <Rules rules={planned.sort(byState)} caption="Planned, and not counted above" />}
      <p class="quiet">
        Cells: {table.cells.map((cell) => `${cell.name} in ${countryName(cell.jurisdiction)}`).join(", ")}. Digest <Digest of={table.digest} />, <a href={`#/ledgers/${part(shown.ledger)}/${index}`}>entry {index}</a>
      </p>
      <Authority lines={[...fetching(shown.ledger, index, "residency.json"), "vitrine cell policy show --policy residency.json --trust trust.json"]} />
    </>
  );
}

// ---- the board --------------------------------------------------------------------------

const FIELDS = ["name", "what", "where", "class", "from", "to", "state", "promise", "reason"] as const;

// Each row against the plan that the vendor signed, and its date against this clock.
async function checkBoard({ ledger, plan, services }: Relocation): Promise<string> {
  const { statement, proven } = await proveStatement(ledger, plan!.index);
  const signers = signersOf(currentTrust().keys, "vendor", statement, proven.time, "");
  if (statement.predicateType !== "urn:vitrine:relocation-plan:v1" || !isEnough({ thresholds: new globalThis.Map([["vendor", { keys: 1, holders: 1, jurisdictions: 1 }]]) }, "vendor", signers)) throw new Error("it is no plan that the vendor signed");
  const rows = (Array.isArray(statement.predicate.services) ? statement.predicate.services : []).filter(isObject) as JsonObject[];
  if (rows.length !== services.length) throw new Error(`it names ${rows.length} services, and ${services.length} are shown`);
  rows.forEach((row, i) => {
    const shown = services[i]!;
    const wrong = FIELDS.find((field) => row[field] !== shown[field]);
    if (wrong !== undefined) throw new Error(`it says of ${String(row.name)} another ${wrong} than is shown`);
  });
  for (const row of services) if (row.due !== undefined && row.promise_state === "open" && Date.parse(row.due) + 60000 < Date.now()) alarm(`The service ${row.name} is not shown as late, and its date has passed.`);
  return signers[0]!.holder;
}

function Row({ row }: { row: Service }) {
  return (
    <tr>
      <th scope="row">
        {row.name}
        <br />
        <span class="quiet">
          {row.what}
          {row.countries !== undefined && `: ${row.countries.join(" ")}`}
        </span>
      </th>
      <td data-label="State">
        <State state={row.state} /> {row.late && <Badge tone="bad">late{row.late_since === undefined ? "" : ` since ${ago(row.late_since)}`}</Badge>}
        {row.unproven && <Badge tone="bad">unproven</Badge>}
        {row.only_said && <span class="quiet"> the vendor says so; no promise was made of it</span>}
      </td>
      <td data-label="Where">
        {row.from}
        {row.to !== undefined && ` to ${row.to}`}
        {row.where === "outside" && <span class="quiet">, outside the cells</span>}
      </td>
      <td data-label="Until">
        {row.due === undefined ? <span class="quiet">{row.reason === "" ? "no date" : row.reason}</span> : <Time at={row.due} />}
        {(row.moves ?? 0) > 0 && (
          <span class="quiet">
            , moved {row.moves} times; first <Time at={row.first_due} />
          </span>
        )}
      </td>
    </tr>
  );
}

function Board({ shown }: { shown: Relocation }) {
  const { isReady } = useSession();
  const [checked, setChecked] = useState<{ holder?: string; failure?: string }>({});
  useEffect(() => {
    if (!isReady || shown.plan === undefined) return;
    checkWhole("The register of services", shown);
    checkBoard(shown).then(
      (holder) => setChecked({ holder }),
      (error: unknown) => {
        alarm(`The register of services, entry ${shown.plan!.index} of the ledger: ${said(error)}.`);
        setChecked({ failure: said(error) });
      },
    );
  }, [isReady, shown]);
  if (shown.plan === undefined) return <p class="box">The ledger holds no register of services.</p>;
  const rank = (row: Service): number => (row.late ? -2 : row.unproven ? -1 : [3, 1, 2, 0][STATES.indexOf(row.state)]!);
  const count = (state: State): number => shown.services.filter((row) => row.state === state).length;
  return (
    <>
      {checked.failure !== undefined ? (
        <p class="box bad" role="alert">This register is <strong>not proven</strong>: {checked.failure}.</p>
      ) : checked.holder === undefined ? (
        <p role="status">Checking the register here…</p>
      ) : (
        <p class="box good" role="status">
          <strong>Checked here:</strong> {checked.holder} signed this register, <a href={`#/ledgers/${part(shown.ledger)}/${shown.plan.index}`}>entry {shown.plan.index}</a>. That a service has come is its word until the promise behind it was kept.
        </p>
      )}
      <table class="cards places" id="board">
        <caption>
          late: {shown.services.filter((row) => row.late).length} of {shown.services.length} services; {STATES.map((state) => `${state}: ${count(state)}`).join(", ")}
        </caption>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">State</th>
            <th scope="col">Where</th>
            <th scope="col">Until, or why not</th>
          </tr>
        </thead>
        <tbody>{[...shown.services].sort((a, b) => rank(a) - rank(b)).map((row) => <Row key={row.name} row={row} />)}</tbody>
      </table>
      <Authority lines={["vitrine relocate check --ledger COPY --trust trust.json", "vitrine relocate status --ledger COPY --trust trust.json"]}>
        <p>Reckoned from your own copy of the ledger and your own clock:</p>
      </Authority>
    </>
  );
}

// ---- the view ---------------------------------------------------------------------------

export function Places() {
  const residency = useLoaded(() => getKnown<Residency>("residency"), []);
  const relocation = useLoaded(() => getKnown<Relocation>("relocation"), []);
  const { table, failure } = useTable(residency.value);
  const shown = residency.value;
  return (
    <>
      <Title>Where data lie</Title>
      <p class="lead">For each country and each class of data: the cell, and whether they are there, on their way, stay where they always were, or were not moved yet. Nothing is decided by silence. Holders in two countries or more must sign the table.</p>
      {shown === undefined && <Waiting loaded={residency} />}
      {shown === null && <Unknown />}
      {shown && shown.newest === undefined && <p class="box">The ledger holds no table of residency that counts.</p>}
      {shown?.newest !== undefined && table === undefined && failure === undefined && <p role="status">Checking the table here…</p>}
      {failure !== undefined && (
        <p class="box bad" role="alert">
          This table is <strong>not proven</strong>, so it is not drawn: {failure}.
        </p>
      )}
      {shown && table !== undefined && <Drawn table={table} shown={shown} />}
      {shown && <StraysOf all={shown.strays} />}
      <h2>Services that move</h2>
      {relocation.value === undefined ? <Waiting loaded={relocation} /> : relocation.value === null ? <Unknown /> : <Board shown={relocation.value} />}
      {relocation.value && <StraysOf all={relocation.value.strays} />}
    </>
  );
}
