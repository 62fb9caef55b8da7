// One release on one page: source, builds, reviews, approvals, ledger, artefacts.  Each step
// says who signed what, and shows the command that checks it; the whole is checked here.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson, part, type Output, type Statement, type Story as StoryOf } from "../api.ts";
import type { Finding } from "../check/evidence.ts";
import { checkOutput, judge } from "../judge.ts";
import { alarm, said, useSession } from "../session.ts";
import { Authority, Badge, bytes, Digest, Findings, Signers, stateTone, Time, Title, useLoaded, Waiting } from "../ui.tsx";
import { WaitsFor } from "./releases.tsx";

const text = (statement: Statement | undefined, name: string): string => {
  const value = statement?.says[name];
  return typeof value === "string" ? value : "";
};
const inner = (statement: Statement | undefined, ...names: string[]): string => {
  let value: unknown = statement?.says;
  for (const name of names) value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof value === "string" ? value : "";
};

// ---- steps --------------------------------------------------------------------------

function Step({ title, tone, children }: { title: string; tone: "good" | "bad" | "wait"; children: ComponentChildren }) {
  return (
    <li class={`step ${tone}`}>
      <h2>
        <span class="mark" aria-hidden="true">{tone === "good" ? "✓" : tone === "bad" ? "✕" : "…"}</span> {title}
        <span class="hidden">{tone === "good" ? ": done" : tone === "bad" ? ": not well" : ": not yet"}</span>
      </h2>
      {children}
    </li>
  );
}

const Facts = ({ rows }: { rows: [string, ComponentChildren][] }) => (
  <dl class="facts">
    {rows.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

function Said({ statement }: { statement: Statement }) {
  return (
    <div class="said">
      <p>
        <Badge tone={["counts", "accepts"].includes(statement.standing) ? "good" : statement.standing === "superseded" ? "calm" : "bad"}>{statement.standing}</Badge>{" "}
        <Time at={statement.time} />
      </p>
      <Signers all={statement.signers} />
      <details>
        <summary>The whole statement ({statement.kind})</summary>
        <pre tabIndex={0} aria-label="statement">{JSON.stringify(statement.says, null, 2)}</pre>
        <p class="quiet">
          SHA-256 of its envelope: <Digest of={statement.sha256} />
        </p>
      </details>
    </div>
  );
}

function SourceStep({ draft, all, names }: { draft: Statement | undefined; all: Statement[]; names: string }) {
  return (
    <Step title="Source" tone={draft === undefined ? "wait" : "good"}>
      {draft === undefined ? (
        <p>Nothing valid is drafted.</p>
      ) : (
        <>
          <p>The vendor said what shall be built, by digest. Whoever holds the source can compute this number.</p>
          <Facts rows={[["source", <Digest of={text(draft, "source")} />], ["recipe", <Digest of={text(draft, "recipe")} />], ["lock", <Digest of={text(draft, "lock")} />], ["environment", <Digest of={text(draft, "environment")} />]]} />
          {all.map((statement) => <Said key={statement.sha256} statement={statement} />)}
          <Authority lines={[`vitrine supervise inspect ${names} --desk DESK --trust trust.json`]} />
        </>
      )}
    </Step>
  );
}

function BuildStep({ built, names }: { built: Statement[]; names: string }) {
  const good = built.find((statement) => statement.standing === "counts");
  return (
    <Step title="Build" tone={good === undefined ? "wait" : "good"}>
      {good === undefined ? <p>No enrolled builder says that he built it.</p> : <p>Built without a network, from the digests above and nothing else, in {inner(good, "buildDefinition", "internalParameters", "site") || "a place that is not said"}.</p>}
      {built.map((statement) => <Said key={statement.sha256} statement={statement} />)}
      {good !== undefined && <Authority lines={[`vitrine supervise inspect ${names} --desk DESK --trust trust.json`]} />}
    </Step>
  );
}

function RebuildStep({ rebuilt, names }: { rebuilt: Statement[]; names: string }) {
  const good = rebuilt.find((statement) => statement.standing === "counts");
  const verdict = inner(good, "vitrineRebuild", "verdict");
  const varied = good?.says.vitrineRebuild as { varied?: string[]; difference?: string } | undefined;
  return (
    <Step title="Rebuild by the supervisor" tone={good === undefined ? "wait" : verdict === "differs" ? "bad" : "good"}>
      {good === undefined ? (
        <p>The supervisor has not said what his own build came to.</p>
      ) : verdict === "differs" ? (
        <p>
          His build came out <strong>different</strong>: {varied?.difference}
        </p>
      ) : (
        <p>
          His own build, on his machine, came out <strong>{verdict === "equal-robust" ? "equal, also under varied terms" : "equal"}</strong>
          {(varied?.varied ?? []).length > 0 ? ` (${varied!.varied!.join(", ")})` : ""}.
        </p>
      )}
      {rebuilt.map((statement) => <Said key={statement.sha256} statement={statement} />)}
      <Authority lines={[`vitrine supervise rebuild ${names} --desk DESK --trust trust.json --store STORE --packages ARCHIVE --out OUT --key KEY --vary`, "vitrine line compare OURS THEIRS"]}>
        <p>Whoever has source and packages can build it again and compare:</p>
      </Authority>
    </Step>
  );
}

function ReviewStep({ reviews, story, names }: { reviews: Statement[]; story: StoryOf; names: string }) {
  return (
    <Step title="Reviews" tone={story.refusing > 0 ? "bad" : story.accepting > 0 ? "good" : "wait"}>
      <p>
        Reviewers who accept the source: {story.accepting}; who refuse it: {story.refusing}.
      </p>
      {reviews.map((statement) => (
        <div key={statement.sha256}>
          <p>
            <strong>{text(statement, "verdict") === "accept" ? "Accepts" : "Refuses"}</strong>, having read: {text(statement, "scope") || "it is not said what"}
          </p>
          <Said statement={statement} />
        </div>
      ))}
      <Authority lines={[`vitrine review list ${names} --desk DESK --trust trust.json`]} />
    </Step>
  );
}

function ApprovalStep({ approvals, story, names }: { approvals: Statement[]; story: StoryOf; names: string }) {
  const rejected = approvals.find((statement) => statement.kind === "rejection" && statement.standing === "counts");
  const roles = new Set(approvals.flatMap((statement) => (statement.kind === "release" && statement.standing === "counts" ? statement.signers.map((signer) => signer.role) : [])));
  const isDone = roles.has("vendor") && roles.has("supervisor");
  return (
    <Step title="Approval" tone={rejected !== undefined ? "bad" : isDone ? "good" : "wait"}>
      {rejected !== undefined && (
        <p>
          The supervisor declines it: <q>{text(rejected, "reason")}</q>
        </p>
      )}
      {story.waits_for.length > 0 && (
        <>
          <p>It waits for:</p>
          <WaitsFor gaps={story.waits_for} />
          <Authority lines={story.waits_for.map((gap) => gap.how)}>
            <p>What closes the gap:</p>
          </Authority>
        </>
      )}
      {isDone && <p>Vendor and supervisor signed one and the same statement. Neither can release alone.</p>}
      {approvals.map((statement) => <Said key={statement.sha256} statement={statement} />)}
      <Authority lines={[`vitrine release status ${names} --desk DESK --trust trust.json`]} />
    </Step>
  );
}

function LedgerStep({ story }: { story: StoryOf }) {
  const place = story.ledger;
  const release = story.statements.find((statement) => statement.kind === "release" && statement.standing === "counts");
  if (place === undefined)
    return (
      <Step title="Ledger" tone="wait">
        <p>It is in no ledger. A customer's check refuses it.</p>
      </Step>
    );
  return (
    <Step title="Ledger" tone={place.is_in_copy === false ? "bad" : "good"}>
      <p>
        {place.copy === undefined ? `Entry ${place.index}` : <a href={`#/ledgers/${part(place.copy)}/${place.index}`}>Entry {place.index}</a>} of {place.origin}, seen by {place.witnesses} witnesses, since <Time at={place.logged_at} />.
        {place.is_in_copy === false && " The Centre's own copy of the ledger does not have it there."}
      </p>
      {release !== undefined && <Authority lines={[`vitrine ledger mirror --dir COPY --from URL --policy policy.txt --origin ${place.origin}`, `vitrine ledger find ${story.product} --dir COPY --policy policy.txt --origin ${place.origin}`]} />}
    </Step>
  );
}

// ---- what can be downloaded, and the check of all of it --------------------------------

function useCheck(story: StoryOf, output: Output): { findings?: Finding[]; failure?: string } {
  const { isReady } = useSession();
  const [result, setResult] = useState<{ findings?: Finding[]; failure?: string }>({});
  useEffect(() => {
    if (!isReady || output.verdict === undefined) return;
    checkOutput(story, output).then(
      (findings) => {
        judge(story, output, findings);
        setResult({ findings });
      },
      (error: unknown) => {
        alarm(`${story.product} ${story.version}, ${output.name}: ${said(error)}.`);
        setResult({ failure: said(error) });
      },
    );
  }, [isReady]);
  return result;
}

function OutputRow({ story, output }: { story: StoryOf; output: Output }) {
  const { findings, failure } = useCheck(story, output);
  const bad = findings?.find((finding) => !finding.ok);
  return (
    <article class="output">
      <h3>{output.name}</h3>
      <Facts rows={[["size", bytes(output.size)], ["SHA-256", <Digest of={output.sha256} />]]} />
      {output.verdict === undefined ? (
        <p class="quiet">No evidence is published for it.</p>
      ) : (
        <>
          <p>
            <Badge tone={output.verdict.ok ? "good" : "bad"}>the Centre: {output.verdict.ok ? "yes" : output.verdict.reason}</Badge>{" "}
            {findings === undefined ? (
              <span class="quiet" role="status">{failure ?? "checking here…"}</span>
            ) : (
              <Badge tone={bad === undefined ? "good" : "bad"}>checked here: {bad === undefined ? "yes" : "no"}</Badge>
            )}
          </p>
          <p>{output.verdict.ok ? "" : `${output.verdict.sentence}. What to do: ${output.verdict.next}.`}</p>
          {findings !== undefined && (
            <details>
              <summary>What was checked in this page ({findings.length} steps)</summary>
              <Findings all={findings} />
            </details>
          )}
        </>
      )}
      <Authority lines={[`vitrine verify ${output.name} --product ${story.product} --trust trust.json`]} />
    </article>
  );
}

function ArtefactStep({ story }: { story: StoryOf }) {
  const isWell = story.outputs.some((output) => output.verdict?.ok);
  return (
    <Step title="Artefacts" tone={story.outputs.length === 0 ? "wait" : isWell ? "good" : "bad"}>
      {story.outputs.length === 0 ? <p>Nothing is approved, so there is nothing to have.</p> : <p>What customers have. The signed evidence of each is checked in this page when it is opened.</p>}
      {story.outputs.map((output) => (
        <OutputRow key={output.sha256} story={story} output={output} />
      ))}
    </Step>
  );
}

// ---- the page -----------------------------------------------------------------------

function Walk({ story }: { story: StoryOf }) {
  const of = (...kinds: string[]): Statement[] => story.statements.filter((statement) => kinds.includes(statement.kind));
  const names = `${story.product} ${story.version}`;
  const drafts = of("draft");
  return (
    <ol class="story">
      <SourceStep draft={drafts.find((statement) => statement.standing === "counts")} all={drafts} names={names} />
      <BuildStep built={of("provenance")} names={names} />
      <RebuildStep rebuilt={of("vsa")} names={names} />
      <ReviewStep reviews={of("review")} story={story} names={names} />
      <ApprovalStep approvals={of("release", "rejection")} story={story} names={names} />
      <LedgerStep story={story} />
      <ArtefactStep story={story} />
    </ol>
  );
}

export function Story({ product, version }: { product: string; version: string }) {
  const loaded = useLoaded(() => getJson<StoryOf>(`releases/${part(product)}/${part(version)}`), [product, version]);
  const story = loaded.value;
  return (
    <>
      <p class="crumbs">
        <a href="#/releases">Releases</a>
      </p>
      <Title>
        {product} {version}
      </Title>
      {story === undefined ? (
        <Waiting loaded={loaded} />
      ) : (
        <>
          <p class="lead">
            <Badge tone={stateTone(story.state)}>{story.state}</Badge>{" "}
            {story.channel === undefined ? "" : `${story.kind}, channel ${story.channel}, number ${story.sequence}`}
          </p>
          <Walk story={story} />
        </>
      )}
    </>
  );
}
