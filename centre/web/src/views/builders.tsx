// Who builds where, and in which environment: what the supervisor allowed, whom he enrolled,
// and what builders and he himself signed of each release.
import { useEffect } from "preact/hooks";
import { getJson, getKnown, getText, part, type Claim, type Reckoned, type Signer, type Story } from "../api.ts";
import { refuse } from "../check/bytes.ts";
import { checkBuilds } from "../check/evidence.ts";
import { checkWhole, checking, proveClaim, signedBy } from "../proven.ts";
import { currentTrust, useSession } from "../session.ts";
import { Authority, Badge, CheckHere, Digest, Signers, stateTone, StraysOf, Time, Title, Unknown, useLoaded, Waiting } from "../ui.tsx";

interface Part {
  sha256: string;
  signers: Signer[];
  environment: string;
}

interface Build {
  product: string;
  version: string;
  state: string;
  built: Part;
  rebuilt?: Part;
  verdict?: string;
}

interface Shown extends Reckoned {
  environments: Claim[];
  enrolled: Claim[];
  released: Claim[];
  builds: Build[];
}

const SHOWN_AT_ONCE = 12; // so many are checked without being asked
const text = (claim: Claim, name: string): string => String(claim.says[name] ?? "");
const names = (keys: { holder: string; jurisdiction: string }[]): string => keys.map((key) => `${key.holder} (${key.jurisdiction})`).join(" and ");
const day = (time: bigint): string => new Date(Number(time) * 1000).toISOString().slice(0, 10);

// ---- checked here -----------------------------------------------------------------------

async function checkBySupervisor(ledger: string, claim: Claim, type: string): Promise<string> {
  const found = await proveClaim(ledger, claim, type);
  return `entry ${claim.index}, signed by ${names(signedBy(found, "supervisor"))}`;
}

const releaseOf = (shown: Shown, build: Build): Claim | undefined => shown.released.findLast((row) => row.says.product === build.product && row.says.version === build.version);

// The release on the ledger names environment and statements; the evidence holds them.
async function checkBuild(shown: Shown, build: Build, release: Claim): Promise<string> {
  const found = await proveClaim(shown.ledger, release, "release");
  signedBy(found, "vendor", build.product);
  signedBy(found, "supervisor", build.product);
  for (const each of [build.built, build.rebuilt]) if (each !== undefined && each.environment !== found.statement.predicate.environment) refuse("it was released as built in another environment than is shown");
  const path = `releases/${part(build.product)}/${part(build.version)}`;
  const { outputs } = await getJson<Story>(path);
  const evidence = await getText(`${path}/evidence/${part(outputs[0]!.name)}`);
  const { built, rebuilt, builds } = checkBuilds({ evidence, trust: currentTrust(), product: build.product, version: build.version });
  for (const each of [build.built, build.rebuilt]) if (each !== undefined && !builds.includes(each.sha256)) refuse("the release names another statement of its builder than is shown");
  return `built by ${built}; ${rebuilt}`;
}

// ---- environments -----------------------------------------------------------------------

const anchor = (digest: string): string => `environment-${digest.slice(0, 16)}`;

function Environment({ digest, claims, shown, isAuto }: { digest: string; claims: Claim[]; shown: Shown; isAuto: boolean }) {
  const released = shown.released.filter((row) => row.says.environment === digest);
  const claim = claims[0];
  return (
    <article class="card" id={anchor(digest)}>
      <h3>
        {claim === undefined ? "An environment" : `${text(claim, "suite")}, ${text(claim, "architecture")}, ${text(claim, "packages")} packages`}
      </h3>
      <p class="quiet">
        <Digest of={digest} />
      </p>
      {claim === undefined ? (
        <p>
          <Badge isLong tone="bad">nobody allowed it: no statement of the supervisor on the ledger names it</Badge>
        </p>
      ) : (
        claims.map((each) => (
          <div key={each.index}>
            <p>
              Allowed at <Time at={each.time} />, <a href={`#/ledgers/${part(shown.ledger)}/${each.index}`}>entry {each.index}</a>
              {text(each, "note") !== "" && `: ${text(each, "note")}`}. <CheckHere what={`The environment ${digest.slice(0, 12)}`} run={() => checkBySupervisor(shown.ledger, each, "environment")} isAuto={isAuto} />
            </p>
            <Authority lines={checking(shown.ledger, each.index, "environment.json")} />
          </div>
        ))
      )}
      <p>
        {released.length === 0 ? (
          "Nothing on the ledger was built in it."
        ) : (
          <>
            Built in it, by the ledger:{" "}
            {released.map((row, i) => (
              <span key={row.index}>
                {i > 0 && ", "}
                <a href={`#/releases/${part(text(row, "product"))}/${part(text(row, "version"))}`}>{text(row, "product")} {text(row, "version")}</a> <span class="quiet">({text(row, "site")})</span>
              </span>
            ))}
          </>
        )}
      </p>
    </article>
  );
}

// ---- builders ---------------------------------------------------------------------------

function NamedBuilders() {
  const { trust } = useSession();
  return (
    <>
      {(trust?.keys ?? []).filter((key) => key.role === "builder").map((key) => (
        <tr key={key.keyid}>
          <th scope="row">{key.holder}</th>
          <td data-label="Where">{[key.site, key.jurisdiction].filter(Boolean).join(", ")}</td>
          <td data-label="From, until">{day(key.from)} to {day(key.until)}</td>
          <td data-label="Named by">the <a href="#/trust">trust root</a>, which was checked here</td>
          <td data-label="Key"><Digest of={key.keyid} /></td>
        </tr>
      ))}
    </>
  );
}

function EnrolledBuilder({ claim, shown, isAuto }: { claim: Claim; shown: Shown; isAuto: boolean }) {
  return (
    <tr>
      <th scope="row">{text(claim, "holder")}</th>
      <td data-label="Where">{text(claim, "site")}, {text(claim, "jurisdiction")}</td>
      <td data-label="From, until">{text(claim, "from").slice(0, 10)} to {text(claim, "until").slice(0, 10)}</td>
      <td data-label="Named by">
        the supervisor, <a href={`#/ledgers/${part(shown.ledger)}/${claim.index}`}>entry {claim.index}</a> <CheckHere what={`The builder ${text(claim, "holder")}`} run={() => checkBySupervisor(shown.ledger, claim, "enrolment")} isAuto={isAuto} />
        <Authority lines={checking(shown.ledger, claim.index, "enrolment.json")} />
      </td>
      <td data-label="Key"><Digest of={text(claim, "keyid")} /></td>
    </tr>
  );
}

function BuilderTable({ shown }: { shown: Shown }) {
  const enrolled = shown.enrolled.filter((claim) => claim.says.role === "builder");
  return (
    <>
      <table class="cards" id="builders">
        <caption>Only what these have signed counts as a build</caption>
        <thead>
          <tr>
            <th scope="col">Builder</th>
            <th scope="col">Where</th>
            <th scope="col">From, until</th>
            <th scope="col">Named by</th>
            <th scope="col">Key</th>
          </tr>
        </thead>
        <tbody>
          <NamedBuilders />
          {enrolled.map((claim, i) => <EnrolledBuilder key={claim.index} claim={claim} shown={shown} isAuto={i < SHOWN_AT_ONCE} />)}
        </tbody>
      </table>
      <Authority lines={["vitrine trust show --trust trust.json"]} />
    </>
  );
}

// ---- builds -----------------------------------------------------------------------------

const In = ({ of }: { of: Part }) => (
  <a href={`#/builders`} onClick={(event) => { event.preventDefault(); document.getElementById(anchor(of.environment))?.scrollIntoView(); }} title={of.environment}>
    {of.environment.slice(0, 12)}
  </a>
);

function BuildRow({ build, shown }: { build: Build; shown: Shown }) {
  const release = releaseOf(shown, build);
  const names = `${build.product} ${build.version}`;
  return (
    <tr>
      <th scope="row">
        <a href={`#/releases/${part(build.product)}/${part(build.version)}`}>{names}</a>
        <br />
        <Badge tone={stateTone(build.state)}>{build.state}</Badge>
      </th>
      <td data-label="Built by"><Signers all={build.built.signers} /></td>
      <td data-label="In"><In of={build.built} /></td>
      <td data-label="Built again by">
        {build.rebuilt === undefined ? <span class="quiet">nobody yet</span> : <><Signers all={build.rebuilt.signers} />{build.verdict}, in <In of={build.rebuilt} /></>}
      </td>
      <td data-label="Check">
        {release === undefined ? <span class="quiet">not on the ledger; the desk says so</span> : <CheckHere what={names} run={() => checkBuild(shown, build, release)} />}
        <Authority lines={[`vitrine supervise inspect ${names} --desk DESK --trust trust.json`]} />
      </td>
    </tr>
  );
}

function Builds({ shown }: { shown: Shown }) {
  if (shown.builds.length === 0) return <p>The desk that this Centre holds a copy of has no build.</p>;
  return (
    <table class="cards" id="builds">
      <caption>{shown.builds.length} {shown.builds.length === 1 ? "release was" : "releases were"} built</caption>
      <thead>
        <tr>
          <th scope="col">Release</th>
          <th scope="col">Built by</th>
          <th scope="col">In</th>
          <th scope="col">Built again by</th>
          <th scope="col">Check</th>
        </tr>
      </thead>
      <tbody>{shown.builds.map((build) => <BuildRow key={`${build.product} ${build.version}`} build={build} shown={shown} />)}</tbody>
    </table>
  );
}

// ---- the view ---------------------------------------------------------------------------

function All({ shown }: { shown: Shown }) {
  const { isReady } = useSession();
  useEffect(() => {
    if (isReady) checkWhole("Who builds", shown);
  }, [isReady, shown]);
  const digests = [...new Set([...shown.environments, ...shown.released].map((claim) => text(claim, "environment")))];
  return (
    <>
      <h2>Builders</h2>
      <BuilderTable shown={shown} />
      <h2>Environments</h2>
      {digests.length === 0 && <p>The ledger names none.</p>}
      {digests.map((digest, i) => <Environment key={digest} digest={digest} claims={shown.environments.filter((claim) => claim.says.environment === digest)} shown={shown} isAuto={i < SHOWN_AT_ONCE} />)}
      <h2>Builds</h2>
      <Builds shown={shown} />
      {shown.older !== undefined && <p class="quiet">{shown.older} older statements are on the ledger and not in these lists.</p>}
      <StraysOf all={shown.strays} />
    </>
  );
}

export function Builders() {
  const loaded = useLoaded(() => getKnown<Shown>("builders"), []);
  const shown = loaded.value;
  return (
    <>
      <Title>Who builds, and in what</Title>
      <p class="lead">A release is built by an enrolled builder in an environment that the supervisor allowed on the ledger, and built again by the supervisor. An environment is a set of packages under one digest: the same digest is the same tools.</p>
      {shown === undefined ? <Waiting loaded={loaded} /> : shown === null ? <Unknown /> : <All shown={shown} />}
    </>
  );
}
