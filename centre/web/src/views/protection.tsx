// For whoever answers for a country's data: where each class lies, what the ledgers say of it,
// and the one signed page that an authority can check offline.
import { useState } from "preact/hooks";
import { getKnown, part } from "../api.ts";
import { useSession } from "../session.ts";
import { Authority, Command, Title, Unknown, useLoaded, Waiting } from "../ui.tsx";
import { Country, useTable, type Residency } from "./places.tsx";

function OfCountry({ country, choose }: { country: string; choose: (country: string) => void }) {
  const loaded = useLoaded(() => getKnown<Residency>("residency"), []);
  const { table, failure } = useTable(loaded.value);
  if (loaded.value === undefined) return <Waiting loaded={loaded} />;
  if (loaded.value === null) return <Unknown />;
  if (loaded.value.newest === undefined) return <p class="box">The ledger holds no table of residency that counts.</p>;
  if (failure !== undefined) return <p class="box bad" role="alert">The table is <strong>not proven</strong>, so it is not shown: {failure}.</p>;
  if (table === undefined) return <p role="status">Checking the table here…</p>;
  const { index } = loaded.value.newest;
  return (
    <>
      <Country table={table} country={country} choose={choose} />
      <p class="box good">
        <strong>Checked here:</strong> <a href={`#/ledgers/${part(loaded.value.ledger)}/${index}`}>entry {index}</a> of the ledger, signed by {table.signers.map((key) => `${key.holder} (${key.jurisdiction})`).join(" and ")}. <a href="#/places">All countries</a>
      </p>
    </>
  );
}

export function Protection() {
  const { heads } = useSession();
  const [country, setCountry] = useState("DE");
  return (
    <>
      <Title>Data protection</Title>
      <p class="lead">Where a country's data lie, who asked to read them and why, and what was erased: with the proof of each, for an authority that believes nobody.</p>
      <h2>Where they lie</h2>
      <OfCountry country={country} choose={setCountry} />
      <h2>Who asked to read, and what was erased</h2>
      <p>
        Each request to read, and each order to erase, has an entry on the cell's access ledger; without it the key agent gives no key. An entry is a number that tells nothing of anybody, so this page, which is open to everybody, shows none of them: person, reason and place stand in the agent's openings. Whoever may have those lists them, and sees that none is missing.
      </p>
      <Authority lines={["vitrine custody accesses --openings OPENINGS --copy COPY --origin ORIGIN --trust trust.json", "vitrine custody reconcile --openings OPENINGS --copy COPY --origin ORIGIN --trust trust.json", "vitrine custody erased CLAIM --trust trust.json"]}>
        <p>With the openings, and your own copy of the access ledger ({heads.map((head) => head.checkpoint.origin).join(", ") || "no ledger is shown here"}):</p>
      </Authority>
      <h2>For an authority: one page with its proofs</h2>
      <p>Written from its own evidence and signed by supervisor, foundation, cell or data protection. Whoever checks it writes it again and compares, so neither words nor proofs can be changed. It needs no network and no Centre.</p>
      <Command line={`vitrine centre export --dir CENTRE --country ${country} --openings OPENINGS --accesses LEDGER --key KEY --out ${country.toLowerCase()}.html`} />
      <p>And the authority asks:</p>
      <Command line={`vitrine centre check-export ${country.toLowerCase()}.html --trust trust.json`} />
    </>
  );
}
