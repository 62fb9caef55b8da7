// Start from your own file.  It is hashed here and never sent; of the digest the Centre
// learns a few digits, or none: a whole bucket of known files is fetched and searched here.
import { useEffect, useRef, useState } from "preact/hooks";
import { getJson, part, type KnownFile } from "../api.ts";
import type { Finding } from "../check/evidence.ts";
import { checkOutput, judge } from "../judge.ts";
import { alarm, said, useSession } from "../session.ts";
import { Authority, Badge, Digest, Findings, stateTone, Time } from "../ui.tsx";

declare const HASH_WORKER: string;

// A worker is started from one address alone, and the content policy holds us to it.
const policy = (globalThis as unknown as { trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } } }).trustedTypes?.createPolicy("vitrine", {
  createScriptURL: (url) => {
    if (url !== HASH_WORKER) throw new Error("no script of ours");
    return url;
  },
});
const startWorker = (): Worker => new Worker(policy?.createScriptURL(HASH_WORKER) ?? HASH_WORKER);

interface Told {
  done?: number;
  size?: number;
  sha256?: string;
  failure?: string;
}

function hashFile(file: File, tell: (share: number) => void): { digest: Promise<string>; stop: () => void } {
  const worker = startWorker();
  const digest = new Promise<string>((resolve, reject) => {
    worker.onerror = () => reject(new Error("the file could not be hashed"));
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.sha256 !== undefined) resolve(data.sha256);
      else if (data.failure !== undefined) reject(new Error(data.failure));
      else tell((data.done ?? 0) / Math.max(1, data.size ?? 1));
    };
    worker.postMessage(file);
  }).finally(() => worker.terminate());
  return { digest, stop: () => worker.terminate() };
}

export interface Bucket {
  digits: number;
  count: number;
  files: KnownFile[];
}

// The one question, about a bucket.
export async function findFile(digest: string): Promise<{ found: KnownFile[]; bucket: Bucket }> {
  const { digits, count } = await getJson<{ digits: number; count: number }>("files");
  if (!Number.isInteger(digits) || digits < 0 || digits > 4) throw new Error("the Centre asks for more of the digest than it may learn");
  const prefix = digits === 0 ? "all" : digest.slice(0, digits);
  const { files } = await getJson<{ files: KnownFile[] }>(`files/${prefix}`);
  return { found: files.filter((file) => file.sha256 === digest), bucket: { digits, count, files } };
}

// ---- what came of it ------------------------------------------------------------------

function facts(file: KnownFile): Record<string, unknown> {
  return (file.verdict ?? {}) as unknown as Record<string, unknown>;
}

const holders = (value: unknown): string =>
  Array.isArray(value) ? value.map((row: { holder?: string; jurisdiction?: string }) => `${row.holder ?? "?"} (${row.jurisdiction ?? "?"})`).join(", ") : "";

function FoundWalk({ file }: { file: KnownFile }) {
  const told = facts(file);
  const text = (name: string): string => (typeof told[name] === "string" ? (told[name] as string) : "");
  const steps: [string, preact.ComponentChild][] = [
    ["release", <a href={`#/releases/${part(file.product)}/${part(file.version)}`}>{file.product} {file.version}</a>],
    ["source", text("source") === "" ? "" : <Digest of={text("source")} />],
    ["read by", holders(told.reviewers)],
    ["built by", holders(told.builders)],
    ["built again by", holders(told.rebuilders) === "" ? "" : `${holders(told.rebuilders)}: ${text("rebuild")}`],
    ["approved by", [holders(told.vendors), holders(told.supervisors)].filter(Boolean).join(" and ")],
    ["ledger", file.ledger === undefined ? "" : <>entry {file.ledger.index} of {file.ledger.origin}, since <Time at={file.ledger.logged_at} /></>],
  ];
  return (
    <dl class="facts walk">
      {steps.filter(([, value]) => value !== "").map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// What the Centre says of the file, and, when it is wished, what its signed evidence says.
export function Found({ file, isAuto }: { file: KnownFile; isAuto?: boolean }) {
  const { isReady } = useSession();
  const [result, setResult] = useState<{ findings?: Finding[]; failure?: string }>({});
  const check = (): void => {
    checkOutput(file, file).then(
      (findings) => {
        judge(file, file, findings);
        setResult({ findings });
      },
      (error: unknown) => {
        alarm(`${file.product} ${file.version}, ${file.name}: ${said(error)}.`);
        setResult({ failure: said(error) });
      },
    );
  };
  useEffect(() => {
    if (isAuto && isReady && file.verdict !== undefined) check();
  }, [isAuto, isReady]);
  const isGood = file.verdict?.ok === true;
  const isChecked = result.findings?.every((finding) => finding.ok);
  const tone = !isGood || isChecked === false || result.failure !== undefined ? "bad" : isChecked ? "good" : "calm";
  return (
    <article class={`box ${tone}`}>
      <h3>
        {tone === "bad" ? "This file is known, and should not be used" : tone === "good" ? "This is what was reviewed, rebuilt and approved: checked here" : "The Centre says: this is what was reviewed, rebuilt and approved"}
      </h3>
      <p>
        <Badge tone={stateTone(file.state)}>{file.state}</Badge> {isGood ? "" : `${file.verdict?.sentence ?? "No evidence is published for it"}. ${file.verdict?.next ?? ""}`}
      </p>
      <FoundWalk file={file} />
      {file.verdict !== undefined && result.findings === undefined && (
        <p>
          <button type="button" onClick={check}>
            Check it here
          </button>{" "}
          <span class="quiet">{result.failure ?? "This fetches the release's evidence, so the Centre learns which release you look at."}</span>
        </p>
      )}
      {result.findings !== undefined && <Findings all={result.findings} />}
    </article>
  );
}

function Unknown() {
  return (
    <div class="box wait">
      <h3>Nothing is known of this file</h3>
      <p>No release that this Centre knows has an output with this digest. That may mean that it was changed, that it is of a release before the Centre's time, or that it never was a release. It does not mean that it is harmless.</p>
    </div>
  );
}

function Answer({ name, digest, answer }: { name: string; digest: string; answer: { found: KnownFile[]; bucket: Bucket } }) {
  const { found, bucket } = answer;
  return (
    <>
      <p>
        <strong>{name}</strong>
        <br />
        SHA-256 <Digest of={digest} />
      </p>
      {found.length === 0 ? <Unknown /> : found.map((file) => <Found key={file.product + file.version} file={file} />)}
      <p class="quiet">
        The file was not sent.{" "}
        {bucket.digits === 0
          ? `Of its digest the Centre learned nothing: all that it knows (${bucket.count} ${bucket.count === 1 ? "file" : "files"}) was fetched and searched here.`
          : `Of its digest the Centre learned the first ${bucket.digits} of 64 digits, which ${bucket.files.length} of the ${bucket.count} known files begin with.`}
      </p>
      <Authority lines={[`vitrine verify ${name.replace(/[^\w.+~-]/g, "?")} --trust trust.json`]}>
        <p>The authority, offline, with FILE.evidence beside it:</p>
      </Authority>
    </>
  );
}

// ---- the place to drop it --------------------------------------------------------------

type Work =
  | { phase: "idle" }
  | { phase: "hashing"; name: string; share: number; stop: () => void }
  | { phase: "done"; name: string; digest: string; answer: { found: KnownFile[]; bucket: Bucket } }
  | { phase: "failed"; name: string; failure: string };

export function YourFile() {
  const [work, setWork] = useState<Work>({ phase: "idle" });
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (work.phase === "hashing") work.stop();
    const { name } = file;
    const job = hashFile(file, (share) => setWork({ phase: "hashing", name, share, stop: job.stop }));
    setWork({ phase: "hashing", name, share: 0, stop: job.stop });
    try {
      const digest = await job.digest;
      setWork({ phase: "done", name, digest, answer: await findFile(digest) });
    } catch (error) {
      const failure = said(error);
      if (failure.startsWith("the Centre asks")) alarm(`Your own file: ${failure}.`);
      setWork({ phase: "failed", name, failure });
    }
  };

  return (
    <section aria-labelledby="own">
      <h2 id="own">Start from your own file</h2>
      <div
        class={isOver ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer?.files[0]);
        }}
      >
        <p id="never">Drop a file here, of any size. It is hashed in your browser and never sent.</p>
        <label class="choose">
          Choose a file
          <input ref={input} type="file" aria-describedby="never" onChange={(event) => void take(event.currentTarget.files?.[0])} />
        </label>
      </div>
      <div aria-live="polite" class="result">
        {work.phase === "hashing" && (
          <p>
            <label>
              Hashing {work.name} <progress max={1} value={work.share} />
            </label>{" "}
            {Math.round(work.share * 100)} %{" "}
            <button type="button" onClick={() => { work.stop(); setWork({ phase: "idle" }); }}>
              Stop
            </button>
          </p>
        )}
        {work.phase === "failed" && <p class="box bad">{work.name}: {work.failure}.</p>}
        {work.phase === "done" && <Answer name={work.name} digest={work.digest} answer={work.answer} />}
      </div>
    </section>
  );
}

