// Aggregates of a cell: who may sign one, and whether each number is what the estimator
// gives.  Nothing but + - * / and sqrt, so it is the same to the last bit everywhere.
// Spec: aggregate/v1 (evidence/DESIGN.md, cell/DESIGN.md)
import { refuse } from "./bytes.ts";
import { canonical, isObject, type Json, type JsonObject, type Statement } from "./dsse.ts";
import { signersOf, type Key, type Trust } from "./trust.ts";

export interface Counted {
  value: string;
  suppressed: boolean; // it may be fewer people than may be told: no number is given
  estimate: number;
  low: number;
  high: number;
}

export interface Field {
  name: string;
  question: string;
  noise: number; // the chance of a bit that is not one's own, of 2^32
  cells: Counted[];
}

export interface Aggregate {
  cell: string;
  name: string;
  version: number;
  schema: string;
  from: string;
  until: string;
  least: number;
  percent: number;
  reports: number | undefined; // fewer than `least`
  refused: number;
  fields: Field[];
}

const text = (row: JsonObject, name: string): string => (typeof row[name] === "string" ? (row[name] as string) : refuse(`an aggregate whose ${name} is none`));
const number = (row: JsonObject, name: string): number => (Number.isSafeInteger(row[name]) && Number(row[name]) >= 0 ? Number(row[name]) : refuse(`an aggregate whose ${name} is none`));
const rows = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : refuse("an aggregate without rows"));
const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

const CONFIDENCE_PERCENT = 99;
const Z = 2.576; // both tails together: one in a hundred

export function estimate(reports: number, ones: number, noise: number, least: number): Omit<Counted, "value"> {
  const q = noise / 4294967296;
  const gap = 0.5 - q;
  const middle = within((ones - reports * q) / gap, 0, reports);
  const half = Z * Math.sqrt((middle / 4 + (reports - middle) * q * (1 - q)) / (gap * gap));
  const low = Math.floor(within(middle - half, 0, reports));
  if (reports < least || low < least) return { suppressed: true, estimate: 0, low: 0, high: 0 };
  return { suppressed: false, estimate: Math.floor(middle + 0.5), low, high: Math.floor(within(middle + half + 1, 0, reports)) };
}

function readCell(row: JsonObject, of: Aggregate, field: string, noise: number): Counted {
  const value = text(row, "value");
  const bare = { value, suppressed: true, estimate: 0, low: 0, high: 0 };
  if (row.suppressed === true && canonical(row) === canonical({ suppressed: true, value })) return bare;
  const ones = number(row, "ones");
  const again = estimate(of.reports ?? 0, ones, noise, of.least);
  if (again.suppressed) refuse(`${field}, ${value}: it may be fewer people than may be told, and a number is given`);
  if (ones > (of.reports ?? 0) || canonical(row) !== canonical({ value, ones, ...again })) refuse(`${field}, ${value}: its numbers are not what the estimator gives`);
  return { value, ...again };
}

// What it says, once each number came out equal.
export function readAggregate(predicate: JsonObject): Aggregate {
  const of: Aggregate = {
    cell: text(predicate, "cell"),
    name: text(predicate, "name"),
    version: number(predicate, "version"),
    schema: text(predicate, "schema"),
    from: text(predicate, "from"),
    until: text(predicate, "until"),
    least: number(predicate, "least"),
    percent: number(predicate, "confidence_percent"),
    reports: predicate.reports === undefined ? undefined : number(predicate, "reports"),
    refused: number(predicate, "refused"),
    fields: [],
  };
  if (of.percent !== CONFIDENCE_PERCENT) refuse(`only intervals of ${CONFIDENCE_PERCENT} percent are known`);
  if (of.reports !== undefined && of.reports < of.least) refuse("it tells of fewer people than it may");
  for (const row of rows(predicate.fields)) {
    const [name, noise] = [text(row, "name"), number(row, "noise")];
    if (noise === 0 || noise >= 2147483648) refuse(`${name}: its noise is no chance below one half`);
    of.fields.push({ name, noise, question: text(row, "question"), cells: rows(row.cells).map((cell) => readCell(cell, of, name, noise)) });
  }
  return of;
}

// By a key that the trust root gives to that cell.  time: when a quorum had seen it.
export function cellSigners(statement: Statement, trust: Trust, time: bigint): Key[] {
  const cell = String(statement.predicate.cell);
  return signersOf(trust.keys, "cell", statement, time, cell).filter((key) => key.products?.includes(cell));
}
