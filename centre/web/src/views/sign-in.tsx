// Where an invited reviewer comes in, and goes out.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { getJson, type ReleaseRow } from "../api.ts";
import { enrol, signIn, signOut, useReviewer, type Reviewer } from "../reviewing.ts";
import { loadSeal } from "../seal.ts";
import { said, useSession } from "../session.ts";
import { Authority, Badge, Digest, Failure, Time, Title, useLoaded, Waiting } from "../ui.tsx";
import { placeOf } from "./source-parts.tsx";

const CODE = /^[0-9a-f]{64}$/;

function Readable({ who }: { who: Reviewer }) {
  const loaded = useLoaded(() => getJson<{ releases: ReleaseRow[] }>("releases"), []);
  if (loaded.value === undefined) return <Waiting loaded={loaded} />;
  const rows = loaded.value.releases.filter((row) => who.products.includes(row.product));
  return (
    <ul>
      {rows.map((row) => (
        <li key={row.product + row.version}>
          <a href={placeOf(row)}>
            {row.product} {row.version}
          </a>{" "}
          <span class="quiet">{row.state}</span>
        </li>
      ))}
    </ul>
  );
}

type Seal = NonNullable<Awaited<ReturnType<typeof loadSeal>>>;

function Sealed({ seal }: { seal: Seal }) {
  return (
    <section class="card">
      <h2>Your questions are sealed</h2>
      <p>
        What you read and search is recorded before it is answered, and only the foundation can open the record. The vendor, and whoever runs this Centre, can see that you were here, when, and how much you asked.
      </p>
      <p>
        {seal.isCertified ? (
          <Badge tone="good" isLong>
            checked here: the trust root certifies this key for {location.hostname}
          </Badge>
        ) : (
          <Badge tone="bad" isLong>
            the trust root does not certify this key for {location.hostname}: ask nothing here
          </Badge>
        )}
      </p>
      <Authority lines={[`vitrine centre unseal sealed --head ${seal.records}:${seal.chain}`]}>
        <p>
          {seal.records} {seal.records === 1 ? "record" : "records"} now, sealed to <code class="digest">{seal.recipient}</code>
        </p>
        <p>
          Its end is <Digest of={seal.chain} />. Keep it: if anything up to here is changed or taken out, the foundation sees it by this.
        </p>
      </Authority>
    </section>
  );
}

function In({ who, children }: { who: Reviewer; children: ComponentChildren }) {
  return (
    <>
      <Title>You are signed in</Title>
      <p class="lead">
        As {who.reviewer}, until <Time at={who.until} />. You may read the source of {who.products.join(", ")}.
      </p>
      <Readable who={who} />
      <p>
        <a href="#/notes">Your notes</a>, and how they leave this Centre.
      </p>
      {children}
      <p>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </p>
    </>
  );
}

function Out({ children }: { children: ComponentChildren }) {
  const [code, setCode] = useState("");
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const run = (act: () => Promise<void>): void => {
    setFailure(undefined);
    setBusy(true);
    act().catch((error: unknown) => {
      setFailure(said(error));
      setBusy(false);
    });
  };
  const typed = code.trim().toLowerCase();
  return (
    <>
      <Title>For invited reviewers</Title>
      <p class="lead">Everything else here needs no sign-in. Source is read by those whom the vendor and the supervisor invited together.</p>
      <section class="card">
        <h2>Sign in</h2>
        <p>With the passkey that you registered here.</p>
        <button type="button" disabled={isBusy} onClick={() => run(signIn)}>
          Use my passkey
        </button>
      </section>
      <section class="card">
        <h2>The first time</h2>
        <p>You were given a code of 64 characters. It registers one passkey, once.</p>
        <div class="ask">
          <label>
            Code <input type="search" autoComplete="off" spellcheck={false} value={code} onInput={(event) => setCode(event.currentTarget.value)} />
          </label>
          <button type="button" disabled={isBusy || !CODE.test(typed)} onClick={() => run(() => enrol(typed))}>
            Register a passkey
          </button>
        </div>
      </section>
      <Failure of={failure} />
      {children}
    </>
  );
}

function Off() {
  return (
    <>
      <Title>Reviewers do not sign in here</Title>
      <p class="lead">This Centre shows what is public, and no source. Whoever runs it starts it with an origin and the foundation's seal to let invited reviewers in.</p>
    </>
  );
}

export function SignIn() {
  const who = useReviewer();
  const { isReady } = useSession();
  const loaded = useLoaded(() => (isReady ? loadSeal() : new Promise<null>(() => undefined)), [isReady, who?.csrf]);
  if (loaded.value === null) return <Off />;
  if (who === undefined || loaded.value === undefined) return <Waiting loaded={loaded} />;
  const sealed = <Sealed seal={loaded.value} />;
  return who === null ? <Out>{sealed}</Out> : <In key="in" who={who}>{sealed}</In>;
}
