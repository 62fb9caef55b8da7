// Tables of residency: who may sign one, and what it says of each country and class.
// Spec: residency/v1 (evidence/DESIGN.md, cell/DESIGN.md)
import { hex, refuse } from "./bytes.ts";
import { sha256 } from "./crypto.ts";
import { isObject, type Json, type JsonObject, type Statement } from "./dsse.ts";
import { isEnough, seconds, signersOf, type Key, type Trust } from "./trust.ts";

export const CLASSES = ["file", "lookup", "statistic", "account"] as const;
export const STATES = ["here", "moving", "stays", "not moved yet"] as const;
export type DataClass = (typeof CLASSES)[number];
export type State = (typeof STATES)[number];

export interface Step {
  state: State;
  cell: string;
  to?: string; // moving
  fence?: string; // moving: from then on the old cell takes nothing
  from: string;
}

export interface Rule extends Step {
  countries: string[];
  classes: DataClass[];
}

export interface Table {
  version: number;
  created: string;
  digest: string; // that the next version names
  cells: { name: string; jurisdiction: string; url: string }[];
  rules: Rule[];
  lines: Map<string, Step[]>; // by "DE file", in the order of time
  signers: Key[];
}

const text = (row: JsonObject, name: string): string => (typeof row[name] === "string" ? (row[name] as string) : refuse(`a table whose ${name} is none`));
const texts = (row: JsonObject, name: string): string[] => (Array.isArray(row[name]) ? (row[name] as Json[]).map(String) : refuse(`a table whose ${name} are none`));
const rows = (of: JsonObject, name: string): JsonObject[] => (Array.isArray(of[name]) ? (of[name] as Json[]).filter(isObject) : refuse(`a table without ${name}`));

function readRule(row: JsonObject, cells: Set<string>): Rule {
  const rule: Rule = { state: text(row, "state") as State, cell: text(row, "cell"), from: text(row, "from"), countries: texts(row, "countries"), classes: texts(row, "classes") as DataClass[] };
  if (!STATES.includes(rule.state) || rule.classes.some((each) => !CLASSES.includes(each)) || !cells.has(rule.cell)) refuse("a table with a rule that is none");
  if (rule.state !== "moving") return rule;
  if (!cells.has(text(row, "to"))) refuse("a table with a move to a cell that it does not name");
  return { ...rule, to: text(row, "to"), fence: text(row, "fence") };
}

function readLines(rules: Rule[]): Table["lines"] {
  const lines: Table["lines"] = new Map();
  for (const { countries, classes, ...step } of rules)
    for (const country of countries)
      for (const each of classes) {
        const key = `${country} ${each}`;
        const line = lines.get(key) ?? [];
        if (line.some((other) => other.from === step.from)) refuse(`two answers for ${key} at one time`);
        lines.set(key, [...line, step]);
      }
  for (const line of lines.values()) line.sort((a, b) => (seconds(a.from) < seconds(b.from) ? -1 : 1));
  return lines;
}

// The step in force then.
export const stepAt = (table: Table, country: string, of: DataClass, time: bigint): Step | undefined => table.lines.get(`${country} ${of}`)?.findLast((step) => seconds(step.from) <= time);

// time: when a quorum of witnesses had seen it.
export function readTable(statement: Statement, trust: Trust, time: bigint): Table {
  const { predicate, predicateType, envelope } = statement;
  if (predicateType !== "urn:vitrine:residency:v1") refuse("it is no table of residency");
  const signers = signersOf(trust.keys, "residency", statement, time, "");
  if (!isEnough(trust, "residency", signers)) refuse(`it is signed by ${signers.length} who may say where data lie, which are too few`);
  const cells = rows(predicate, "cells").map((row) => ({ name: text(row, "name"), jurisdiction: text(row, "jurisdiction"), url: text(row, "url") }));
  const names = new Set(cells.map((cell) => cell.name));
  const rules = rows(predicate, "rules").map((row) => readRule(row, names));
  const table: Table = { version: Number(predicate.version), created: text(predicate, "created"), digest: hex(sha256(envelope.payload)), cells, rules, lines: readLines(rules), signers };
  for (const country of new Set(rules.flatMap((rule) => rule.countries)))
    for (const each of CLASSES) if (stepAt(table, country, each, seconds(table.created)) === undefined) refuse(`it says nothing of ${country} ${each}`);
  return table;
}
