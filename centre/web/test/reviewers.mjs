// reviewers.mjs CASE URL ORIGIN CODE FOLDER - what reviewers may ask, and what is refused:
// each refusal stands beside the same request that is taken.
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Authenticator, Client, clientData, sha256 } from "./authenticator.mjs";

const [name, url, origin, code, folder] = process.argv.slice(2);
const party = new URL(origin).hostname;
const is = (answer, status, word) => {
  assert.equal(answer.status, status, answer.bytes.toString());
  if (word !== undefined) assert.match(answer.json?.title ?? "", word);
  return answer;
};

async function signedIn(by = code) {
  const client = new Client(url, origin);
  const authenticator = new Authenticator(party);
  is(await client.enrol(authenticator, by), 200);
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
    // Wishes to rebuild: one at a time, and each on the record.
    const rebuilt = (more = {}) => client.ask({ ...LAMP, kind: "rebuilt", ...more });
    assert.deepEqual(is(await rebuilt(), 200).json, { state: "none" });
    const wish = is(await client.ask({ ...LAMP, kind: "rebuild" }), 200).json;
    assert.deepEqual([wish.state, wish.product, wish.version, wish.log, wish.is_all], ["waits", "lamp", "2.0.0", "", true]);
    is(await client.ask({ product: "lamp", version: "2.1.0", kind: "rebuild" }), 403, /rebuild of lamp 2\.0\.0 that you asked for is not done yet/);
    assert.equal(is(await rebuilt({ number: 7 }), 200).json.number, wish.number);
    is(await client.ask({ product: "kettle", version: "1.0.0", kind: "rebuild" }), 403, /does not name this product/);
    is(await client.ask({ product: "kettle", version: "1.0.0", kind: "rebuilt" }), 403);
    is(await new Client(url, origin).ask({ ...LAMP, kind: "rebuild" }), 401);
    for (const more of [{ number: 1 }, { file: 1 }, { text: "x" }, { regex: true }]) is(await client.ask({ ...LAMP, kind: "rebuild", ...more }), 400);
    is(await rebuilt({ number: 4294967296 }), 400);
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
    is(await client.ask({ product: "kettle", version: "1.0.0", kind: "unreviewed" }), 403, /does not name this product/);
    // And the other way, with the first one's session still open.
    const { client: karl } = await signedIn(sha256("karl").toString("hex"));
    is(await karl.ask({ product: "kettle", version: "1.0.0", kind: "about" }), 200);
    for (const kind of ["about", "manifest", "file", "unreviewed", "rebuild", "rebuilt"]) is(await karl.ask({ ...LAMP, kind }), 403, /does not name this product/);
    for (const kind of ["search", "define"]) is(await karl.ask({ ...LAMP, kind, text: "lamp_light" }), 403);
    is(await client.ask(good), 200);
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

// Strangers with long requests, while the porter stands still: whoever asks for something
// else is answered meanwhile, and all of them when he goes on.
cases.aStillPorterStopsNobodyElse = async () => {
  const porter = Number(readFileSync(`${folder}/porter.pid`, "utf8"));
  const stranger = Object.assign(new Client(url, origin), { cookie: `vitrine-session=${"ab".repeat(32)}`, csrf: "cd".repeat(32) });
  process.kill(porter, "SIGSTOP");
  try {
    const all = Array.from({ length: 60 }, () => stranger.post("notes", { ...NOTE, key: KEY, text: "x".repeat(4096) }));
    await new Promise((done) => setTimeout(done, 300));
    const other = await Promise.race([new Client(url, origin).send("GET", "trust"), new Promise((done) => setTimeout(done, 5000).unref())]);
    assert.equal(other?.status, 200);
    process.kill(porter, "SIGCONT");
    for (const answer of await Promise.all(all)) is(answer, 401);
  } finally {
    process.kill(porter, "SIGCONT");
  }
};

// ---- notes ----------------------------------------------------------------------------

const KEY = "1f".repeat(32);
const SOURCE = "ab".repeat(32);
const NOTE = { kind: "write", ...LAMP, source: SOURCE, path: "src/lamp.c", file: "cd".repeat(32), from: 4, to: 6, severity: "high", text: "It doubles:\n>    return volts * 2;\nand nobody asked it to. ONLY-FOR-THE-FOUNDATION" };
const noting = (client, key = KEY) => (body, headers) => client.post("notes", { key, ...body }, headers);
const list = async (ask) => is(await ask({ kind: "list" }), 200).json;
const digestOf = (text) => sha256(Buffer.from(text)).toString("hex");

// Written, changed, deleted; refused where the twin is taken.
cases.aReviewerNotes = async () => {
  const { client } = await signedIn();
  const ask = noting(client);
  assert.deepEqual(await list(ask), { notes: [], closed: [] });
  const written = is(await ask(NOTE), 200).json;
  assert.deepEqual({ ...written, kind: "write", number: 0, written: 0 }, { ...NOTE, number: 0, written: 0, quoted: 1 });
  const { number } = written;
  const other = is(await ask({ kind: "write", ...LAMP, source: SOURCE, text: "Of the whole release." }), 200).json;
  assert.ok(other.number > number && other.quoted === 0);
  assert.equal(is(await ask({ ...NOTE, number, text: "Changed. ONLY-FOR-THE-FOUNDATION", severity: "low" }), 200).json.number, number);
  assert.deepEqual((await list(ask)).notes.map((note) => [note.number, note.text, note.severity]), [[number, "Changed. ONLY-FOR-THE-FOUNDATION", "low"], [other.number, "Of the whole release.", "none"]]);
  assert.deepEqual(is(await ask({ kind: "list", from: number + 1 }), 200).json.notes.map((note) => note.number), [other.number]);
  // What opens no note, changes none and takes none.
  const foreign = noting(client, "2e".repeat(32));
  assert.deepEqual(await list(foreign), { notes: [], closed: [number, other.number] });
  is(await foreign({ ...NOTE, number }), 403, /no such note/);
  is(await foreign({ kind: "take", form: "notes", numbers: [number] }), 403, /no such note/);
  is(await ask({ ...NOTE, number: number + 1000 }), 403, /no such note/);
  is(await ask({ kind: "remove", number: number + 1000 }), 403);
  is(await ask({ ...NOTE, product: "kettle", version: "1.0.0" }), 403, /does not name this product/);
  is(await ask(NOTE, { "X-Vitrine-Session": null }), 403, /page of the session/);
  is(await ask(NOTE, { Cookie: null }), 401);
  is(await ask(NOTE, { "Sec-Fetch-Site": "cross-site" }), 403);
  is(await ask(NOTE, { "Content-Type": "text/plain" }), 415);
  for (const bad of [{ text: "" }, { text: "x".repeat(4097) }, { text: "a\u0000" }, { text: "a\u001b[2J" }, { path: "a\nb" }, { path: "x".repeat(513) }, { path: "" }, { from: 7 }, { to: 0 }, { severity: "huge" }, { source: "ab" }, { version: "../2" }, { key: "1f" }, { number: -1 }, { more: 1 }]) is(await ask({ ...NOTE, ...bad }), 400);
  for (const bad of [{ kind: "erase" }, { kind: "remove", number: 0 }, { kind: "take", form: "zip", numbers: [number] }, { kind: "take", form: "notes", numbers: [] }, { kind: "take", form: "notes", numbers: [number, number] }, { kind: "take", form: "finding", numbers: [number, other.number] }, { kind: "take", form: "notes", numbers: ["../1"] }, { kind: "take", form: "notes", numbers: [number], name: "../../x.zip" }]) is(await ask(bad), 400);
  is(await ask({ kind: "remove", number: other.number }), 200);
  assert.deepEqual((await list(ask)).notes.map((note) => note.number), [number]);
  writeFileSync(`${folder}/kept.json`, JSON.stringify({ cookie: client.cookie, csrf: client.csrf, number }));
};

const resumed = () => {
  const { cookie, csrf, ...more } = JSON.parse(readFileSync(`${folder}/kept.json`, "utf8"));
  return { client: Object.assign(new Client(url, origin), { cookie, csrf }), ...more };
};

cases.notesOutliveARestart = async () => {
  const { client, number } = resumed();
  assert.deepEqual((await list(noting(client))).notes.map((note) => [note.number, note.text]), [[number, "Changed. ONLY-FOR-THE-FOUNDATION"]]);
};

// Out through the gate: the same bytes each time, under a name of the Centre's.
cases.notesLeaveByTheGate = async () => {
  const { client } = await signedIn();
  const ask = noting(client);
  const first = is(await ask({ ...NOTE, path: "../../../etc/cron.d/evil.zip" }), 200).json;
  const second = is(await ask(NOTE), 200).json;
  const numbers = [first.number, second.number];
  const given = [];
  const take = async (form, more = {}) => {
    const before = is(await client.send("GET", "sealed"), 200).json.records;
    const taken = is(await ask({ kind: "take", form, numbers, ...more }), 200).json;
    assert.equal(taken.sha256, digestOf(taken.text));
    assert.equal(taken.bytes, Buffer.byteLength(taken.text));
    assert.match(taken.name, new RegExp(`^${form}-${taken.sha256.slice(0, 16)}\\.(json|txt)$`));
    assert.ok(taken.record > before && is(await client.send("GET", "sealed"), 200).json.records >= taken.record);
    given.push(taken);
    return taken;
  };
  const notes = await take("notes");
  const bundle = JSON.parse(notes.text);
  assert.deepEqual(bundle.notes.map((note) => [note.number, note.path]), [[first.number, "../../../etc/cron.d/evil.zip"], [second.number, "src/lamp.c"]]);
  assert.equal(bundle.type, "urn:vitrine:notes:v1");
  assert.equal(notes.quoted, 2);
  assert.equal((await take("notes")).sha256, notes.sha256);
  const finding = await take("finding", { numbers: [second.number] });
  assert.match(finding.text, /^It doubles:\n[^]*\n\nIn: lamp 2\.0\.0, src\/lamp\.c, lines 4 to 6\nFile: (cd){32}\nSource: (ab){32}\n$/);
  const words = { ...LAMP, source: SOURCE, verdict: "refuse", scope: "src/", summary: "It doubles what it is told.", files: ["src/lamp.c", "src/lamp.h"] };
  const report = JSON.parse((await take("report", { report: words })).text);
  const { sealed, ...rest } = report;
  assert.deepEqual(rest, { type: "urn:vitrine:review-report:v1", reviewer: bundle.reviewer, ...words, notes: { count: 2, sha256: notes.sha256 } });
  assert.ok(!JSON.stringify(report).includes("nobody asked"));
  assert.ok(sealed.records > 0);
  assert.equal((await take("report", { numbers: [], report: { ...words, scope: "return volts * 2;", verdict: "accept", summary: undefined, files: undefined } })).quoted, 1);
  is(await ask({ kind: "take", form: "report", numbers: [], report: { ...words, product: "kettle" } }), 403, /does not name/);
  for (const bad of [{ verdict: "maybe" }, { scope: "a\nb" }, { scope: "" }, { files: ["a\nb"] }, { files: [""] }, { files: Array(257).fill("a") }, { summary: "x".repeat(2049) }, { more: 1 }]) is(await ask({ kind: "take", form: "report", numbers: [], report: { ...words, ...bad } }), 400);
  // Seven lines a day, and six were quoted: one more is too much, and so is a note that hides
  // which source it quotes.
  is(await ask({ kind: "take", form: "notes", numbers }), 403, /1 lines are left to you today/);
  const hidden = is(await ask({ ...NOTE, version: "9.9.9" }), 200).json;
  assert.equal(hidden.quoted, 3);
  is(await ask({ kind: "take", form: "finding", numbers: [hidden.number] }), 403, /left to you today/);
  const long = is(await ask({ ...NOTE, text: "words ".repeat(600) }), 200).json;
  const many = [long];
  while (many.length < 12) many.push(is(await ask({ ...NOTE, text: "words ".repeat(600) }), 200).json);
  is(await ask({ kind: "take", form: "notes", numbers: many.map((note) => note.number) }), 429, /choose fewer notes/);
  is(await ask({ kind: "take", form: "notes", numbers: many.slice(0, 7).map((note) => note.number) }), 403, /left to you today/);
  writeFileSync(`${folder}/given.json`, JSON.stringify(given.map(({ sha256, bytes, quoted, record }) => ({ sha256, bytes, quoted, record }))));
};

// Invited by both as well, with the first one's key, numbers and csrf value; with his own code.
cases.anInsiderGetsNoNotes = async () => {
  const { client: rahel, number } = resumed();
  const mole = new Client(url, origin);
  const passkey = new Authenticator(party);
  is(await mole.enrol(passkey, sha256("mole").toString("hex")), 200);
  is(await mole.open(passkey), 200);
  assert.deepEqual(await list(noting(mole)), { notes: [], closed: [] });
  const ask = noting(mole);
  is(await ask({ kind: "take", form: "notes", numbers: [number] }), 403, /no such note/);
  is(await ask({ ...NOTE, number }), 403, /no such note/);
  is(await ask({ kind: "remove", number }), 403, /no such note/);
  is(await ask({ kind: "list" }, { "X-Vitrine-Session": rahel.csrf }), 403);
  // Whoever invited knows the code: it registers no second passkey.
  is(await new Client(url, origin).enrol(new Authenticator(party), code), 403, /registered with this code before/);
  for (const path of ["notes", "porter/notes", "../porter/notes", "notes/1"]) is(await mole.send("GET", path), 404);
  assert.deepEqual((await list(noting(rahel))).notes.map((note) => note.number), [number]);
};

// Ended in mid-session: no note more for him; what he wrote is there for the foundation.
cases.anEndStopsNotes = async () => {
  const { client } = resumed();
  is(await noting(client)({ kind: "list" }), 200);
  renameSync(`${folder}/end.json`, `${folder}/c/invitations/end.json`);
  is(await noting(client)({ kind: "list" }), 401, /over/);
  is(await noting(client)(NOTE), 401);
};

await cases[name]();
