// Envelopes and the statements in them.  Spec: DSSE 1.0.2, RFC 8785, in-toto Statement v1.
import { base64, concat, fromAnyBase64, fromUtf8, hex, refuse, utf8 } from "./bytes.ts";
import { sha256, verifyEd25519 } from "./crypto.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// RFC 8785 is defined by what JSON.stringify does; names are sorted by UTF-16 units.
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name]!)}`).join(",")}}`;
}

// Read, and demand that it is its own canonical form: no name twice, no other spelling.
export function parseCanonical(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse("no JSON");
  }
  if (!isObject(value) || canonical(value) !== text) refuse("not its own canonical form");
  return value as JsonObject;
}

export const pae = (type: string, payload: Uint8Array): Uint8Array =>
  concat(utf8(`DSSEv1 ${utf8(type).length} ${type} ${payload.length} `), payload);

export interface Envelope {
  type: string;
  payload: Uint8Array;
  signatures: { keyid: string; bytes: Uint8Array }[];
}

// As other people write it.
export function parseEnvelope(text: string): Envelope {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse("no JSON");
  }
  if (!isObject(value)) return refuse("no envelope");
  const { payloadType, payload, signatures } = value;
  if (typeof payloadType !== "string" || typeof payload !== "string" || !Array.isArray(signatures) || signatures.length === 0)
    return refuse("no envelope");
  return {
    type: payloadType,
    payload: fromAnyBase64(payload),
    signatures: signatures.map((row) => {
      if (!isObject(row) || typeof row.sig !== "string") return refuse("an envelope with a signature that is none");
      return { keyid: typeof row.keyid === "string" ? row.keyid : "", bytes: fromAnyBase64(row.sig) };
    }),
  };
}

export const isSignedBy = (envelope: Envelope, publicKey: Uint8Array): boolean =>
  envelope.signatures.some((row) => verifyEd25519(publicKey, pae(envelope.type, envelope.payload), row.bytes));

// A statement of ours: the envelope in its one form, and what it says.
export interface Statement {
  envelope: Envelope;
  bytes: Uint8Array; // canonical: what was logged
  digest: string; // SHA-256 of them, hex
  predicateType: string;
  subjects: { name: string; sha256: string }[];
  predicate: JsonObject;
}

export function readStatement(value: Json): Statement {
  const text = canonical(value);
  const envelope = parseEnvelope(text);
  const ids = envelope.signatures.map((row) => row.keyid);
  if (ids.some((id, i) => !/^[0-9a-f]{64}$/.test(id) || (i > 0 && ids[i - 1]! >= id)))
    refuse("an envelope that is not in its one form");
  if (!isObject(value) || base64(envelope.payload) !== value.payload) refuse("an envelope that is not in its one form");
  const statement = parseCanonical(fromUtf8(envelope.payload));
  const { predicateType, predicate, subject } = statement;
  if (statement._type !== "https://in-toto.io/Statement/v1" || typeof predicateType !== "string" || !isObject(predicate))
    return refuse("no statement");
  const subjects = (Array.isArray(subject) ? subject : []).map((row) => {
    const sha = isObject(row) && isObject(row.digest) ? row.digest.sha256 : undefined;
    if (!isObject(row) || typeof row.name !== "string" || typeof sha !== "string") return refuse("a subject that is none");
    return { name: row.name, sha256: sha };
  });
  const bytes = utf8(text);
  return { envelope, bytes, digest: hex(sha256(bytes)), predicateType, subjects, predicate };
}

