// The trust root: whose signatures count here, where they stand, how many are needed.
import { useState } from "preact/hooks";
import { readTrust, type Key, type Trust as TrustOf } from "../check/trust.ts";
import { said, useSession } from "../session.ts";
import { Authority, Badge, Digest, Time, Title } from "../ui.tsx";

const day = (time: bigint): string => new Date(Number(time) * 1000).toISOString().slice(0, 10);

const KeyRow = ({ row }: { row: Key }) => (
  <tr>
    <th scope="row">{row.role}</th>
    <td data-label="Holder">{row.holder}</td>
    <td data-label="Where">{[row.site, row.jurisdiction].filter(Boolean).join(", ")}</td>
    <td data-label="From, until">
      {day(row.from)} to {day(row.until)}
    </td>
    <td data-label="Key">
      <Digest of={row.keyid} />
    </td>
  </tr>
);

// Your own copy is the one that counts: is it the one that this page was given?
function Compare({ trust }: { trust: TrustOf }) {
  const [result, setResult] = useState<{ ok: boolean; says: string }>();
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const own = readTrust((await file.text()).replace(/\n$/, ""));
      setResult(own.digest === trust.digest ? { ok: true, says: "Yours and the one that this Centre judges by are the same, byte by byte." } : { ok: false, says: `Yours is another one: version ${own.version}, this Centre has version ${trust.version}. What is shown here was not judged by yours.` });
    } catch (error) {
      setResult({ ok: false, says: `That file: ${said(error)}.` });
    }
  };
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Is it the one that you have?</h2>
      <label class="choose">
        Choose your own trust.json
        <input type="file" accept=".json,application/json" onChange={(event) => void take(event.currentTarget.files?.[0])} />
      </label>
      <p aria-live="polite">{result !== undefined && <Badge isLong tone={result.ok ? "good" : "bad"}>{result.says}</Badge>}</p>
    </section>
  );
}

export function Trust() {
  const { trust, isReady } = useSession();
  return (
    <>
      <Title>Trust root</Title>
      <p class="lead">All that is shown here was judged by these keys. The trust root must reach you another way than through this page: compare it.</p>
      {trust === undefined ? (
        <p class={isReady ? "box bad" : "quiet"}>{isReady ? "It could not be read." : "Loading…"}</p>
      ) : (
        <>
          <p>
            Version {trust.version}, made <Time at={trust.created} />, until <Time at={trust.expires} />. <Badge isLong tone="good">signed by {trust.rootHolders.join(", ")}</Badge>
          </p>
          <p class="quiet">
            SHA-256 <Digest of={trust.digest} />
          </p>
          <Compare trust={trust} />
          <table class="cards">
            <caption>Keys, {trust.keys.length} in all</caption>
            <thead>
              <tr>
                <th scope="col">Role</th>
                <th scope="col">Holder</th>
                <th scope="col">Where</th>
                <th scope="col">From, until</th>
                <th scope="col">Key</th>
              </tr>
            </thead>
            <tbody>
              {trust.keys.map((key) => (
                <KeyRow key={key.role + key.keyid} row={key} />
              ))}
            </tbody>
          </table>
          <Authority lines={["vitrine trust show --trust trust.json"]} />
        </>
      )}
    </>
  );
}
