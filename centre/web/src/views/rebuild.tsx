// Building a release again: a reviewer asks for it, and watches.  The Centre's line does it in
// its sandbox; what it tells is the Centre's word, and the commands say it without it.
import { useEffect, useState } from "preact/hooks";
import { getJson, part, type Output, type Story } from "../api.ts";
import { askJson, useReviewer } from "../reviewing.ts";
import { alarm, said } from "../session.ts";
import type { Release } from "../source.ts";
import { Authority, Badge, Digest, Failure, Time, Title, type Tone } from "../ui.tsx";
import { placeOf } from "./source-parts.tsx";
import { Reading, useReading } from "./source.tsx";

interface Cause {
  cause: string;
  place: string;
  because: string;
  fix: string;
}

interface Told {
  state: "none" | "waits" | "runs" | "equal" | "differs" | "failed";
  number?: number;
  product?: string;
  version?: string;
  asked?: string;
  began?: string;
  ended?: string;
  says?: string;
  artefact_count?: number;
  artefacts?: { name: string; sha256: string }[];
  causes?: Cause[];
  log?: string;
  next?: number;
  is_all?: boolean;
}

const isOpen = (told: Told): boolean => told.state === "waits" || told.state === "runs";
const isAbout = (told: Told, release: Release): boolean => told.product === release.product && told.version === release.version;

// ---- watching -----------------------------------------------------------------------------

const SOON_MS = 1000;
const LATER_MS = 5000; // when it has taken a minute
const SOON_LOOKS = 60;

function useRebuild(release: Release, first: Told) {
  const [told, setTold] = useState<Told>(first);
  const [log, setLog] = useState(first.log ?? "");
  const [failure, setFailure] = useState<string>();
  const [looks, setLooks] = useState(0);
  const take = (answer: Told): void => {
    setLog((before) => (answer.number === told.number ? before : "") + (answer.log ?? ""));
    setTold(answer);
    setLooks((count) => count + 1);
  };
  const fail = (error: unknown): void => setFailure(said(error));
  useEffect(() => {
    const hasMore = told.state !== "none" && told.is_all === false;
    if (failure !== undefined || !(isOpen(told) || hasMore)) return;
    const look = (): void => void askJson<Told>({ ...release, kind: "rebuilt", ...((told.next ?? 0) > 0 && { number: told.next! }) }).then(take, fail);
    const timer = setTimeout(look, hasMore ? 0 : looks < SOON_LOOKS ? SOON_MS : LATER_MS);
    return () => clearTimeout(timer);
  }, [told, failure]);
  const ask = (): void => {
    setFailure(undefined);
    setLooks(0);
    askJson<Told>({ ...release, kind: "rebuild" }).then(take, fail);
  };
  return { told, log, failure, ask, isLong: looks > SOON_LOOKS / 3 };
}

// ---- what came of it ----------------------------------------------------------------------

const TONES: Record<Told["state"], Tone> = { none: "calm", waits: "wait", runs: "wait", equal: "good", differs: "bad", failed: "wait" };

function sentenceOf(told: Told): string {
  if (told.state === "waits") return "it waits for its turn";
  if (told.state === "runs") return "it is being built";
  if (told.state === "equal") return "equal: every artefact is the vendor's, bit for bit";
  if (told.state === "differs") return `it differs: ${told.says ?? ""}`;
  return `it could not be tried: ${told.says ?? ""}`;
}

function State({ told, isLong }: { told: Told; isLong: boolean }) {
  return (
    <>
      <p role="status">
        <Badge tone={TONES[told.state]} isLong>
          {sentenceOf(told)}
        </Badge>
      </p>
      <p class="quiet">
        Asked for <Time at={told.asked} />
        {told.began !== undefined && <>, begun <Time at={told.began} /></>}
        {told.ended !== undefined && <>, ended <Time at={told.ended} /></>}.
      </p>
      {told.state === "waits" && isLong && <p class="box wait">Nobody has begun with it. Whoever runs this Centre carries rebuilds out with <code>vitrine centre rebuild</code>.</p>}
    </>
  );
}

function Artefacts({ told, outputs }: { told: Told; outputs: Output[] }) {
  const rows = told.artefacts ?? [];
  const count = told.artefact_count ?? rows.length;
  const standing = (row: { name: string; sha256: string }): boolean | undefined => {
    const output = outputs.find((one) => one.name === row.name);
    return output === undefined ? undefined : output.sha256 === row.sha256;
  };
  const isReleased = rows.some((row) => standing(row) !== undefined);
  if (rows.length === 0) return null;
  return (
    <table class="cards">
      <caption>
        {count} {count === 1 ? "artefact was" : "artefacts were"} built here{count > rows.length && `, the first ${rows.length} of them`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Artefact</th>
          <th scope="col">Digest</th>
          {isReleased && <th scope="col">Held against the release</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td data-label="Digest"><Digest of={row.sha256} /></td>
            {isReleased && <td data-label="Held against the release">{standing(row) === undefined ? <span class="quiet">not released</span> : <Badge tone={standing(row) ? "good" : "bad"}>{standing(row) ? "the released one" : "another one"}</Badge>}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Causes({ all }: { all: Cause[] }) {
  return (
    <section aria-label="why it differs">
      <h2>Why it differs</h2>
      <p class="quiet">Suspected from the bytes alone; <code>vitrine line diagnose</code> proves a cause by building again.</p>
      <ul class="plain changes">
        {all.map((row) => (
          <li key={row.cause + row.place}>
            <Badge tone="bad">{row.cause}</Badge> <code>{row.place}</code>: {row.because}. <span class="quiet">To mend it: {row.fix}.</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Log({ text }: { text: string }) {
  if (text === "") return null;
  return (
    <section aria-label="log">
      <h2>Log</h2>
      <pre tabIndex={0} role="log" aria-label="log of the rebuild" class="build-log">{text}</pre>
    </section>
  );
}

// ---- all of it ----------------------------------------------------------------------------

function Asking({ release, ask, isDone, isBusy }: { release: Release; ask: () => void; isDone: boolean; isBusy: boolean }) {
  return (
    <p>
      <button type="button" disabled={isBusy} onClick={ask}>
        Rebuild {release.product} {release.version}
        {isDone && " once more"}
      </button>
    </p>
  );
}

// What is released and what is told to be equal to it must have the same digests.
function watchForLies(told: Told, outputs: Output[], release: Release): void {
  if (told.state !== "equal") return;
  const other = (told.artefacts ?? []).find((row) => outputs.some((output) => output.name === row.name && output.sha256 !== row.sha256));
  if (other !== undefined) alarm(`${release.product} ${release.version}: this Centre calls its rebuild equal, and ${other.name} is not the released one.`);
}

function Watched({ release, first, outputs }: { release: Release; first: Told; outputs: Output[] }) {
  const { told, log, failure, ask, isLong } = useRebuild(release, first);
  const isOurs = isAbout(told, release);
  useEffect(() => watchForLies(told, outputs, release), [told]);
  return (
    <>
      <Asking release={release} ask={ask} isDone={isOurs && !isOpen(told)} isBusy={isOpen(told)} />
      <Failure of={failure} />
      {told.state !== "none" && !isOurs && (
        <p class="box calm">
          The last one that you asked for is of <a href={placeOf({ product: told.product!, version: told.version! }, "rebuild")}>{told.product} {told.version}</a>.
        </p>
      )}
      {isOurs && (
        <>
          <State told={told} isLong={isLong} />
          {told.state === "differs" && (told.causes ?? []).length > 0 && <Causes all={told.causes!} />}
          <Artefacts told={told} outputs={outputs} />
          <Log text={log} />
        </>
      )}
    </>
  );
}

async function load(release: Release): Promise<{ first: Told; outputs: Output[] }> {
  const [first, story] = await Promise.all([askJson<Told>({ ...release, kind: "rebuilt" }), getJson<Story>(`releases/${part(release.product)}/${part(release.version)}`)]);
  return { first, outputs: story.outputs };
}

export function Rebuild({ release }: { release: Release }) {
  const { isOut, loaded } = useReading(() => load(release));
  const who = useReviewer();
  return (
    <>
      <Title>
        Rebuild of {release.product} {release.version}
      </Title>
      <p>
        <a href={placeOf(release)}>
          Source of {release.product} {release.version}
        </a>
      </p>
      <p class="lead">This Centre builds the release again from its source, recipe and lock, in a sandbox without network, and holds what comes out against what the vendor built.</p>
      {isOut || loaded.value === undefined ? <Reading isOut={isOut} loaded={loaded} /> : <Watched key={who?.csrf} release={release} {...loaded.value} />}
      <p class="quiet">One at a time for each invitation. That you asked is on the sealed record; whoever runs this Centre sees which release it builds, and for which invitation.</p>
      <Authority lines={[`vitrine supervise rebuild ${release.product} ${release.version} --desk DESK --trust trust.json --store STORE --out OUT --key KEY`, "vitrine line rebuild --expect build.json --archive ARCHIVE --out OUT"]}>
        <p>This Centre's word is not needed. As the supervisor, who signs what comes of it; or on any machine, from an archive of the release:</p>
      </Authority>
    </>
  );
}
