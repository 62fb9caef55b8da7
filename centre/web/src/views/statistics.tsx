// What cells published of their statistics: plots with their intervals, and a table beside
// each.  All numbers are computed again here from what was signed.
import { useEffect, useState } from "preact/hooks";
import { getKnown, part, type Claim, type Reckoned } from "../api.ts";
import { refuse } from "../check/bytes.ts";
import { canonical, type JsonObject } from "../check/dsse.ts";
import { cellSigners, readAggregate, type Aggregate, type Field } from "../check/statistic.ts";
import { seconds } from "../check/trust.ts";
import { Plot } from "../plot.tsx";
import { checkWhole, fetching, proveClaim } from "../proven.ts";
import { alarm, currentTrust, said, useSession } from "../session.ts";
import { Authority, Badge, Digest, StraysOf, Time, Title, Unknown, useLoaded, Waiting } from "../ui.tsx";

interface Shown extends Reckoned {
  aggregates: Claim[];
}

const SHOWN_AT_ONCE = 6;

// ---- checked here -----------------------------------------------------------------------

interface Checked {
  aggregate?: Aggregate;
  signer?: string;
  failure?: string;
}

async function check(ledger: string, claim: Claim): Promise<Checked> {
  const { statement, proven } = await proveClaim(ledger, claim, "aggregate");
  if (canonical(statement.predicate) !== canonical(claim.says as JsonObject)) refuse("another aggregate was signed than is shown");
  const aggregate = readAggregate(statement.predicate);
  const until = seconds(aggregate.until);
  const trust = currentTrust();
  const signer = [proven.time, until < proven.time ? until : proven.time].flatMap((time) => cellSigners(statement, trust, time))[0];
  if (signer === undefined) return refuse(`cell ${aggregate.cell} did not sign it`);
  return { aggregate, signer: signer.holder };
}

function useChecked(ledger: string, claim: Claim): Checked {
  const { isReady } = useSession();
  const [checked, setChecked] = useState<Checked>({});
  useEffect(() => {
    if (!isReady) return;
    check(ledger, claim).then(setChecked, (error: unknown) => {
      alarm(`The statistics of entry ${claim.index}: ${said(error)}.`);
      setChecked({ failure: said(error) });
    });
  }, [isReady, ledger, claim.index]);
  return checked;
}

// ---- shown ------------------------------------------------------------------------------

function FieldOf({ field, of }: { field: Field; of: Aggregate }) {
  return (
    <section class="counted" aria-label={field.question}>
      <h3>{field.question}</h3>
      <div class="beside">
        <Plot field={field} reports={of.reports ?? 0} />
        <table>
          <caption>{field.name}, in people</caption>
          <thead>
            <tr>
              <th scope="col">Answer</th>
              <th scope="col">Estimate</th>
              <th scope="col">Between</th>
            </tr>
          </thead>
          <tbody>
            {field.cells.map((cell) => (
              <tr key={cell.value}>
                <th scope="row">{cell.value}</th>
                {cell.suppressed ? (
                  <td colSpan={2}>too few to show</td>
                ) : (
                  <>
                    <td>{cell.estimate}</td>
                    <td>{cell.low} and {cell.high}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function One({ shown, claim, isTwice }: { shown: Shown; claim: Claim; isTwice: boolean }) {
  const { aggregate, signer, failure } = useChecked(shown.ledger, claim);
  const { cell, name } = claim.says;
  return (
    <article class="card">
      <h2>{String(cell)}: {String(name)}</h2>
      {failure !== undefined && <p class="box bad" role="alert">These numbers are <strong>not proven</strong>, so they are not drawn: {failure}.</p>}
      {failure === undefined && aggregate === undefined && <p role="status">Checking here…</p>}
      {aggregate !== undefined && (
        <>
          <p>
            From <Time at={aggregate.from} /> until <Time at={aggregate.until} />: {aggregate.reports === undefined ? `fewer than ${aggregate.least} reports, so not even their number is told` : `${aggregate.reports} reports`}; {aggregate.refused} were refused. What may be fewer than {aggregate.least} people is not shown. {aggregate.percent} of 100 such intervals hold the truth.
          </p>
          <p>
            <Badge isLong tone="good">checked here: signed by {signer}, and each number computed again</Badge> {isTwice && <Badge isLong tone="bad">this period was counted more than once: the difference can tell of single people</Badge>}
          </p>
          {aggregate.fields.map((field) => <FieldOf key={field.name} field={field} of={aggregate} />)}
          <p class="quiet">
            Schema <Digest of={aggregate.schema} />, <a href={`#/ledgers/${part(shown.ledger)}/${claim.index}`}>entry {claim.index}</a>
          </p>
        </>
      )}
      <Authority lines={[...fetching(shown.ledger, claim.index, "aggregate.json"), "vitrine cell statistics show aggregate.json --trust trust.json"]} />
    </article>
  );
}

const periodOf = ({ says }: Claim): string => [says.cell, says.name, says.schema, says.period].map(String).join(" ");

function All({ shown }: { shown: Shown }) {
  const { isReady } = useSession();
  const [count, setCount] = useState(SHOWN_AT_ONCE);
  useEffect(() => {
    if (isReady) checkWhole("The statistics", shown);
  }, [isReady, shown]);
  const newest = [...shown.aggregates].reverse();
  return (
    <>
      {newest.length === 0 && <p class="box">No cell has published statistics on this ledger.</p>}
      {newest.slice(0, count).map((claim) => <One key={claim.index} shown={shown} claim={claim} isTwice={newest.some((other) => other !== claim && periodOf(other) === periodOf(claim))} />)}
      {newest.length > count && <button type="button" onClick={() => setCount(count + SHOWN_AT_ONCE)}>Show {newest.length - count} earlier</button>}
      <StraysOf all={shown.strays} />
    </>
  );
}

export function Statistics() {
  const loaded = useLoaded(() => getKnown<Shown>("statistics"), []);
  const shown = loaded.value;
  return (
    <>
      <Title>Statistics of the cells</Title>
      <p class="lead">Each answer is made random on the device before it leaves, so no single one says anything; what many say can be estimated. The thin line is the interval: the truth is somewhere in it.</p>
      {shown === undefined ? <Waiting loaded={loaded} /> : shown === null ? <Unknown /> : <All shown={shown} />}
    </>
  );
}
