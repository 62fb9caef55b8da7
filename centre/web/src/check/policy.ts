// Which logs and witnesses count, and how many are enough.  Spec: C2SP tlog-policy.
import { refuse } from "./bytes.ts";
import { parseVerifierKey, type VerifierKey } from "./note.ts";

interface Group {
  name: string;
  needed: number;
  members: string[];
}

export interface Policy {
  logs: VerifierKey[];
  witnesses: { name: string; key: VerifierKey }[];
  groups: Group[];
  quorum: string; // name of a witness or group; "none"
}

function parseGroup(words: string[]): Group {
  const [name, count, ...members] = words;
  const needed = count === "any" ? 1 : count === "all" ? members.length : Number(count);
  if (!name || !/^(any|all|[1-9][0-9]*)$/.test(count ?? "") || needed < 1 || needed > members.length)
    refuse("a group of the policy cannot be met");
  return { name: name!, needed, members };
}

function parseRow(policy: Policy, [word, ...rest]: string[]): void {
  if (word === "log") policy.logs.push(parseVerifierKey(rest[0] ?? ""));
  else if (word === "witness") policy.witnesses.push({ name: rest[0] ?? "", key: parseVerifierKey(rest[1] ?? "") });
  else if (word === "group") policy.groups.push(parseGroup(rest));
  else if (word === "quorum" && policy.quorum === "" && rest.length === 1) policy.quorum = rest[0]!;
  else refuse(`the policy has a line that is not known: ${word}`);
}

function checkNames(policy: Policy): void {
  const names = [...policy.witnesses.map((w) => w.name), ...policy.groups.map((g) => g.name)];
  const members = policy.groups.flatMap((g) => g.members);
  if (new Set(names).size !== names.length || names.includes("none") || new Set(members).size !== members.length)
    refuse("a name of the policy stands twice");
  if (members.some((name) => !names.includes(name))) refuse("a group names a member that is not there");
  if (policy.quorum !== "none" && !names.includes(policy.quorum)) refuse("the policy names no quorum");
  if (policy.witnesses.some((w) => w.key.type !== 4) || policy.logs.some((key) => key.type !== 1))
    refuse("a key of the policy is of the wrong kind");
}

export function parsePolicy(text: string): Policy {
  const policy: Policy = { logs: [], witnesses: [], groups: [], quorum: "" };
  for (const line of text.split("\n")) {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] !== "" && !words[0]!.startsWith("#")) parseRow(policy, words);
  }
  checkNames(policy);
  return policy;
}

export function hasQuorum(policy: Policy, signed: Set<string>): boolean {
  if (policy.quorum === "none") return true;
  const met = new Set(signed);
  // Groups stand behind their members, so one pass counts everything.
  for (const group of policy.groups) if (group.members.filter((m) => met.has(m)).length >= group.needed) met.add(group.name);
  return met.has(policy.quorum);
}
