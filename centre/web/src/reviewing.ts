// A reviewer's session: a passkey opens it, a cookie that no script sees keeps it, and the
// value of `csrf` shows the Centre that its own page asks.
import { useEffect, useState } from "preact/hooks";
import { Unanswered } from "./api.ts";
import { fromHex } from "./check/bytes.ts";

export interface Reviewer {
  reviewer: string;
  products: string[];
  until: string;
  csrf: string;
}

// undefined: not asked yet; null: nobody is signed in.
let current: Reviewer | null | undefined;
const listeners = new Set<() => void>();

function change(next: Reviewer | null): void {
  current = next;
  for (const listener of listeners) listener();
}

export function useReviewer(): Reviewer | null | undefined {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = (): void => redraw((count) => count + 1);
    listeners.add(listener);
    if (current === undefined) void look();
    return () => void listeners.delete(listener);
  }, []);
  return current;
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  if (current) headers["X-Vitrine-Session"] = current.csrf;
  const answer = await fetch(`/api/v1/${path}`, { method, headers, credentials: "same-origin", redirect: "error", cache: "no-store", ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { title?: string };
  if (answer.status === 401 && current) change(null);
  throw new Unanswered(answer.status, problem.title ?? `the Centre answered ${answer.status}`);
}

// Whose session this is, if it is anybody's.
export async function look(): Promise<void> {
  try {
    change((await (await send("GET", "session")).json()) as Reviewer);
  } catch {
    change(null);
  }
}

// ---- passkeys -----------------------------------------------------------------------

const base64 = (bytes: ArrayBuffer | Uint8Array): string => btoa(Array.from(new Uint8Array(bytes as ArrayBuffer), (byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

interface Challenge {
  challenge: string;
  party: string;
  user?: string;
  name?: string;
}

const challengeFor = async (body: { code?: string }): Promise<Challenge> => (await (await send("POST", "session/challenge", body)).json()) as Challenge;

export async function enrol(code: string): Promise<void> {
  const { challenge, party, user, name } = await challengeFor({ code });
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64(challenge),
      rp: { id: party, name: "Transparency Centre" },
      user: { id: Uint8Array.from(fromHex(user ?? "")), name: name ?? "", displayName: name ?? "" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  await send("POST", "session/enrol", { code, client_data: base64(response.clientDataJSON), authenticator_data: base64(response.getAuthenticatorData()) });
  await signIn();
}

export async function signIn(): Promise<void> {
  const { challenge, party } = await challengeFor({});
  const got = (await navigator.credentials.get({ publicKey: { challenge: fromBase64(challenge), rpId: party, userVerification: "required" } })) as PublicKeyCredential;
  const response = got.response as AuthenticatorAssertionResponse;
  const answer = await send("POST", "session/open", {
    credential: base64(got.rawId),
    client_data: base64(response.clientDataJSON),
    authenticator_data: base64(response.authenticatorData),
    signature: base64(response.signature),
  });
  change((await answer.json()) as Reviewer);
}

export async function signOut(): Promise<void> {
  await send("POST", "session/close", {});
  change(null);
}

// ---- questions of source ------------------------------------------------------------

export interface Question {
  product: string;
  version: string;
  kind: "about" | "manifest" | "file" | "search" | "define" | "unreviewed" | "rebuild" | "rebuilt";
  file?: number;
  number?: number;
  text?: string;
  regex?: boolean;
  any_case?: boolean;
}

export const askJson = async <T>(question: Question): Promise<T> => (await (await send("POST", "source", question)).json()) as T;
export const askBytes = async (question: Question): Promise<Uint8Array> => new Uint8Array(await (await send("POST", "source", question)).arrayBuffer());

// ---- notes ---------------------------------------------------------------------------

export const askNotes = async <T>(request: object): Promise<T> => (await (await send("POST", "notes", request)).json()) as T;
