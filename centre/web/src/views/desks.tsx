// Desks of the supervisor and the foundation: what waits, with its evidence and what changed;
// approving and rejecting are one command each, and as easy.  No key comes near this page: it
// composes the command, the statement is signed where the key is, and handed in here.
import { useState } from "preact/hooks";
import { getJson, getKnown, handIn, part, type Claim, type Reckoned, type ReleaseRow, type Signer, type Statement, type Story } from "../api.ts";
import type { Key, Trust } from "../check/trust.ts";
import { said, useSession } from "../session.ts";
import { ago, Authority, Badge, Command, Digest, quoted, stateTone, Time, Title, Unknown, useLoaded, Waiting, type Tone } from "../ui.tsx";
import { WaitsFor } from "./releases.tsx";

const path = (row: { product: string; version: string }): string => `releases/${part(row.product)}/${part(row.version)}`;
const draftOf = (story: Story): Statement | undefined => story.statements.find((row) => row.kind === "draft" && row.standing === "counts");

// ---- what changed -----------------------------------------------------------------------

const COMPARED = ["source", "recipe", "lock", "environment", "kind"] as const;

// The newest one that was published before it in its channel.
const before = (row: ReleaseRow, all: ReleaseRow[]): ReleaseRow | undefined =>
  all
    .filter((other) => other.product === row.product && other.channel === row.channel && ["published", "superseded", "withdrawn"].includes(other.state) && (other.sequence ?? 0) < (row.sequence ?? 0))
    .sort((a, b) => (b.sequence ?? 0) - (a.sequence ?? 0))[0];

interface Change {
  name: string;
  was: string;
  is: string;
}

function documentsOf(says: Record<string, unknown>): Map<string, string> {
  const rows = Array.isArray(says.documents) ? (says.documents as { name: string; sha256: string }[]) : [];
  return new Map(rows.map((row) => [row.name, row.sha256]));
}

export function changesOf(now: Record<string, unknown>, then: Record<string, unknown>): Change[] {
  const [ours, theirs] = [documentsOf(now), documentsOf(then)];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return [
    ...COMPARED.map((name) => ({ name, was: String(then[name] ?? ""), is: String(now[name] ?? "") })),
    ...names.map((name) => ({ name: `document ${name}`, was: theirs.get(name) ?? "", is: ours.get(name) ?? "" })),
  ].filter((row) => row.was !== row.is);
}

function Changes({ story, then }: { story: Story; then: Story | undefined }) {
  const [now, old] = [draftOf(story), then && draftOf(then)];
  if (now === undefined) return <p>Nothing valid is drafted.</p>;
  if (then === undefined || old === undefined) return <p>It is the first release of its channel: there is nothing to compare it with.</p>;
  const changes = changesOf(now.says, old.says);
  return (
    <>
      <p>
        Since <a href={`#/${path(then)}`}>{then.version}</a>: {changes.length === 0 ? "nothing changed." : `${changes.map((row) => row.name).join(", ")} changed.`} Invited reviewers read the <a href={`#/source/${part(story.product)}/${part(story.version)}/since/${part(then.version)}`}>difference of the source</a>.
      </p>
      {changes.length > 0 && (
        <details>
          <summary>The digests</summary>
          <dl class="facts">
            {changes.map((row) => (
              <div key={row.name}>
                <dt>{row.name}</dt>
                <dd>
                  {row.was === "" ? "nothing" : <Digest of={row.was} />}
                  <br />
                  now {row.is === "" ? "nothing" : <Digest of={row.is} />}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

// ---- evidence ---------------------------------------------------------------------------

const EVIDENCE: [string, string][] = [["draft", "drafted"], ["provenance", "built"], ["sbom", "bill of materials"], ["vsa", "built again"], ["review", "reviewed"], ["rejection", "rejected"], ["release", "release statement"]];
const TONES: Record<string, Tone> = { counts: "good", accepts: "good", refuses: "bad", "does not count": "bad" };

function Evidence({ story }: { story: Story }) {
  return (
    <ul class="plain">
      {EVIDENCE.flatMap(([kind, word]) => story.statements.filter((row) => row.kind === kind).map((row) => ({ row, word }))).map(({ row, word }) => (
        <li key={row.sha256}>
          <Badge tone={row.kind === "rejection" && row.standing === "counts" ? "bad" : (TONES[row.standing] ?? "calm")}>{row.standing}</Badge> {word} by {row.signers.map((signer) => signer.holder ?? "a key that nobody names").join(", ")}{" "}
          {row.time !== undefined && <span class="quiet">(<Time at={row.time} />)</span>}
        </li>
      ))}
    </ul>
  );
}

// ---- handing in -------------------------------------------------------------------------

interface Handed {
  sha256: string;
  kind: string;
  product?: string;
  version?: string;
  created?: string;
  signers: Signer[];
  is_new?: boolean;
}

interface Reply {
  name: string;
  taken?: Handed;
  refused?: string;
}

const BYTES_MAX = 65535; // of a statement
const aboutOf = (row: Handed): string => [row.kind, row.product === undefined ? "" : `of ${row.product}`, row.version ?? ""].filter(Boolean).join(" ");
const byOf = (row: Handed): string => row.signers.map((signer) => signer.holder ?? "a key that nobody names").join(", ");

async function give(name: string, text: string): Promise<Reply> {
  if (text.length > BYTES_MAX) return { name, refused: `it is longer than ${BYTES_MAX} bytes, so it is no statement` };
  return handIn<Handed>(text.trim()).then((taken) => ({ name, taken }), (error: unknown) => ({ name, refused: said(error) }));
}

const HAND_IN = "hand-in";

function toHandIn(event: Event): void {
  event.preventDefault();
  document.getElementById(HAND_IN)?.scrollIntoView();
  document.getElementById(HAND_IN)?.focus();
}

function Replies({ all }: { all: Reply[] }) {
  return (
    <ul class="plain changes" id="replies">
      {all.map((reply, i) => (
        <li key={i}>
          {reply.taken !== undefined ? (
            <>
              <Badge tone="good">{reply.taken.is_new ? "taken" : "was here"}</Badge> {aboutOf(reply.taken)} by {byOf(reply.taken)} <span class="quiet">({reply.name})</span>
            </>
          ) : (
            <>
              <Badge tone="bad">refused</Badge> {reply.name}: {reply.refused}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function HandInForm({ onTaken }: { onTaken: () => void }) {
  const [pasted, setPasted] = useState("");
  const [replies, setReplies] = useState<Reply[]>([]);
  const show = (all: Reply[]): void => {
    setReplies(all);
    if (all.some((reply) => reply.taken !== undefined)) onTaken();
  };
  const giveFiles = async (files: File[]): Promise<void> => show(await Promise.all(files.map(async (file) => give(file.name, file.size > BYTES_MAX ? " ".repeat(BYTES_MAX + 1) : await file.text()))));
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void giveFiles([...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <>
      <div class="drop" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        <p>Drop the signed files here, or</p>
        <label class="choose">
          Choose files
          <input type="file" multiple onChange={(event) => void giveFiles([...(event.currentTarget.files ?? [])])} />
        </label>
      </div>
      <p>
        <label for="pasted">Or paste one statement:</label>
      </p>
      <textarea id="pasted" rows={3} spellcheck={false} value={pasted} onInput={(event) => setPasted(event.currentTarget.value)} />
      <p>
        <button type="button" disabled={pasted.trim() === ""} onClick={() => void give("pasted", pasted).then((reply) => (show([reply]), reply.taken !== undefined && setPasted("")))}>
          Hand in
        </button>
      </p>
      <div role="status">{replies.length > 0 && <Replies all={replies} />}</div>
    </>
  );
}

function HandIn() {
  const [round, setRound] = useState(0);
  const loaded = useLoaded(() => getKnown<{ handed: Handed[] }>("handed"), [round]);
  const [mine, setMine] = useState(0); // times that something of this page's was taken
  if (loaded.value === null) return <p class="box calm">This Centre takes no statements here: what is signed reaches desk and ledger as always.</p>;
  const rows = loaded.value?.handed ?? [];
  return (
    <>
      <p>For officers of the supervisor and of the foundation. Sign on your own machine; what you hand in is checked against the trust root, mandates included, and waits here until it is taken to the desk and to the ledger. Nothing else is asked of you: the signature speaks.</p>
      <HandInForm onTaken={() => setMine(mine + 1)} />
      <h3>What waits here</h3>
      {rows.length === 0 ? (
        <p>Nothing, as of the Centre's last look.</p>
      ) : (
        <ul class="plain changes" id="handed">
          {rows.map((row) => (
            <li key={row.sha256}>
              {aboutOf(row)} by {byOf(row)} {row.created !== undefined && <span class="quiet">(<Time at={row.created} />)</span>} <Digest of={row.sha256} />
            </li>
          ))}
        </ul>
      )}
      {mine > 0 && (
        <p>
          <button type="button" onClick={() => setRound(round + 1)}>Look again</button> <span class="quiet">What you handed in shows at the Centre's next look.</span>
        </p>
      )}
      <Authority lines={["vitrine centre handed --dir CENTRE", "vitrine centre handed --dir CENTRE --desk DESK --out FOR-THE-LEDGER"]}>
        <p>Whoever runs this Centre judges them once more, and takes them on:</p>
      </Authority>
    </>
  );
}

// ---- deciding ---------------------------------------------------------------------------

function Decide({ row }: { row: ReleaseRow }) {
  const [reason, setReason] = useState("");
  const names = `${row.product} ${row.version}`;
  const id = `reason-${names.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const isOpen = row.waits_for.some((gap) => gap.who === "supervisor");
  return (
    <div class="decide">
      <section aria-label={`approve ${names}`}>
        <h4>Approve</h4>
        <p>Signs the release statement, and the next list of withdrawals beside it; <a href="#/desks" onClick={toHandIn}>hand in</a> both files. {row.waits_for.length > 1 || !isOpen ? "The command refuses it as long as something is missing." : ""}</p>
        <Command line={`vitrine supervise approve ${names} --desk DESK --trust trust.json --key KEY --sign-only --out approval.json`} />
      </section>
      <section aria-label={`reject ${names}`}>
        <h4>Reject</h4>
        <p>
          <label for={id}>The reason, for the vendor and the ledger:</label>
        </p>
        <textarea id={id} rows={2} maxLength={2000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        {reason.trim() === "" ? <p class="quiet">Write the reason, and the command stands here.</p> : <Command line={`vitrine supervise reject ${names} --desk DESK --trust trust.json --key KEY --sign-only --out rejection.json --reason ${quoted(reason.trim())}`} />}
      </section>
    </div>
  );
}

function Waits({ row, all }: { row: ReleaseRow; all: ReleaseRow[] }) {
  const old = before(row, all);
  const loaded = useLoaded(() => Promise.all([getJson<Story>(path(row)), old === undefined ? undefined : getJson<Story>(path(old))]), [row.product, row.version]);
  return (
    <article class="card waits">
      <h3>
        <a href={`#/${path(row)}`}>{row.product} {row.version}</a> <Badge tone={stateTone(row.state)}>{row.state}</Badge>
      </h3>
      <WaitsFor gaps={row.waits_for} />
      {loaded.value === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <h4>What changed</h4>
          <Changes story={loaded.value[0]} then={loaded.value[1]} />
          <h4>Evidence on the desk</h4>
          <Evidence story={loaded.value[0]} />
        </>
      )}
      <Authority lines={[`vitrine supervise inspect ${row.product} ${row.version} --desk DESK --trust trust.json`, ...row.waits_for.map((gap) => gap.how)]}>
        <p>The evidence from your own copy of the desk, and what closes each gap:</p>
      </Authority>
      <Decide row={row} />
    </article>
  );
}

function Queue() {
  const loaded = useLoaded(() => getJson<{ releases: ReleaseRow[]; has_desk: boolean }>("releases"), []);
  if (loaded.value === undefined) return <Waiting loaded={loaded} />;
  const { releases, has_desk } = loaded.value;
  if (!has_desk) return <p class="box">This Centre holds no copy of the desk.</p>;
  const waiting = releases.filter((row) => row.waits_for.length > 0);
  const isOurs = (row: ReleaseRow): boolean => row.waits_for.some((gap) => gap.who === "supervisor");
  const sorted = [...waiting.filter(isOurs), ...waiting.filter((row) => !isOurs(row))];
  return (
    <>
      <p>
        {sorted.length === 0 ? "Nothing waits for anybody." : `${sorted.filter(isOurs).length} wait for the supervisor, ${sorted.length} in all.`}
      </p>
      {sorted.map((row) => <Waits key={`${row.product} ${row.version}`} row={row} all={releases} />)}
      <Authority lines={["vitrine supervise queue --desk DESK --trust trust.json"]} />
    </>
  );
}

// ---- members ----------------------------------------------------------------------------

const SOON_S = 30 * 86400;

function Mandate({ row }: { row: Key }) {
  const left = Number(row.mandateUntil) - Date.now() / 1000;
  const day = new Date(Number(row.mandateUntil) * 1000).toISOString().slice(0, 10);
  return left < 0 ? <Badge tone="bad">ended {day}</Badge> : left < SOON_S ? <Badge tone="wait">ends {day}</Badge> : <>until {day}</>;
}

function Members({ trust, enrolled }: { trust: Trust; enrolled: Claim[] }) {
  const holders = [...new Set(trust.keys.map((key) => key.holder))].sort();
  return (
    <table class="cards" id="members">
      <caption>{holders.length} members hold keys of the trust root; {enrolled.length} {enrolled.length === 1 ? "key was" : "keys were"} enrolled by the supervisor</caption>
      <thead>
        <tr>
          <th scope="col">Member</th>
          <th scope="col">Roles</th>
          <th scope="col">Where</th>
          <th scope="col">Accredited by, paid by</th>
          <th scope="col">Mandate</th>
        </tr>
      </thead>
      <tbody>
        {holders.map((holder) => {
          const keys = trust.keys.filter((key) => key.holder === holder);
          return (
            <tr key={holder}>
              <th scope="row">{holder}</th>
              <td data-label="Roles">{[...new Set(keys.map((key) => key.role))].join(", ")}</td>
              <td data-label="Where">{[...new Set(keys.map((key) => [key.site, key.jurisdiction].filter(Boolean).join(", ")))].join("; ")}</td>
              <td data-label="Accredited by, paid by">{[...new Set(keys.map((key) => `${key.accreditation}, ${key.funding}`))].join("; ")}</td>
              <td data-label="Mandate"><Mandate row={keys.reduce((first, key) => (key.mandateUntil < first.mandateUntil ? key : first))} /></td>
            </tr>
          );
        })}
        {enrolled.map((claim) => (
          <tr key={claim.index}>
            <th scope="row">{String(claim.says.holder)}</th>
            <td data-label="Roles">{String(claim.says.role)} <span class="quiet">(enrolled, entry {claim.index})</span></td>
            <td data-label="Where">{[claim.says.site, claim.says.jurisdiction].map(String).join(", ")}</td>
            <td data-label="Accredited by, paid by">{Object.entries(claim.says.mandate ?? {}).filter(([name]) => name !== "until").map(([, value]) => String(value)).join(", ")}</td>
            <td data-label="Mandate">until {String(claim.says.until).slice(0, 10)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Thresholds({ trust }: { trust: Trust }) {
  return (
    <table class="cards">
      <caption>How many must sign together; nobody alone names keys</caption>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col">Keys</th>
          <th scope="col">Holders</th>
          <th scope="col">Jurisdictions</th>
        </tr>
      </thead>
      <tbody>
        {[...trust.thresholds].filter(([, need]) => need.keys > 0).map(([role, need]) => (
          <tr key={role}>
            <th scope="row">{role}</th>
            <td data-label="Keys">{need.keys}</td>
            <td data-label="Holders">{need.holders}</td>
            <td data-label="Jurisdictions">{need.jurisdictions}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Foundation() {
  const { trust } = useSession();
  const loaded = useLoaded(() => getKnown<{ enrolled: Claim[] }>("builders"), []);
  if (trust === undefined) return <p class="quiet">The trust root could not be read.</p>;
  return (
    <>
      <Members trust={trust} enrolled={loaded.value?.enrolled ?? []} />
      <Thresholds trust={trust} />
      <h3>A new member, a key that ends: step by step</h3>
      <p>The next version of the trust root goes from holder to holder. It counts when the thresholds of the present version and of the next have signed it; a key that ends keeps what it signed in its time.</p>
      <Authority lines={["vitrine trust rotate --trust trust.json --draft next.json", "vitrine trust add-key --trust next.json --role vendor --public KEY.pub --holder NAME --jurisdiction CODE", "vitrine trust sign --trust next.json --previous trust.json --key KEY", "vitrine trust show --trust next.json --previous trust.json", "vitrine trust rotate --trust trust.json --next next.json"]}>
        <p>Begin it; name the member (or leave that out); each holder signs; see who is missing; take it:</p>
      </Authority>
    </>
  );
}

// ---- what was refused -------------------------------------------------------------------

interface Denial {
  of: string;
  asked: string;
  refused_at: string;
  reason: string;
  said: { index: number };
}

function Denials() {
  const loaded = useLoaded(() => getKnown<Reckoned & { denials: Denial[] }>("denials"), []);
  const shown = loaded.value;
  if (shown === undefined) return <Waiting loaded={loaded} />;
  if (shown === null) return <Unknown />;
  return (
    <>
      {shown.denials.length === 0 ? (
        <p>Nothing was refused, by the ledger.</p>
      ) : (
        <ul class="plain" id="denials">
          {shown.denials.map((row) => (
            <li key={row.said.index}>
              <Badge tone="bad">refused</Badge> {row.of} refused {row.asked} {ago(row.refused_at)} ago: {row.reason === "" ? "no reason was given" : row.reason} (<a href={`#/ledgers/${part(shown.ledger)}/${row.said.index}`}>entry {row.said.index}</a>)
            </li>
          ))}
        </ul>
      )}
      <Authority lines={["vitrine denial record --of HOLDER --asked TEXT --asked-at TIME --ledger COPY --trust trust.json --key KEY --sign-only --out denial.json", "vitrine denial list --ledger COPY --trust trust.json"]}>
        <p>The supervisor signs what was refused to it, hands it in above, and needs nobody's leave for it:</p>
      </Authority>
    </>
  );
}

export function Desks() {
  return (
    <>
      <Title>Desks</Title>
      <p class="lead">For the supervisor and the foundation, and open to everybody: what waits for a decision and on what evidence, who may decide, and what was refused to them. No key comes near this page.</p>
      <h2>What waits for a decision</h2>
      <Queue />
      <h2 id={HAND_IN} tabIndex={-1}>Hand in what you signed</h2>
      <HandIn />
      <h2>What the supervisor was refused</h2>
      <Denials />
      <h2>Members and mandates</h2>
      <Foundation />
    </>
  );
}
