// Bytes and their spellings.  Each value has one spelling; everything else is refused.

export class Refused extends Error {}

export function refuse(sentence: string): never {
  throw new Refused(sentence);
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("not UTF-8");
  }
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) refuse("not lower-case hex");
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

// Standard alphabet, padded, unused bits zero: what is decoded is written back and compared.
export function fromBase64(text: string): Uint8Array {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    return refuse("not base64");
  }
  const bytes = Uint8Array.from(decoded, (char) => char.charCodeAt(0));
  if (base64(bytes) !== text) refuse("not the one spelling of base64");
  return bytes;
}

// Other people's envelopes may also be URL-safe.
export function fromAnyBase64(text: string): Uint8Array {
  return fromBase64(/[-_]/.test(text) && !/[+/]/.test(text) ? text.replaceAll("-", "+").replaceAll("_", "/") : text);
}

// Digits only, no leading zero, 64 bits.
export function decimal(text: string): bigint {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) refuse(`'${text.slice(0, 24)}' is no number`);
  const value = BigInt(text);
  return value < 1n << 64n ? value : refuse("a number above 64 bits");
}
