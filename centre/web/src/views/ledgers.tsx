// Ledgers: heads and witnesses, entries, one entry with its proof drawn.
import { useEffect, useState } from "preact/hooks";
import { getBytes, getJson, getText, part, type EntryRow, type LedgerRow } from "../api.ts";
import { hex } from "../check/bytes.ts";
import { leafHash } from "../check/merkle.ts";
import { verifyProof, type Proven } from "../check/proof.ts";
import { sha256 } from "../check/crypto.ts";
import { alarm, currentTrust, headOf, said, useSession } from "../session.ts";
import { Tree } from "../tree.tsx";
import { Authority, Badge, bytes, Digest, Signers, Time, Title, useLoaded, Waiting } from "../ui.tsx";

// ---- heads --------------------------------------------------------------------------

function Witnesses({ row }: { row: LedgerRow }) {
  return (
    <ul class="witnesses">
      {(row.witnesses ?? []).map((witness) => (
        <li key={witness.key}>
          <Badge tone={witness.cosigned === undefined ? "calm" : "good"}>
            {witness.key} {witness.jurisdiction === undefined ? "" : `(${witness.jurisdiction})`}
          </Badge>{" "}
          {witness.cosigned === undefined ? <span class="quiet">did not sign this one</span> : <Time at={witness.cosigned} />}
        </li>
      ))}
    </ul>
  );
}

function Ledger({ row }: { row: LedgerRow }) {
  useSession();
  const head = headOf(row.name);
  return (
    <article class="card">
      <h2>{row.origin === undefined ? row.name : <a href={`#/ledgers/${part(row.name)}`}>{row.origin}</a>}</h2>
      {row.problem !== undefined && (
        <p class="box bad">
          The copy that lies here now is not shown: {row.problem}.
        </p>
      )}
      {row.root !== undefined && (
        <>
          <p>
            <strong>{row.size}</strong> entries, as of <Time at={row.as_of} />.{" "}
            {head === undefined ? <span class="quiet">Not checked here yet.</span> : <Badge tone="good">signatures checked here</Badge>}
          </p>
          <p class="quiet">
            root <Digest of={row.root} />
          </p>
          <Witnesses row={row} />
          <Authority lines={[`vitrine ledger mirror --dir COPY --from URL --policy policy.txt --origin ${row.origin}`, `vitrine ledger fsck COPY --policy policy.txt --origin ${row.origin}`]} />
        </>
      )}
    </article>
  );
}

export function Ledgers() {
  const loaded = useLoaded(() => getJson<{ ledgers: LedgerRow[] }>("ledgers"), []);
  return (
    <>
      <Title>Ledgers</Title>
      <p class="lead">A ledger can only grow. Witnesses in several countries sign each head that continues what they saw; this page checks their signatures, and that the ledger continues what you were shown on your last visit.</p>
      {loaded.value === undefined ? <Waiting loaded={loaded} /> : loaded.value.ledgers.map((row) => <Ledger key={row.name} row={row} />)}
      {loaded.value?.ledgers.length === 0 && <p class="box">This Centre holds no ledger.</p>}
    </>
  );
}

// ---- entries ------------------------------------------------------------------------

interface Page {
  size: number;
  entries: EntryRow[];
  next?: number;
}

// A list with a hole in it, or one that ends before the signed end, is a lie.
function checkPage(name: string, from: number, page: Page): void {
  const head = headOf(name);
  const hole = page.entries.findIndex((entry, i) => entry.index !== from + i);
  const end = page.next ?? page.size;
  if (hole >= 0) alarm(`The ledger ${name}: entry ${from + hole} is left out of the list.`);
  else if (page.entries.length !== end - from) alarm(`The ledger ${name}: the list ends before entry ${end}.`);
  if (head !== undefined && BigInt(page.size) < head.checkpoint.size) alarm(`The ledger ${name}: the list counts ${page.size} entries, ${head.checkpoint.size} were signed.`);
}

export function Entries({ name, from }: { name: string; from: number }) {
  const { isReady } = useSession();
  const loaded = useLoaded(() => getJson<Page>(`ledgers/${part(name)}/entries/${from}`), [name, from]);
  const page = loaded.value;
  useEffect(() => {
    if (isReady && page !== undefined) checkPage(name, from, page);
  }, [isReady, page]);
  return (
    <>
      <p class="crumbs">
        <a href="#/ledgers">Ledgers</a>
      </p>
      <Title>Entries of {name}</Title>
      {page === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <EntryTable name={name} page={page} from={from} />
          <nav class="pager" aria-label="pages of entries">
            {from > 0 && <a href={`#/ledgers/${part(name)}/from/${Math.max(0, from - 32)}`}>Earlier</a>}
            {page.next !== undefined && <a href={`#/ledgers/${part(name)}/from/${page.next}`}>Later</a>}
          </nav>
        </>
      )}
    </>
  );
}

const EntryTable = ({ name, page, from }: { name: string; page: Page; from: number }) => (
  <table class="cards">
    <caption>
      Entries {from} to {from + page.entries.length - 1} of {page.size}
    </caption>
    <thead>
      <tr>
        <th scope="col">Entry</th>
        <th scope="col">Kind</th>
        <th scope="col">About</th>
        <th scope="col">Signed by</th>
      </tr>
    </thead>
    <tbody>
      {page.entries.map((entry) => (
        <tr key={entry.index}>
          <th scope="row">
            <a href={`#/ledgers/${part(name)}/${entry.index}`}>{entry.index}</a>
          </th>
          <td data-label="Kind">{entry.kind}</td>
          <td data-label="About">{entry.about ?? <span class="quiet">nothing that can be read</span>}</td>
          <td data-label="Signed by">{[...new Set((entry.signers ?? []).map((signer) => signer.holder ?? "unknown key"))].join(", ")}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

// ---- one entry ----------------------------------------------------------------------

interface Checked {
  leaf: Uint8Array;
  text: string;
  proven: Proven;
}

async function checkEntry(name: string, index: number, row: EntryRow): Promise<Checked> {
  const head = headOf(name);
  const [entry, proof] = await Promise.all([getBytes(`ledgers/${part(name)}/entry/${index}`), getText(`ledgers/${part(name)}/proof/${index}`)]);
  const leaf = leafHash(entry);
  const proven = verifyProof(proof, leaf, currentTrust().policy, head?.checkpoint.origin ?? currentTrust().origin);
  if (proven.index !== BigInt(index)) throw new Error(`the proof is of entry ${proven.index}`);
  if (hex(sha256(entry)) !== row.sha256) throw new Error("the list shows another entry than the one that is proven");
  return { leaf, text: new TextDecoder().decode(entry), proven };
}

function pretty(text: string): string {
  try {
    const envelope = JSON.parse(text) as { payload?: string };
    const payload = envelope.payload === undefined ? envelope : (JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(envelope.payload), (char) => char.charCodeAt(0)))) as unknown);
    return JSON.stringify(payload, null, 2);
  } catch {
    return text;
  }
}

function Proof({ name, index, row }: { name: string; index: number; row: EntryRow }) {
  const { isReady } = useSession();
  const [checked, setChecked] = useState<{ value?: Checked; failure?: string }>({});
  useEffect(() => {
    if (!isReady) return;
    checkEntry(name, index, row).then(
      (value) => setChecked({ value }),
      (error: unknown) => {
        alarm(`Entry ${index} of the ledger ${name}: ${said(error)}.`);
        setChecked({ failure: said(error) });
      },
    );
  }, [isReady]);
  const { value, failure } = checked;
  if (failure !== undefined)
    return (
      <p class="box bad" role="alert">
        This entry is <strong>not proven</strong>: {failure}.
      </p>
    );
  if (value === undefined) return <p role="status">Checking the proof here…</p>;
  const { checkpoint, witnesses } = value.proven;
  return (
    <>
      <p class="box good" role="status">
        <strong>Checked here:</strong> these bytes are entry {index} of the {checkpoint.size} entries that {checkpoint.origin} and {witnesses.length} witnesses signed.
      </p>
      <Tree leaf={value.leaf} index={value.proven.index} size={checkpoint.size} steps={value.proven.steps} />
      <Authority lines={[`curl -o ${index}.entry ${location.origin}/api/v1/ledgers/${part(name)}/entry/${index}`, `curl -o ${index}.tlog-proof ${location.origin}/api/v1/ledgers/${part(name)}/proof/${index}`, `vitrine ledger check ${index}.entry --proof ${index}.tlog-proof --policy policy.txt --origin ${checkpoint.origin}`]}>
        <p>Entry and proof can come from anywhere, also from here; your own policy of logs and witnesses decides:</p>
      </Authority>
      <h2>What it says</h2>
      <pre tabIndex={0} aria-label="entry">{pretty(value.text)}</pre>
    </>
  );
}

export function Entry({ name, index }: { name: string; index: number }) {
  const loaded = useLoaded(() => getJson<Page>(`ledgers/${part(name)}/entries/${index}`), [name, index]);
  const row = loaded.value?.entries[0];
  return (
    <>
      <p class="crumbs">
        <a href="#/ledgers">Ledgers</a> / <a href={`#/ledgers/${part(name)}/from/${index - (index % 32)}`}>{name}</a>
      </p>
      <Title>Entry {index}</Title>
      {row === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <p class="lead">
            {row.kind}
            {row.about === undefined ? "" : `: ${row.about}`}, {bytes(row.size)}
          </p>
          <p class="quiet">
            SHA-256 <Digest of={row.sha256} />
          </p>
          {row.signers !== undefined && <Signers all={row.signers} />}
          <Proof name={name} index={index} row={row} />
        </>
      )}
    </>
  );
}
