// The first page: your own file, what waits, the state of the ledgers.
import { getJson, part, type ReleaseRow } from "../api.ts";
import { useSession } from "../session.ts";
import { Badge, Time, Title, useLoaded, Waiting } from "../ui.tsx";
import { YourFile } from "./file.tsx";
import { ReleaseTable } from "./releases.tsx";

function Heads() {
  const { heads, isReady } = useSession();
  return (
    <section aria-labelledby="heads">
      <h2 id="heads">One history for everybody</h2>
      {!isReady && <p role="status">Checking the ledgers here…</p>}
      {isReady && heads.length === 0 && <p>No ledger could be checked.</p>}
      <ul class="plain">
        {heads.map((head) => (
          <li key={head.name}>
            <Badge tone="good">checked here</Badge> <a href={`#/ledgers/${part(head.name)}`}>{head.checkpoint.origin}</a>: {head.checkpoint.size.toString()} entries, {head.witnesses.length} witnesses, <Time at={new Date(Number(head.time) * 1000).toISOString().replace(".000", "")} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Pending() {
  const loaded = useLoaded(() => getJson<{ releases: ReleaseRow[] }>("releases"), []);
  if (loaded.value === undefined) return <Waiting loaded={loaded} />;
  const waiting = loaded.value.releases.filter((row) => row.waits_for.length > 0);
  return (
    <section aria-labelledby="waits">
      <h2 id="waits">Who waits for whom</h2>
      {waiting.length === 0 ? <p>Nothing waits for anybody.</p> : <ReleaseTable rows={waiting} caption={`${waiting.length} of ${loaded.value.releases.length} releases wait`} />}
      <p>
        <a href="#/releases">All releases</a>
      </p>
    </section>
  );
}

export function Home() {
  return (
    <>
      <Title>Nobody should have to rely on the vendor's word</Title>
      <p class="lead">Start from a file of yours and walk to its release, its source, who read it, who built it again, and the ledger that shows everybody the same. This page checks signatures and proofs itself, and gives the command that is the authority.</p>
      <p>
        New here? <a href="#/tour">A tour of five minutes</a>
      </p>
      <YourFile />
      <Heads />
      <Pending />
    </>
  );
}
