// The trust root: who may speak for whom, and how many are enough.
import { fromHex, refuse } from "./bytes.ts";
import { keyid } from "./crypto.ts";
import { isObject, isSignedBy, readStatement, type Json, type JsonObject, type Statement } from "./dsse.ts";
import { parsePolicy, type Policy } from "./policy.ts";

export interface Key {
  keyid: string;
  public: string; // hex
  holder: string;
  jurisdiction: string;
  role: string;
  site: string;
  from: bigint; // seconds since 1970, as all here
  until: bigint;
  mandateUntil: bigint;
  accreditation: string;
  funding: string;
  compromisedFrom: bigint;
  products: string[] | undefined; // undefined: all
}

export interface Trust {
  version: number;
  created: string;
  expires: string;
  digest: string;
  keys: Key[];
  thresholds: Map<string, { keys: number; holders: number; jurisdictions: number }>;
  origin: string; // of the release ledger
  policy: Policy;
  rootHolders: string[]; // who signed it
  seals: Seal[];
}

// Whom a Centre seals to what its reviewers ask.
export interface Seal {
  domain: string;
  sha256: string; // of the line with the recipient
  from: bigint;
  until: bigint;
}

const NEVER = 1n << 62n;
const text = (object: JsonObject, name: string): string => (typeof object[name] === "string" ? (object[name] as string) : "");
export const seconds = (time: string): bigint => BigInt(Math.floor(Date.parse(time) / 1000) || 0);

export function readKey(row: Json): Key {
  if (!isObject(row) || !isObject(row.mandate)) return refuse("the trust root has a key that is none");
  const key: Key = {
    keyid: text(row, "keyid"),
    public: text(row, "public"),
    holder: text(row, "holder"),
    jurisdiction: text(row, "jurisdiction"),
    role: text(row, "role"),
    site: text(row, "site"),
    from: seconds(text(row, "from")),
    until: seconds(text(row, "until")),
    mandateUntil: seconds(text(row.mandate, "until")),
    accreditation: text(row.mandate, "accreditation"),
    funding: text(row.mandate, "funding"),
    compromisedFrom: row.compromised_from === undefined ? NEVER : seconds(text(row, "compromised_from")),
    products: Array.isArray(row.products) ? row.products.map(String) : undefined,
  };
  if (!/^[0-9a-f]{64}$/.test(key.public) || keyid(key.public) !== key.keyid) refuse(`a key of ${key.holder} is not what its id says`);
  return key;
}

// The keys of this role that signed and counted then.
export function signersOf(keys: Key[], role: string, statement: Statement, time: bigint, product: string): Key[] {
  return keys.filter(
    (key) =>
      key.role === role &&
      statement.envelope.signatures.some((row) => row.keyid === key.keyid) &&
      (key.products === undefined || product === "" || key.products.includes(product)) &&
      time >= key.from &&
      time < key.until &&
      time < key.mandateUntil &&
      time < key.compromisedFrom &&
      isSignedBy(statement.envelope, fromHex(key.public)),
  );
}

export function isEnough(trust: Pick<Trust, "thresholds">, role: string, signers: Key[]): boolean {
  const need = trust.thresholds.get(role);
  const distinct = (of: (key: Key) => string): number => new Set(signers.map(of)).size;
  return (
    need !== undefined &&
    need.keys > 0 &&
    distinct((key) => key.keyid) >= need.keys &&
    distinct((key) => key.holder) >= need.holders &&
    distinct((key) => key.jurisdiction) >= need.jurisdictions
  );
}

function readSeals(rows: Json | undefined): Seal[] {
  const certified = Array.isArray(rows) ? rows.filter(isObject) : [];
  return certified.filter((row) => row.use === "seal").map((row) => ({ domain: text(row, "cell"), sha256: text(row, "sha256"), from: seconds(text(row, "from")), until: seconds(text(row, "until")) }));
}

function readThresholds(rows: Json | undefined): Trust["thresholds"] {
  const one = { keys: 1, holders: 1, jurisdictions: 1 };
  const all: Trust["thresholds"] = new Map([["reviewer", one], ["builder", one]]);
  for (const row of Array.isArray(rows) ? rows : [])
    if (isObject(row))
      all.set(text(row, "role"), { keys: Number(row.keys), holders: Number(row.holders), jurisdictions: Number(row.jurisdictions) });
  return all;
}

// Signed by its own root threshold.  That it is the right one its digest says, which people
// compare with what reached them another way.
export function readTrust(bytes: string): Trust {
  const statement = readStatement(JSON.parse(bytes) as Json);
  const { predicate } = statement;
  if (statement.predicateType !== "urn:vitrine:trust:v1") refuse("no trust root");
  const ledgers = Array.isArray(predicate.ledgers) ? predicate.ledgers.filter(isObject) : [];
  const trust: Trust = {
    version: Number(predicate.version),
    created: text(predicate, "created"),
    expires: text(predicate, "expires"),
    digest: statement.digest,
    keys: (Array.isArray(predicate.keys) ? predicate.keys : []).map(readKey),
    thresholds: readThresholds(predicate.thresholds),
    origin: text(ledgers.find((row) => row.use === "release") ?? {}, "origin"),
    policy: parsePolicy(text(predicate, "policy")),
    rootHolders: [],
    seals: readSeals(predicate.certified),
  };
  const signers = signersOf(trust.keys, "root", statement, seconds(trust.created), "");
  if (!isEnough(trust, "root", signers)) refuse("the trust root is not signed by enough of its holders");
  trust.rootHolders = signers.map((key) => key.holder);
  return trust;
}
