// The story of a file, checked step by step: what `vitrine verify` asks, in its order, by
// an implementation of its own.  It is a convenience; the command is the authority.
import { refuse, Refused } from "./bytes.ts";
import { isObject, parseCanonical, readStatement, type Json, type JsonObject, type Statement } from "./dsse.ts";
import { leafHash } from "./merkle.ts";
import { parseProof, verifyProof, type Proven } from "./proof.ts";
import { isEnough, readKey, signersOf, type Key, type Trust } from "./trust.ts";

export interface Finding {
  step: string;
  ok: boolean;
  says: string;
}

export interface Question {
  evidence: string;
  trust: Trust;
  sha256: string; // of the file
  product: string;
  version: string;
}

const RELEASE = "urn:vitrine:release:v1";
const names = (keys: Key[]): string => [...new Set(keys.map((key) => `${key.holder} (${key.jurisdiction})`))].join(", ");
const text = (object: JsonObject, name: string): string => (typeof object[name] === "string" ? (object[name] as string) : "");
const rows = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const when = (time: bigint): string => new Date(Number(time) * 1000).toISOString().replace(".000", "");

interface Bundle {
  release: Statement;
  others: Statement[];
  proof: string;
  list: Statement;
  listProof: string;
}

// Read without checking signatures: one release, one list, all in their one form.
function open(evidence: string): Bundle {
  const json = parseCanonical(evidence.replace(/\n$/, ""));
  const withdrawals = json.withdrawals;
  if (json.v !== 1 || !Array.isArray(json.envelopes) || !isObject(withdrawals)) return refuse("no evidence");
  const statements = json.envelopes.map(readStatement);
  const releases = statements.filter((statement) => statement.predicateType === RELEASE);
  if (releases.length !== 1) refuse("evidence has one release statement, no more and no less");
  return {
    release: releases[0]!,
    others: statements.filter((statement) => statement.predicateType !== RELEASE),
    proof: text(json, "proof"),
    list: readStatement(withdrawals.envelope ?? null),
    listProof: text(withdrawals, "proof"),
  };
}

function checkSet({ release, others }: Bundle): string {
  const named = rows(release.predicate.envelopes).map((row) => text(row, "sha256")).sort();
  const here = others.map((statement) => statement.digest).sort();
  if (named.join() !== here.join()) refuse("the statements here are not exactly those that the release names");
  return `the release names ${named.length} statements by digest; exactly these are here`;
}

function checkFile({ release }: Bundle, question: Question): string {
  const { predicate } = release;
  if (text(predicate, "product") !== question.product || text(predicate, "version") !== question.version)
    refuse(`the evidence is of ${text(predicate, "product")} ${text(predicate, "version")}`);
  const output = rows(predicate.outputs).find((row) => row.sha256 === question.sha256);
  if (output === undefined) return refuse("no output of the release has this digest");
  return `${text(output, "name")}, ${Number(output.size)} bytes, is an output of ${question.product} ${question.version}`;
}

// Builders and reviewers whom the supervisor enrolled by statements of the evidence.
function keysOf(bundle: Bundle, trust: Trust, time: bigint): Key[] {
  const enrolled = bundle.others
    .filter((s) => s.predicateType === "urn:vitrine:enrolment:v1" && isEnough(trust, "supervisor", signersOf(trust.keys, "supervisor", s, time, "")))
    .map((s) => readKey(s.predicate))
    .filter((key) => ["builder", "reviewer"].includes(key.role))
    .filter((key) => !trust.keys.some((known) => known.keyid === key.keyid && known.role === key.role));
  return [...trust.keys, ...enrolled];
}

function checkSigners(statement: Statement, question: Question, time: bigint, role: string): string {
  const signers = signersOf(question.trust.keys, role, statement, time, question.product);
  if (!isEnough(question.trust, role, signers)) refuse(`not signed by the ${role}`);
  return names(signers);
}

const checkBoth = (statement: Statement, question: Question, time: bigint): string =>
  `vendor: ${checkSigners(statement, question, time, "vendor")}; supervisor: ${checkSigners(statement, question, time, "supervisor")}`;

function sayPlace(place: Proven): string {
  return `entry ${place.index} of ${place.checkpoint.size}; seen by ${place.witnesses.length} witnesses, a quorum since ${when(place.time)}`;
}

function checkCurrent(list: Statement, release: Statement, releasePlace: Proven, listPlace: Proven): string {
  const { predicate } = release;
  const isOurs = (row: JsonObject): boolean => row.product === predicate.product && row.channel === predicate.channel;
  if (list.predicateType !== "urn:vitrine:withdrawals:v1") refuse("no list of withdrawals");
  const gone = rows(list.predicate.withdrawn).find((row) => isOurs(row) && row.sequence === predicate.sequence);
  if (gone !== undefined) refuse(`it was withdrawn: ${text(gone, "reason")}`);
  const current = rows(list.predicate.current).find(isOurs);
  if (current === undefined || Number(current.sequence) < Number(predicate.sequence)) refuse("the list does not know it yet");
  if (Number(current!.sequence) > Number(predicate.sequence)) refuse(`${text(current!, "version")} took its place`);
  if (listPlace.checkpoint.size < releasePlace.checkpoint.size) refuse("the list was seen before the release");
  return `list ${Number(list.predicate.version)} calls it current, as of ${when(listPlace.time)}`;
}

function covers(statement: Statement, release: Statement): boolean {
  const digests = (list: { sha256: string }[]): string => list.map((row) => row.sha256).sort().join();
  return digests(statement.subjects) === digests(release.subjects);
}

function checkBuild(bundle: Bundle, question: Question, keys: Key[], time: bigint): string {
  const built = bundle.others.filter((s) => s.predicateType === "https://slsa.dev/provenance/v1");
  const signers = built.flatMap((s) => (covers(s, bundle.release) ? signersOf(keys, "builder", s, time, question.product) : []));
  if (built.length === 0 || signers.length === 0) refuse("no enrolled builder says that he built it");
  return `${names(signers)}${signers[0]!.site === "" ? "" : `, in ${signers[0]!.site}`}`;
}

function checkRebuild(bundle: Bundle, question: Question, keys: Key[], time: bigint): string {
  const { source, recipe, environment } = bundle.release.predicate;
  for (const statement of bundle.others) {
    const rebuild = statement.predicate.vitrineRebuild;
    if (statement.predicateType !== "https://slsa.dev/verification_summary/v1" || !isObject(rebuild)) continue;
    const signers = signersOf(keys, "supervisor", statement, time, question.product);
    const isSame = rebuild.source === source && rebuild.recipe === recipe && rebuild.environment === environment;
    if (!["equal", "equal-robust"].includes(text(rebuild, "verdict")) || statement.predicate.verificationResult !== "PASSED") refuse("the rebuild differs");
    if (!isSame || !covers(statement, bundle.release)) refuse("the rebuild was of something else");
    if (isEnough(question.trust, "supervisor", signers)) return `${text(rebuild, "verdict")}, by ${names(signers)}`;
  }
  return refuse("the supervisor did not say that his own build came out equal");
}

function checkReviews(bundle: Bundle, question: Question, keys: Key[], time: bigint): string {
  const newest = new Map<string, Statement>();
  for (const review of bundle.others.filter((s) => s.predicateType === "urn:vitrine:review:v1"))
    for (const key of signersOf(keys, "reviewer", review, time, question.product)) {
      const before = newest.get(key.holder);
      if (review.predicate.source !== bundle.release.predicate.source) continue;
      if (before === undefined || text(before.predicate, "created") < text(review.predicate, "created")) newest.set(key.holder, review);
    }
  for (const [holder, review] of newest) if (review.predicate.verdict !== "accept") refuse(`${holder} refuses its source`);
  if (newest.size === 0) refuse("no reviewer accepts its source");
  return `its source is accepted by ${[...newest.keys()].join(", ")}`;
}

// All steps until the first no; what comes behind it is not asked.
export function checkRelease(question: Question): Finding[] {
  const findings: Finding[] = [];
  let bundle!: Bundle;
  let place!: Proven;
  let listPlace!: Proven;
  let keys!: Key[];
  const { policy, origin } = question.trust;
  const steps: [string, () => string][] = [
    ["the evidence is one whole", () => ((bundle = open(question.evidence)), checkSet(bundle))],
    ["it is about this file", () => checkFile(bundle, question)],
    ["it is in the ledger, and witnesses saw it", () => sayPlace((place = verifyProof(bundle.proof, leafHash(bundle.release.bytes), policy, origin)))],
    ["vendor and supervisor signed", () => checkBoth(bundle.release, question, place.time)],
    ["the list of withdrawals is in the ledger", () => sayPlace((listPlace = verifyProof(bundle.listProof, leafHash(bundle.list.bytes), policy, origin)))],
    ["both signed the list", () => checkBoth(bundle.list, { ...question, product: "" }, listPlace.time)],
    ["it is the current release", () => checkCurrent(bundle.list, bundle.release, place, listPlace)],
    ["an enrolled builder built it", () => ((keys = keysOf(bundle, question.trust, place.time)), checkBuild(bundle, question, keys, place.time))],
    ["the supervisor rebuilt it", () => checkRebuild(bundle, question, keys, place.time)],
    ["it was reviewed", () => checkReviews(bundle, question, keys, place.time)],
  ];
  for (const [step, run] of steps) {
    try {
      findings.push({ step, ok: true, says: run() });
    } catch (error) {
      findings.push({ step, ok: false, says: error instanceof Refused ? error.message : "it could not be read" });
      return findings;
    }
  }
  return findings;
}

// Who built it and who built it again, of evidence that the ledger has; whether it is current
// is not asked.
export function checkBuilds(question: Omit<Question, "sha256">): { built: string; rebuilt: string; builds: string[] } {
  const bundle = open(question.evidence);
  const whole = { ...question, sha256: "" };
  checkSet(bundle);
  const place = verifyProof(bundle.proof, leafHash(bundle.release.bytes), question.trust.policy, question.trust.origin);
  checkBoth(bundle.release, whole, place.time);
  const keys = keysOf(bundle, question.trust, place.time);
  return { built: checkBuild(bundle, whole, keys, place.time), rebuilt: checkRebuild(bundle, whole, keys, place.time), builds: bundle.others.map((s) => s.digest) };
}

// What the release statement binds, for whoever compares it with what is shown.  Its
// signatures are checkRelease's affair.
export function releaseFacts(evidence: string): { source: string; recipe: string; environment: string; index: bigint } {
  const { release, proof } = open(evidence);
  const { predicate } = release;
  return { source: text(predicate, "source"), recipe: text(predicate, "recipe"), environment: text(predicate, "environment"), index: parseProof(proof).index };
}
