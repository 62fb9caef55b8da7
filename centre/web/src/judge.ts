// The page's own verdict on an output, beside the Centre's: where the two disagree, or the
// evidence does not hold, an alarm is raised that no view can hide.
import { getText, part, type Output, type Place, type Statement } from "./api.ts";
import { checkRelease, releaseFacts, type Finding } from "./check/evidence.ts";
import { alarm, currentTrust } from "./session.ts";

type Of = { product: string; version: string; state: string; ledger?: Place; statements?: Statement[] };

// What is shown of source, recipe and environment must be what the signed release binds.
function checkFacts(story: Of, output: Output, evidence: string): void {
  const facts = releaseFacts(evidence);
  const draft = story.statements?.find((statement) => statement.kind === "draft" && statement.standing === "counts");
  for (const name of ["source", "recipe", "environment"] as const)
    for (const shown of [draft?.says[name], (output.verdict as unknown as Record<string, unknown> | undefined)?.[name]])
      if (shown !== undefined && shown !== facts[name]) alarm(`${story.product} ${story.version}: the ${name} that is shown is not the one that was released.`);
  if (story.ledger !== undefined && BigInt(story.ledger.index) !== facts.index) alarm(`${story.product} ${story.version}: it is entry ${facts.index} of the ledger, not ${story.ledger.index}.`);
}

export async function checkOutput(story: Of, output: Output): Promise<Finding[]> {
  const evidence = await getText(`releases/${part(story.product)}/${part(story.version)}/evidence/${part(output.name)}`);
  const findings = checkRelease({ evidence, trust: currentTrust(), sha256: output.sha256, product: story.product, version: story.version });
  if (findings.every((finding) => finding.ok)) checkFacts(story, output, evidence);
  return findings;
}

// A "no" that the signed evidence gives is news; one that contradicts the Centre is an alarm.
const IS_NEWS = "it is the current release";
// What the Centre can say no for without asking more than this page does.  (Its policy may
// demand more: two reviews, fresh news, a place.)
const ABOUT_EVIDENCE = ["altered", "mixed", "malformed", "vendor-missing", "supervisor-missing", "not-logged", "no-quorum", "withdrawn", "superseded"];

function contradiction(story: Of, output: Output, bad: Finding | undefined): string | undefined {
  const { verdict } = output;
  if (bad !== undefined && bad.step !== IS_NEWS) return `${bad.step}: not so, ${bad.says}`;
  if (bad !== undefined && verdict?.ok) return `the Centre says yes, and the evidence says no: ${bad.says}`;
  if (bad !== undefined && story.state === "published") return `the Centre says ${story.state}, and the evidence: ${bad.says}`;
  if (bad !== undefined) return undefined;
  if (verdict !== undefined && !verdict.ok && ABOUT_EVIDENCE.includes(verdict.reason)) return `the Centre says no (${verdict.reason}), and all of its evidence holds`;
  return story.state === "published" ? undefined : `the Centre says ${story.state}, and by the evidence it is the current release`;
}

export function judge(story: Of, output: Output, findings: Finding[]): void {
  const sentence = contradiction(story, output, findings.find((finding) => !finding.ok));
  if (sentence !== undefined) alarm(`${story.product} ${story.version}, ${output.name}: ${sentence}.`);
}
