// reviewers.mjs CASE URL ORIGIN CODE FOLDER - what reviewers may ask, and what is refused:
// each refusal stands beside the same request that is taken.
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Authenticator, Client, clientData, sha256 } from "./authenticator.mjs";

const [name, url, origin, code, folder] = process.argv.slice(2);
const party = new URL(origin).hostname;
const is = (answer, status, word) => {
  assert.equal(answer.status, status, answer.bytes.toString());
  if (word !== undefined) assert.match(answer.json?.title ?? "", word);
  return answer;
};

async function signedIn() {
  const client = new Client(url, origin);
  const authenticator = new Authenticator(party);
  is(await client.enrol(authenticator, code), 200);
  is(await client.open(authenticator), 200);
  return { client, authenticator };
}

const LAMP = { product: "lamp", version: "2.0.0" };

async function manifestOf(client, of) {
  const about = is(await client.ask({ ...of, kind: "about" }), 200).json;
  const parts = [];
  for (let number = 0, had = 0; had < about.manifest_bytes; number++) {
    const { bytes } = is(await client.ask({ ...of, kind: "manifest", ...(number && { number }) }), 200);
    parts.push(bytes);
    had += bytes.length;
  }
  const plain = gunzipSync(Buffer.concat(parts));
  assert.equal(sha256(plain).toString("hex"), about.source);
  const rows = plain.toString().slice("vitrine/source/v1\n".length).split("\0").slice(0, -1);
  return rows.map((row) => ({ sha256: row.slice(7, 71), path: row.slice(72) }));
}

const cases = {
  async aReviewerReads() {
    const { client } = await signedIn();
    const session = is(await client.send("GET", "session"), 200).json;
    assert.deepEqual(session.products, ["lamp"]);
    const files = await manifestOf(client, LAMP);
    assert.deepEqual(files.map((file) => file.path), ["<img src=x onerror=alert(1)>.c", "doc/readme.md", "src/lamp.c", "src/lamp.h"]);
    for (const [file, row] of files.entries()) {
      const { bytes } = is(await client.ask({ ...LAMP, kind: "file", ...(file && { file }) }), 200);
      assert.equal(sha256(bytes).toString("hex"), row.sha256);
    }
    const found = is(await client.ask({ ...LAMP, kind: "search", text: "lamp_light" }), 200).json;
    assert.deepEqual(found.hits.map((hit) => [hit.file, hit.line]), [[2, 4], [2, 11], [3, 1]]);
    const regex = is(await client.ask({ ...LAMP, kind: "search", text: "^INT lamp_(dim|light)\\(", regex: true, any_case: true }), 200).json;
    assert.deepEqual(regex.hits.map((hit) => [hit.file, hit.line]), [[2, 4], [2, 9], [3, 1], [3, 2]]);
    const defined = is(await client.ask({ ...LAMP, kind: "define", text: "lamp_dim" }), 200).json;
    assert.deepEqual(defined.definitions, [{ file: 2, line: 9, kind: "function" }]);
    // The Centre reckons what stands in no version that counts as reviewed.
    const ask = (text, more = {}) => client.ask({ product: "lamp", version: "2.1.0", kind: "unreviewed", ...(text && { text }), ...more });
    assert.deepEqual(is(await ask("2.0.0"), 200).json, { files: [{ file: 1, path: "src/lamp.c", is_whole: false, lines: [[6, 1]] }, { file: 3, path: "src/telemetry.c", is_whole: true, lines: [[1, 3]] }], lines: 4 });
    assert.equal(is(await ask("2.0.0", { file: 2 }), 200).json.lines, 3);
    assert.equal(is(await ask("2.1.0 2.0.0"), 200).json.lines, 0);
    assert.equal(is(await ask(""), 200).json.files.length, 4);
    for (const text of ["../2.0.0", "2.0.0 ", " 2.0.0", "2.0.0  2.1.0"]) is(await ask(text), 400);
    is(await ask("2.0.0 2.0.0 2.0.0 2.0.0"), 422, /at most 3/);
    is(await ask("9.9.9"), 404);
    // Everybody sees how much is sealed, and its chain.
    const before = is(await new Client(url, origin).send("GET", "sealed"), 200).json;
    assert.deepEqual(Object.keys(before).sort(), ["chain", "recipient", "records"]);
    is(await client.ask({ ...LAMP, kind: "about" }), 200);
    is(await client.ask({ product: "kettle", version: "1.0.0", kind: "about" }), 403);
    const after = is(await client.send("GET", "sealed"), 200).json;
    assert.equal(after.records, before.records + 2);
    assert.notEqual(after.chain, before.chain);
  },

  // Every call of the API without a session, with another's, and across the border.
  async nobodyElseReads() {
    const { client } = await signedIn();
    const good = { ...LAMP, kind: "about" };
    is(await client.ask(good), 200);
    const stranger = new Client(url, origin);
    is(await stranger.ask(good), 401);
    is(await stranger.send("GET", "session"), 401);
    is(await stranger.post("session/close", {}), 401);
    is(await client.ask(good, { Cookie: null }), 401);
    is(await client.ask(good, { Cookie: `${client.cookie}; ${client.cookie}` }), 401);
    is(await client.ask(good, { Cookie: client.cookie.slice(0, -1) + (client.cookie.endsWith("0") ? "1" : "0") }), 401);
    is(await client.ask(good, { "X-Vitrine-Session": null }), 403, /page of the session/);
    is(await client.ask(good, { "X-Vitrine-Session": "0".repeat(64) }), 403);
    is(await client.ask(good, { "Sec-Fetch-Site": "cross-site" }), 403);
    is(await client.ask(good, { "Sec-Fetch-Site": "same-origin" }), 200);
    is(await client.ask(JSON.stringify(good), { "Content-Type": "text/plain" }), 415);
    // Another vendor's product, by its right name and number.
    for (const kind of ["about", "manifest", "file"]) is(await client.ask({ product: "kettle", version: "1.0.0", kind }), 403, /does not name this product/);
    for (const kind of ["search", "define"]) is(await client.ask({ product: "kettle", version: "1.0.0", kind, text: "kettle_secret" }), 403);
    const found = is(await client.ask({ ...LAMP, kind: "search", text: "kettle_secret" }), 200).json;
    assert.equal(found.hits.length, 0);
    // Paths.
    for (const version of ["../../../trust.json", "..", "2.0.0/../2.0.0", "", "2.0.0\0", "%2e%2e"]) is(await client.ask({ product: "lamp", version, kind: "about" }), 400);
    for (const product of ["../kettle", "lamp/../kettle", "lamp/"]) is(await client.ask({ product, version: "1.0.0", kind: "about" }), 400);
    is(await client.ask({ ...LAMP, kind: "file", file: 4 }), 404);
    is(await client.ask({ ...LAMP, kind: "file", file: 4294967295 }), 404);
    is(await client.ask({ ...LAMP, kind: "file", file: 2, number: 1 }), 404);
    is(await client.ask({ product: "lamp", version: "9.9.9", kind: "about" }), 404);
    is(await client.ask({ ...LAMP, kind: "erase" }), 400);
    is(await client.ask({ ...LAMP, kind: "about", more: 1 }), 400);
    is(await client.ask("{"), 400);
  },
};

cases.passkeysAreStrict = async () => {
  const client = new Client(url, origin);
  const authenticator = new Authenticator(party);
  is(await client.post("session/challenge", { code: "0".repeat(64) }), 401, /nobody was invited/);
  is(await client.post("session/challenge", { code: "short" }), 400);
  const bad = {
    elsewhere: { clientData: (challenge) => clientData("create", challenge, "https://elsewhere.example") },
    longer: { clientData: (challenge) => clientData("create", challenge, `${origin}.example`) },
    framed: { clientData: (challenge) => Buffer.from(clientData("create", challenge, origin).toString().replace("false", "true")) },
    used: { clientData: (challenge) => clientData("get", challenge, origin) },
    replayed: { clientData: () => clientData("create", Buffer.alloc(32).toString("base64"), origin) },
    unverified: { flags: 0x41 },
    absent: { flags: 0x44 },
    party: { data: new Authenticator("elsewhere.example").create() },
  };
  for (const [what, change] of Object.entries(bad)) assert.equal((await patient(() => client.enrol(authenticator, code, change))).status, 403, what);
  for (let cut = 0; cut < authenticator.create().length; cut += 7) {
    const answer = await patient(() => client.enrol(authenticator, code, { data: authenticator.create().subarray(0, cut) }));
    assert.equal(answer.status, 400, `cut at ${cut}`);
  }
  is(await patient(() => client.enrol(authenticator, code)), 200);
  is(await patient(() => client.enrol(new Authenticator(party), code)), 403, /registered with this code before/);
  const wrong = {
    elsewhere: { clientData: (challenge) => clientData("get", challenge, "https://elsewhere.example") },
    created: { clientData: (challenge) => clientData("create", challenge, origin) },
    unverified: { flags: 0x01 },
    flipped: { signature: (signature) => Buffer.concat([signature.subarray(0, -1), Buffer.from([signature.at(-1) ^ 1])]) },
    none: { signature: () => Buffer.from("30") },
  };
  for (const [what, change] of Object.entries(wrong)) assert.equal((await patient(() => client.open(authenticator, change))).status, 403, what);
  const other = new Authenticator(party);
  other.id = authenticator.id;
  assert.equal((await patient(() => client.open(other))).status, 403, "another key under this id");
  is(await patient(() => client.open(new Authenticator(party))), 401, /not registered/);
  const first = is(await patient(() => client.open(authenticator)), 200);
  is(await patient(() => client.post("session/open", first.body)), 403, /too old, or was answered/);
  is(await patient(() => client.open(authenticator, { counter: 1 })), 403, /counter went back/);
};

async function patient(act) {
  for (;;) {
    const answer = await act().catch((error) => (error instanceof TypeError ? { status: 429 } : Promise.reject(error)));
    if (answer.status !== 429) return answer;
    await new Promise((done) => setTimeout(done, 100));
  }
}

cases.sessionsAreStrict = async () => {
  const { client, authenticator } = await signedIn();
  const [attributes] = (await new Client(url, origin).open(authenticator)).headers["set-cookie"];
  for (const word of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) assert.ok(attributes.includes(word), attributes);
  // A token that was chosen by somebody else never becomes a session.
  const fixed = new Client(url, origin);
  fixed.cookie = `vitrine-session=${"ab".repeat(32)}`;
  is(await fixed.open(authenticator), 200);
  assert.notEqual(fixed.cookie, `vitrine-session=${"ab".repeat(32)}`);
  // Signing in again ends the session before.
  const before = client.cookie;
  is(await client.open(authenticator), 200);
  assert.notEqual(client.cookie, before);
  is(await client.send("GET", "session", undefined, { Cookie: before }), 401);
  is(await client.send("GET", "session"), 200);
  // Leaving needs the page's own word.
  assert.equal(is(await client.post("session/close", {}, { "X-Vitrine-Session": null }), 403).headers["set-cookie"], undefined);
  is(await client.send("GET", "session"), 200);
  const cleared = /^vitrine-session=;.*Max-Age=0/;
  assert.match(is(await client.post("session/close", {}), 200).headers["set-cookie"][0], cleared);
  assert.match(is(await client.post("session/close", {}), 401).headers["set-cookie"][0], cleared);
  is(await client.send("GET", "session"), 401);
  is(await fixed.send("GET", "session"), 200);
};

cases.anEndCountsAtOnce = async () => {
  const { client } = await signedIn();
  is(await client.ask({ ...LAMP, kind: "about" }), 200);
  renameSync(`${folder}/end.json`, `${folder}/c/invitations/end.json`);
  is(await client.ask({ ...LAMP, kind: "about" }), 401, /over/);
  is(await client.send("GET", "session"), 401);
  is(await client.post("session/challenge", { code }), 403, /does not count now/);
};

cases.aSessionOutlivesARestart = async () => {
  const { client } = await signedIn();
  is(await client.ask({ ...LAMP, kind: "about" }), 200);
  writeFileSync(`${folder}/kept.json`, JSON.stringify({ cookie: client.cookie, csrf: client.csrf }));
};

cases.theyAskTooFast = async () => {
  const { client } = await signedIn();
  const answers = [];
  const isTooFast = (answer) => answer.status === 429 && /faster than/.test(answer.json.title);
  // A slow machine takes longer to use up what may be asked at once.
  for (let i = 0; i < 60 && !answers.some(isTooFast); i++) answers.push(...(await Promise.all(Array.from({ length: 16 }, () => client.ask({ ...LAMP, kind: "about" })))));
  assert.ok(answers.some((answer) => answer.status === 200));
  assert.ok(answers.some(isTooFast));
};

// An expression that would run for years.
cases.searchesAreBounded = async () => {
  const { client } = await signedIn();
  const ask = (text, more = {}) => client.ask({ ...LAMP, kind: "search", text, regex: true, ...more });
  is(await ask("(("), 422, /no expression/);
  is(await ask("(*UTF)a"), 422);
  is(await ask("((a+)+)+$|x", {}), 200);
  const since = Date.now();
  const answer = await client.ask({ product: "lamp", version: "2.2.0", kind: "search", text: "(x+x+)+[yz]", regex: true });
  is(answer, 422, /costs more/);
  assert.ok(Date.now() - since < 2000);
  is(await client.ask({ product: "lamp", version: "2.2.0", kind: "search", text: "x+z", regex: true }), 200);
};

await cases[name]();
