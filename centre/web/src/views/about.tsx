// What this place is, what it can and cannot prove, and its own bytes.
import { getJson, type About as AboutOf } from "../api.ts";
import { Command, Time, Title, useLoaded, Waiting } from "../ui.tsx";
import { ThesePages } from "./pages.tsx";

export function About() {
  const loaded = useLoaded(() => getJson<AboutOf>("about"), []);
  const about = loaded.value;
  return (
    <>
      <Title>About this Centre</Title>
      <p class="lead">It is run by a foundation or a supervisor, never by the vendor, and holds copies that it verified before it shows them.</p>
      <h2>What the check in this page is worth</h2>
      <p>
        The signatures and proofs are checked in your browser, by an implementation that shares nothing with the one on the server and passes the same test vectors. It is a <strong>convenience</strong>: the Centre gives you this page, so a Centre that lies could give you a page that lies. The authority is the command line on a machine of yours, with a trust root that reached you another way.
      </p>
      <Command line="vitrine verify FILE --trust trust.json" />
      <h2>What is not sent</h2>
      <p>Files that you drop are hashed here and stay here. There is no login, no cookie, and no record of what you look at; which page of this place you read is not sent either, only what it has to fetch.</p>
      {about === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <h2>These pages</h2>
          {about.pages !== undefined && <ThesePages pages={about.pages} version={about.version} />}
          <p>
            The data stand so since <Time at={about.changed} />. They are read by <a href="/openapi.yaml">an API</a> that is open to everybody. Libraries of others are in these pages, under <a href="/licences.txt">their licences</a>.
          </p>
          <h2>What does not hold here now</h2>
          {about.problems.length === 0 ? <p>Nothing: all copies were read and verified.</p> : <ul>{about.problems.map((problem) => <li key={problem}>{problem}</li>)}</ul>}
        </>
      )}
    </>
  );
}
