// Several Centres must show the same: what this one remembers of others, and a comparison in
// this browser with what another one served, which nobody needs to be asked for.
import { useState } from "preact/hooks";
import { getJson, getText, part } from "../api.ts";
import { refuse } from "../check/bytes.ts";
import { isObject, parseCanonical, type JsonObject } from "../check/dsse.ts";
import { said } from "../session.ts";
import { Authority, Badge, Digest, Time, Title, useLoaded, Waiting } from "../ui.tsx";

interface Difference {
  what: string;
  kind: string;
  first?: string;
  second?: string;
}

interface Gone {
  of: string;
  kind: string;
  name: string;
  sha256: string;
  first: string;
  gone: string;
}

interface Other {
  name: string;
  where: string;
  at: string;
  seen: number;
  gone: Gone[];
  differences: Difference[];
}

// ---- compared here ----------------------------------------------------------------------

const itemsOf = (digests: JsonObject): JsonObject[] => (Array.isArray(digests.items) ? digests.items.filter(isObject) : refuse("it is no list of digests"));
const nameOf = (item: JsonObject): string => `${String(item.of)}: ${String(item.kind)}${item.name === "" ? "" : `, ${String(item.name)}`}`;

function byName(digests: JsonObject): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const item of itemsOf(digests)) {
    const name = nameOf(item);
    all.set(name, (all.get(name) ?? new Set()).add(String(item.sha256)));
  }
  return all;
}

export function compare(ours: JsonObject, theirs: JsonObject): { differences: Difference[]; equal: number } {
  const differences: Difference[] = [];
  let equal = 0;
  if (ours.trust !== theirs.trust) differences.push({ what: "trust root", kind: "altered", first: String(ours.trust), second: String(theirs.trust) });
  const [a, b] = [byName(ours), byName(theirs)];
  for (const what of [...new Set([...a.keys(), ...b.keys()])].sort()) {
    const [mine, other] = [a.get(what) ?? new Set<string>(), b.get(what) ?? new Set<string>()];
    const first = [...mine].filter((digest) => !other.has(digest));
    const second = [...other].filter((digest) => !mine.has(digest));
    equal += mine.size - first.length;
    if (first.length === 1 && second.length === 1) differences.push({ what, kind: "altered", first: first[0]!, second: second[0]! });
    else {
      for (const digest of first) differences.push({ what, kind: "only the first", first: digest });
      for (const digest of second) differences.push({ what, kind: "only the second", second: digest });
    }
  }
  const [here, there] = [ledgersOf(ours), ledgersOf(theirs)];
  for (const origin of new Set([...here.keys(), ...there.keys()])) {
    const [mine, other] = [here.get(origin), there.get(origin)];
    const what = `ledger ${origin}`;
    if (mine === undefined || other === undefined) differences.push({ what, kind: other === undefined ? "only the first" : "only the second" });
    else if (other.size === mine.size && other.root !== mine.root) differences.push({ what, kind: "two histories", first: String(mine.root), second: String(other.root) });
  }
  return { differences, equal };
}

const ledgersOf = (digests: JsonObject): Map<string, JsonObject> => new Map((Array.isArray(digests.ledgers) ? digests.ledgers.filter(isObject) : []).map((row) => [String(row.origin), row]));

// ---- shown ------------------------------------------------------------------------------

const WORDS: Record<string, string> = { altered: "both name it, with other digests", "only the first": "only this Centre shows it", "only the second": "only the other shows it", "two histories": "they are not one history" };

function Differences({ all, caption }: { all: Difference[]; caption: string }) {
  return (
    <table class="cards differences">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">How</th>
          <th scope="col">Here</th>
          <th scope="col">There</th>
        </tr>
      </thead>
      <tbody>
        {all.map((row) => (
          <tr key={`${row.what} ${row.first ?? ""} ${row.second ?? ""}`}>
            <th scope="row">{row.what}</th>
            <td data-label="How"><Badge isLong tone="bad">{WORDS[row.kind] ?? row.kind}</Badge></td>
            <td data-label="Here">{row.first === undefined ? <span class="quiet">nothing</span> : <Digest of={row.first} />}</td>
            <td data-label="There">{row.second === undefined ? <span class="quiet">nothing</span> : <Digest of={row.second} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// A release's page, where the name is one: "lamp 1.4.0".
function Of({ name }: { name: string }) {
  const [product, version] = name.split(" ");
  return version === undefined ? <>{name}</> : <a href={`#/releases/${part(product!)}/${part(version)}`}>{name}</a>;
}

function Remembered({ other }: { other: Other }) {
  const isEqual = other.differences.length === 0 && other.gone.length === 0;
  return (
    <article class="card">
      <h3>{other.name}</h3>
      <p>
        <span class="quiet">{other.where}</span>, looked at <Time at={other.at} />; {other.seen} statements were seen there. <Badge isLong tone={isEqual ? "good" : "bad"}>{isEqual ? "it showed the same" : "it does not show the same"}</Badge>
      </p>
      {other.gone.length > 0 && (
        <div class="box bad">
          <p><strong>Taken back without a word:</strong> these were shown there, and are not any more.</p>
          <ul>
            {other.gone.map((row) => (
              <li key={row.sha256}>
                <Of name={row.of} />: {row.kind}, {row.name}, seen from <Time at={row.first} />, gone since <Time at={row.gone} /> <Digest of={row.sha256} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {other.differences.length > 0 && <Differences all={other.differences} caption={`${other.differences.length} ${other.differences.length === 1 ? "difference" : "differences"} at that time`} />}
    </article>
  );
}

// The other's list of digests, as its own server gave it to the person.
function CompareHere() {
  const [result, setResult] = useState<{ differences: Difference[]; equal: number } | string>();
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const [ours, theirs] = [parseCanonical(await getText("digests")), parseCanonical((await file.text()).replace(/\n$/, ""))];
      setResult(compare(ours, theirs));
    } catch (error) {
      setResult(`That file: ${said(error)}.`);
    }
  };
  return (
    <section aria-labelledby="here">
      <h2 id="here">Compare with another one yourself</h2>
      <p>Fetch the list of digests of another Centre, from a machine that reaches it, and choose the file: it is compared in your browser and not sent.</p>
      <Authority lines={["curl -o digests.json https://OTHER/api/v1/digests", `vitrine centre compare https://OTHER ${location.origin} --trust trust.json`]}>
        <p>The second command compares without any page, ledgers included:</p>
      </Authority>
      <label class="choose">
        Choose its digests.json
        <input type="file" accept=".json,application/json" onChange={(event) => (void take(event.currentTarget.files?.[0]), (event.currentTarget.value = ""))} />
      </label>
      <div aria-live="polite" id="compared">
        {typeof result === "string" && <p class="box bad">{result}</p>}
        {typeof result === "object" && result.differences.length === 0 && <p class="box good">Compared here: both show the same {result.equal} digests.</p>}
        {typeof result === "object" && result.differences.length > 0 && (
          <>
            <p class="box bad"><strong>They do not show the same.</strong> One of the two may only be behind; ask both operators.</p>
            <Differences all={result.differences} caption={`${result.differences.length} differ, ${result.equal} are the same`} />
          </>
        )}
      </div>
    </section>
  );
}

export function Others() {
  const loaded = useLoaded(() => getJson<{ others: Other[] }>("others"), []);
  const others = loaded.value?.others;
  return (
    <>
      <Title>Other Centres</Title>
      <p class="lead">Whoever runs one Centre can show you anything; two that are run by different people must show the same digests. A mirror remembers what it saw, so a statement cannot be taken back in silence.</p>
      <h2>What this Centre remembers</h2>
      {others === undefined ? <Waiting loaded={loaded} /> : others.length === 0 ? <p>It has not been held against another one yet.</p> : others.map((other) => <Remembered key={other.name} other={other} />)}
      <Authority lines={["vitrine centre compare CENTRE https://OTHER --keep NAME", "vitrine centre mirror FROM CENTRE --as NAME"]}>
        <p>Whoever runs a Centre compares and mirrors with:</p>
      </Authority>
      <CompareHere />
    </>
  );
}
