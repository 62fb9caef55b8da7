// Where an invited reviewer comes in, and goes out.
import { useState } from "preact/hooks";
import { getJson, type ReleaseRow } from "../api.ts";
import { enrol, signIn, signOut, useReviewer, type Reviewer } from "../reviewing.ts";
import { said } from "../session.ts";
import { Time, Title, useLoaded, Waiting } from "../ui.tsx";
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

function In({ who }: { who: Reviewer }) {
  return (
    <>
      <Title>You are signed in</Title>
      <p class="lead">
        As {who.reviewer}, until <Time at={who.until} />. You may read the source of {who.products.join(", ")}.
      </p>
      <Readable who={who} />
      <p>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </p>
    </>
  );
}

function Out() {
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
      {failure !== undefined && (
        <p class="box bad" role="alert">
          {failure}.
        </p>
      )}
    </>
  );
}

export function SignIn() {
  const who = useReviewer();
  if (who === undefined) return <p class="quiet" role="status">Loading…</p>;
  return who === null ? <Out /> : <In key="in" who={who} />;
}
