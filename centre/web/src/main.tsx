// The frame around all views, and which one is shown.  The address of a view stands behind
// '#': the Centre does not learn it.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson, type About as AboutOf } from "./api.ts";
import { open, useSession } from "./session.ts";
import { Tour, TourBar } from "./tour.tsx";
import { Digest, Title } from "./ui.tsx";
import { About } from "./views/about.tsx";
import { Builders } from "./views/builders.tsx";
import { Desks } from "./views/desks.tsx";
import { Home } from "./views/home.tsx";
import { Entries, Entry, Ledgers } from "./views/ledgers.tsx";
import { Notes } from "./views/notes.tsx";
import { Others } from "./views/others.tsx";
import { Places } from "./views/places.tsx";
import { Promises } from "./views/promises.tsx";
import { Protection } from "./views/protection.tsx";
import { Rebuild } from "./views/rebuild.tsx";
import { Releases } from "./views/releases.tsx";
import { SignIn } from "./views/sign-in.tsx";
import { Source, SourceDifference } from "./views/source.tsx";
import { Statistics } from "./views/statistics.tsx";
import { Story } from "./views/story.tsx";
import { Trust } from "./views/trust.tsx";
import { Unreviewed } from "./views/unreviewed.tsx";

const NUMBER = /^(0|[1-9][0-9]{0,15})$/;

// source/PRODUCT/VERSION, .../in/FOLDER, .../file/PATH[/LINE], .../since/VERSION, .../unreviewed, .../rebuild
function SourceView({ path }: { path: string[] }) {
  const [, product, version, what, name, line] = path;
  const release = { product: product!, version: version! };
  if (what === "unreviewed") return <Unreviewed release={release} />;
  if (what === "rebuild") return <Rebuild release={release} />;
  if (what === "since" && name !== undefined) return <SourceDifference release={release} other={name} />;
  return <Source release={release} path={name ?? ""} isFile={what === "file"} line={NUMBER.test(line ?? "") ? Number(line) : undefined} />;
}

// Another line of a file is the same view: it is not asked for again, and what is typed stays.
const placeIn = (path: string[]): string => path.slice(0, path[0] === "source" ? 5 : path.length).join("/");

function View({ path }: { path: string[] }) {
  const [first, second, third, fourth] = path;
  if (first === undefined) return <Home />;
  if (first === "releases" && second === undefined) return <Releases />;
  if (first === "releases" && third !== undefined) return <Story product={second!} version={third} />;
  if (first === "ledgers" && second === undefined) return <Ledgers />;
  if (first === "ledgers" && third === undefined) return <Entries name={second!} from={0} />;
  if (first === "ledgers" && third === "from" && NUMBER.test(fourth ?? "")) return <Entries name={second!} from={Number(fourth)} />;
  if (first === "ledgers" && NUMBER.test(third ?? "")) return <Entry name={second!} index={Number(third)} />;
  if (first === "places") return <Places />;
  if (first === "builders") return <Builders />;
  if (first === "statistics") return <Statistics />;
  if (first === "others") return <Others />;
  if (first === "desks") return <Desks />;
  if (first === "protection") return <Protection />;
  if (first === "tour") return <Tour />;
  if (first === "sign-in") return <SignIn />;
  if (first === "notes") return <Notes />;
  if (first === "source" && third !== undefined) return <SourceView path={path} />;
  if (first === "promises") return <Promises />;
  if (first === "trust") return <Trust />;
  if (first === "about") return <About />;
  return (
    <>
      <Title>There is nothing here</Title>
      <p>
        <a href="#/">Back to the beginning</a>
      </p>
    </>
  );
}

function read(hash: string): string[] {
  try {
    return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return ["nothing"];
  }
}

function usePath(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listener = (): void => {
      setHash(location.hash);
      scrollTo(0, 0);
    };
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
  return read(hash);
}

// What does not hold stands on top of everything.
function Alarms() {
  const { alarms, notes } = useSession();
  return (
    <div aria-live="assertive">
      {alarms.length > 0 && (
        <section class="alarm" role="alert">
          <h2>This Centre shows something that does not hold</h2>
          <ul>
            {alarms.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <p>Do not rely on what you see here. Keep this page, tell the supervisor and the vendor, and ask the command line, which needs no Centre.</p>
        </section>
      )}
      {notes.map((note) => (
        <p key={note} class="box wait">{note}</p>
      ))}
    </div>
  );
}

// What these pages are: the digest that the server tells, and the command that asks for it.
function Footer() {
  const [pages, setPages] = useState<AboutOf["pages"]>();
  useEffect(() => void getJson<AboutOf>("about").then((about) => setPages(about.pages), () => undefined), []);
  return (
    <footer>
      <p>
        The check in this page is a convenience, since the Centre gives the page. The command line is the authority. <a href="#/about">What that means</a>
      </p>
      {pages !== undefined && (
        <p>
          These pages, by their server: <Digest of={pages.sha256} />. Ask for it yourself: <code>vitrine centre pages {location.origin}</code>
        </p>
      )}
    </footer>
  );
}

function Problems() {
  const [problems, setProblems] = useState<string[]>([]);
  useEffect(() => void getJson<AboutOf>("about").then((about) => setProblems(about.problems), () => setProblems([])), []);
  if (problems.length === 0) return null;
  return (
    <details class="box wait">
      <summary>The Centre itself left out {problems.length === 1 ? "something" : `${problems.length} things`} that did not hold</summary>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </details>
  );
}

const LINKS: [string, string][] = [["", "Your file"], ["releases", "Releases"], ["desks", "Desks"], ["places", "Where data lie"], ["protection", "Data protection"], ["builders", "Builders"], ["statistics", "Statistics"], ["promises", "Promises"], ["ledgers", "Ledgers"], ["others", "Other Centres"], ["trust", "Trust root"], ["about", "About"], ["sign-in", "Reviewers"]];

function App() {
  const path = usePath();
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("main h1")?.focus(); }}>
        Skip to the content
      </a>
      <header>
        <a class="brand" href="#/">
          <img src="/icon.svg" alt="" width="28" height="28" /> Transparency Centre
        </a>
        <nav aria-label="main">
          <ul>
            {LINKS.map(([name, label]) => (
              <li key={name}>
                <a href={`#/${name}`} aria-current={(path[0] ?? "") === name ? "page" : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="main">
        <TourBar />
        <Alarms />
        <Problems />
        <View key={placeIn(path)} path={path} />
      </main>
      <Footer />
    </>
  );
}

render(<App />, document.getElementById("app")!);
void open();
