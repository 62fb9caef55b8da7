// Small parts that all views share.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Finding } from "./check/evidence.ts";
import { Unanswered, type Signer } from "./api.ts";
import { alarm, said, useSession } from "./session.ts";

// The heading of a view: it takes the focus, so that a reader hears where he is.
export function Title({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${heading.current?.textContent ?? ""} · Transparency Centre`;
    if (history.length > 1 && document.activeElement !== document.body) heading.current?.focus();
  }, []);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {children}
    </h1>
  );
}

export type Tone = "good" | "bad" | "wait" | "calm";
const MARKS: Record<Tone, string> = { good: "✓", bad: "✕", wait: "…", calm: "·" };

export function Badge({ tone, isLong, children }: { tone: Tone; isLong?: boolean; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}${isLong ? " long" : ""}`}>
      <span aria-hidden="true">{MARKS[tone]}</span> {children}
    </span>
  );
}

export function stateTone(state: string): Tone {
  if (state === "published") return "good";
  if (["withdrawn", "rejected", "differs"].includes(state)) return "bad";
  return state === "superseded" ? "calm" : "wait";
}

export function Time({ at }: { at: string | undefined }) {
  if (at === undefined) return <span class="quiet">no time</span>;
  return <time dateTime={at}>{at.replace("T", " ").replace("Z", " UTC")}</time>;
}

const UNITS: [number, string][] = [[86400, "day"], [3600, "hour"], [60, "minute"]];

export function ago(at: string): string {
  const seconds = Math.max(0, (Date.now() - Date.parse(at)) / 1000);
  for (const [length, name] of UNITS) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${count} ${name}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}

export function Digest({ of: digest }: { of: string }) {
  return (
    <code class="digest" title={digest}>
      {digest}
    </code>
  );
}

// One word of a shell, whatever is in it.
export const quoted = (text: string): string => `'${text.replaceAll(/[\r\n\t]+/g, " ").replaceAll("'", "'\\''")}'`;

export function Command({ line }: { line: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => void navigator.clipboard?.writeText(line).then(() => setCopied(true), () => setCopied(false));
  return (
    <div class="command">
      <pre tabIndex={0} aria-label="command">{line}</pre>
      <button type="button" onClick={copy} aria-label={`Copy the command ${line.slice(0, 40)}`}>
        {isCopied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

// "Show me the command": the authority, one key press away.
export function Authority({ lines, children }: { lines: string[]; children?: ComponentChildren }) {
  return (
    <details class="authority">
      <summary>Show me the command</summary>
      {children ?? <p>On a machine of yours, with your own copy of the trust root:</p>}
      {lines.map((line) => (
        <Command key={line} line={line} />
      ))}
    </details>
  );
}

export function Signers({ all }: { all: Signer[] }) {
  return (
    <ul class="signers">
      {all.map((signer) => (
        <li key={signer.keyid + signer.role}>
          {signer.holder === undefined ? (
            <>
              <Badge tone="bad">a key that nobody names</Badge> <Digest of={signer.keyid} />
            </>
          ) : (
            <>
              <strong>{signer.holder}</strong>, {signer.role} <span class="quiet">({[signer.site, signer.jurisdiction].filter(Boolean).join(", ")})</span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Findings({ all }: { all: Finding[] }) {
  return (
    <ol class="findings">
      {all.map((finding) => (
        <li key={finding.step} class={finding.ok ? "good" : "bad"}>
          <span class="mark" aria-hidden="true">{finding.ok ? "✓" : "✕"}</span>
          <span>
            <strong>
              {finding.ok ? "" : "Not so: "}
              {finding.step}
            </strong>
            <br />
            {finding.says}
          </span>
        </li>
      ))}
    </ol>
  );
}

// What is fetched, and what is shown meanwhile or instead.
export type Loaded<T> = { value?: T; failure?: string };

export function useLoaded<T>(load: () => Promise<T>, dependencies: unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({});
  useEffect(() => {
    let isOld = false;
    setLoaded({});
    load().then(
      (value) => !isOld && setLoaded({ value }),
      (error: unknown) => !isOld && setLoaded({ failure: said(error) }),
    );
    return () => {
      isOld = true;
    };
  }, dependencies);
  return loaded;
}

// Why something was not done, if it was not.
export function Failure({ of: sentence }: { of: string | undefined }) {
  if (sentence === undefined) return null;
  return (
    <p class="box bad" role="alert">
      {sentence}.
    </p>
  );
}

export function Waiting({ loaded }: { loaded: Loaded<unknown> }) {
  if (loaded.failure !== undefined) return <Failure of={loaded.failure} />;
  return (
    <p class="quiet" role="status">
      Loading…
    </p>
  );
}

// Statements of a ledger that were left out of what is reckoned.
export function StraysOf({ all }: { all: { index: number; why: string }[] }) {
  if (all.length === 0) return null;
  return (
    <details class="box wait">
      <summary>{all.length} {all.length === 1 ? "statement does" : "statements do"} not count</summary>
      <ul>{all.map((stray) => <li key={stray.index}>entry {stray.index}: {stray.why}</li>)}</ul>
    </details>
  );
}

export const Unknown = () => <p class="box">This Centre holds no copy of the release ledger, so it knows nothing of them.</p>;

// "Check it here".  A no contradicts what the Centre shows: it is an alarm, and stays.
export function CheckHere({ what, run, isAuto }: { what: string; run: () => Promise<string>; isAuto?: boolean }) {
  const { isReady } = useSession();
  const [state, setState] = useState<{ is: "idle" | "busy" | "good" | "bad"; says?: string }>({ is: isAuto ? "busy" : "idle" });
  const check = (): void => {
    setState({ is: "busy" });
    run().then(
      (says) => setState({ is: "good", says }),
      (error: unknown) => {
        setState({ is: "bad", says: said(error) });
        if (!(error instanceof Unanswered)) alarm(`${what}: ${said(error)}.`);
      },
    );
  };
  useEffect(() => {
    if (isAuto && isReady) check();
  }, [isAuto, isReady]);
  if (state.is === "idle") return <button type="button" onClick={check}>Check it here</button>;
  return (
    <span role="status">
      {state.is === "busy" ? "Checking here…" : <Badge isLong tone={state.is === "good" ? "good" : "bad"}>{state.is === "good" ? `checked here: ${state.says}` : `not so: ${state.says}`}</Badge>}
    </span>
  );
}

export const bytes = (count: number): string => {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};
