// The reviewer's day in a real browser, with a virtual authenticator, before a real Centre.
// node reviewers-pages.mjs CASE ORIGIN CODE FOLDER       VT_SHOTS=DIR keeps pictures
import Ajv from "ajv/dist/2020.js";
import axe from "axe-core";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { parse } from "yaml";

const [name, origin, code, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.VT_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/status of 4\d\d/.test(message.text()) && errors.push(message.text()));
  page.on("dialog", (dialog) => errors.push(`dialog ${dialog.message()}`) && dialog.dismiss());
  const client = await context.newCDPSession(page);
  await client.send("WebAuthn.enable");
  await client.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  const go = async (view) => {
    await page.goto(`${origin}/#/${view}`);
    await page.waitForSelector("main h1");
    await page.waitForFunction(() => !/Loading…/.test(document.querySelector("main").innerText));
  };
  return { page, context, errors, go };
}

const heading = (page, words) => page.waitForFunction((wanted) => document.querySelector("main h1")?.textContent?.includes(wanted), words);
const alarms = (page) => page.$$eval(".alarm li", (items) => items.map((item) => item.textContent));
const shoot = (page, what) => (process.env.VT_SHOTS ? page.screenshot({ path: `${process.env.VT_SHOTS}/${what}.png`, fullPage: true }) : undefined);

// Requests of notes and their answers, as openapi.yaml has them.
const NOTES = { list: "NoteList", write: "Note", take: "Taken" };

function holdsNotes(page) {
  const api = parse(readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8"));
  const ajv = new Ajv({ strict: false }).addSchema({ $id: "api", ...api });
  const fits = (schema, value) => ajv.validate({ $ref: `api#/components/schemas/${schema}` }, value) || ajv.errorsText();
  const seen = [];
  page.on("response", async (answer) => {
    if (answer.url().endsWith("/api/v1/notes") && answer.ok()) seen.push({ asked: answer.request().postDataJSON(), json: await answer.json() });
  });
  return () => {
    for (const { asked, json } of seen) {
      assert.equal(fits("NotesRequest", asked), true);
      const schema = NOTES[asked.kind];
      if (schema === undefined) continue;
      assert.equal(fits(schema, json), true);
      assert.notEqual(fits(schema, { ...json, more: 1 }), true); // its twin
    }
    return [...new Set(seen.map(({ asked }) => asked.form ?? asked.kind))].sort();
  };
}

async function signedIn(options) {
  const opened = await open(options);
  await opened.go("sign-in");
  await opened.page.getByLabel("Code").fill(code);
  await opened.page.getByRole("button", { name: "Register a passkey" }).click();
  await heading(opened.page, "You are signed in");
  return opened;
}

const fits = (schema, value) => {
  const ajv = new Ajv({ strict: false }).addSchema({ $id: "api", ...parse(readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8")) });
  return ajv.validate({ $ref: `api#/components/schemas/${schema}` }, value) || ajv.errorsText();
};

// A release is really built again while the page watches; then another wish finds nothing to
// hold it against.
async function rebuilds(page, go) {
  const told = [];
  page.on("response", async (answer) => {
    if (answer.url().endsWith("/api/v1/source") && answer.ok() && /"kind":"rebuil[dt]"/.test(answer.request().postData())) told.push(await answer.json());
  });
  await go("source/f10/1");
  await page.getByRole("link", { name: "Build it again" }).click();
  await heading(page, "Rebuild of f10 1");
  await page.getByRole("button", { name: "Rebuild f10 1" }).click();
  await page.waitForSelector(".build-log");
  await shoot(page, "reviewer-rebuild-runs");
  await page.waitForSelector("main .badge.good.long", { timeout: 60000 });
  assert.match(await page.innerText("main"), /equal: every artefact is the vendor's, bit for bit/);
  assert.match(await page.innerText(".build-log"), /== step 1 of 1: make -s/);
  assert.deepEqual(await page.$$eval("tbody th", (cells) => cells.map((cell) => cell.textContent)), ["abacus", "abacus.tar.gz"]);
  await shoot(page, "reviewer-rebuild-equal");
  await go("source/lamp/2.0.0/rebuild");
  assert.match(await page.innerText("main"), /The last one that you asked for is of f10 1/);
  await page.getByRole("button", { name: "Rebuild lamp 2.0.0" }).click();
  await page.getByText("it could not be tried: lamp 2.0.0 is not built yet").waitFor();
  assert.deepEqual([...new Set(told.map((one) => one.state))].filter((state) => ["equal", "failed"].includes(state)).sort(), ["equal", "failed"]);
  for (const one of told) assert.equal(fits("Rebuild", one), true);
  assert.notEqual(fits("Rebuild", { ...told[0], more: 1 }), true); // its twin
}

const DIFFERS = {
  state: "differs", number: 7, product: "lamp", version: "2.0.0", asked: "2026-11-27T08:00:00Z", began: "2026-11-27T08:00:01Z", ended: "2026-11-27T08:01:09Z",
  says: "lamp.bin: theirs 0123456789abcdef..., ours fedcba9876543210...", artefact_count: 1, artefacts: [{ name: "lamp.bin", sha256: "fe".repeat(32) }],
  causes: [{ cause: "time", place: "lamp.bin, section .rodata, offset 0x1c8", because: "both are dates, and each is that of its own build", fix: "let the build use SOURCE_DATE_EPOCH, not the clock" }],
  log: `-- environment: measuring\n== step 1 of 1: make\ncc -O2 -Wall -Wextra ${"-fno-such-thing ".repeat(12)}-o lamp.bin lamp.c\n`, next: 300, is_all: true,
};

// What the Centre would tell of a rebuild.
const tellRebuild = (context, told) =>
  context.route("**/api/v1/source", (route) => (route.request().postDataJSON().kind === "rebuilt" ? route.fulfill({ json: told }) : route.continue()));

// What is called equal, and is not what was released.
async function aFalseEqualIsSeen(page, context, go) {
  const sees = async (more) => {
    await tellRebuild(context, { ...DIFFERS, version: "1.4.0", state: "equal", says: "", causes: [], ...more });
    await go("source/lamp/1.4.0/rebuild");
    await page.reload();
    await page.waitForSelector("main table");
    const seen = [(await alarms(page)).length, await page.locator("tbody .badge").innerText()];
    await context.unroute("**/api/v1/source");
    return seen;
  };
  const story = await (await page.request.get(`${origin}/api/v1/releases/lamp/1.4.0`)).json();
  assert.deepEqual(await sees({ artefacts: story.outputs.map(({ name: output, sha256 }) => ({ name: output, sha256 })) }), [0, "✓ the released one"]);
  assert.deepEqual(await sees({}), [1, "✕ another one"]);
  assert.deepEqual(await sees({ state: "differs" }), [0, "✕ another one"]);
}

const cases = {
  // In by the code, out, in by the passkey; a tree, a file, a definition, a search, a diff.
  async aReviewersDay() {
    const { page, context, errors, go } = await signedIn();
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite], [true, true, "Strict"]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await heading(page, "For invited reviewers");
    await shoot(page, "reviewer-out");
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await heading(page, "You are signed in");
    const [after] = await context.cookies();
    assert.notEqual(after.value, cookie.value);
    await page.waitForSelector("main .badge.good.long");
    assert.match(await page.innerText("main"), /trust root certifies this key for localhost/);
    await shoot(page, "reviewer-in");
    await page.getByRole("link", { name: "lamp 2.0.0" }).click();
    await page.waitForSelector(".files");
    assert.match(await page.innerText("main"), /not verified here: 4 files, 18 lines/);
    await shoot(page, "reviewer-tree");
    await page.getByLabel("Search").fill("lamp_light");
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForSelector(".found a");
    assert.equal(await page.locator(".found li").count(), 3);
    await page.getByLabel("expression").check();
    await page.getByLabel("Search").fill("return .* \\* 2");
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".found li").length === 1);
    await page.locator(".found a").click();
    await page.waitForSelector("#L6.here");
    assert.match(await page.innerText("#L6"), /return volts \* 2;/);
    assert.ok((await page.locator(".k-keyword, .k-type").count()) > 3);
    await shoot(page, "reviewer-file");
    await page.locator("#L11 code").getByText("lamp_light").first().click();
    await page.waitForSelector("#L4.here");
    await go("source/lamp/2.1.0/since/2.0.0");
    await page.waitForSelector(".changes");
    assert.deepEqual(await page.$$eval(".changes summary", (rows) => rows.map((row) => row.textContent.replace(/\s+/g, " ").replace(/^\W+/, "").trim())), ["removed <img src=x onerror=alert(1)>.c", "changed src/lamp.c", "added src/telemetry.c"]);
    await page.locator(".changes summary").nth(1).click();
    await page.waitForSelector(".diff .in");
    assert.match(await page.innerText(".diff .in"), /return volts \* 3;/);
    assert.match(await page.innerText(".diff .out"), /return volts \* 2;/);
    await shoot(page, "reviewer-diff");
    await go("source/lamp/2.1.0/unreviewed");
    await page.waitForSelector("main .badge.long");
    assert.match(await page.innerText("main"), /4 lines in 2 files that no accepted source has/);
    assert.deepEqual(await page.$$eval(".changes li", (rows) => rows.map((row) => row.textContent.trim())), ["src/lamp.c line 6", "src/telemetry.c all of it"]);
    await shoot(page, "reviewer-unreviewed");
    await go("source/lamp/2.0.0/unreviewed");
    await page.waitForSelector("main .badge.good.long");
    await rebuilds(page, go);
    await go("source/lamp/2.1.0/since/2.0.0");
    await page.reload();
    await page.waitForSelector(".changes");
    const stranger = await open();
    await stranger.go("source/lamp/2.1.0/since/2.0.0");
    await stranger.page.waitForSelector("main .box.wait a[href='#/sign-in']");
    assert.equal(await stranger.page.locator(".changes").count(), 0);
    assert.deepEqual(await alarms(page), []);
    assert.deepEqual(errors, []);
  },

  // Names and text of a source are shown as they are, and do nothing.
  async sourceStaysText() {
    const { page, errors, go } = await signedIn();
    await go("source/lamp/2.0.0");
    assert.match(await page.innerText(".files"), /<img src=x onerror=alert\(1\)>\.c/);
    await page.getByRole("link", { name: "<img src=x onerror=alert(1)>.c" }).click();
    await page.waitForSelector(".code");
    assert.match(await page.innerText(".code"), /<script>alert\('name'\)<\/script>/);
    await go("source/lamp/2.0.0/file/doc%2Freadme.md");
    await page.waitForSelector(".code");
    assert.match(await page.innerText(".code"), /<b>Not markup<\/b>/);
    await go("source/lamp/2.0.0/file/..%2F..%2Ftrust.json");
    assert.match(await page.innerText("main"), /no such file/);
    assert.equal(await page.locator("main img, main script, main b").count(), 0);
    assert.deepEqual(errors, []);
  },

  // A Centre that swaps a line, or a list, or what it says of it, is caught by the page.
  async aSwappedSourceIsSeen() {
    const { page, context, go } = await signedIn();
    await go("source/lamp/2.0.0/file/src%2Flamp.c");
    await page.waitForSelector(".code");
    assert.deepEqual(await alarms(page), []);
    await page.route("**/api/v1/source", async (route) => {
      const question = route.request().postDataJSON();
      const answer = await route.fetch();
      const body = await answer.body();
      const isOurs = question.kind === "file" && question.file === 2;
      await route.fulfill({ response: answer, body: isOurs ? Buffer.from(body.toString().replace("volts * 2", "volts * 9")) : body });
    });
    await page.reload();
    await page.waitForSelector(".alarm li");
    assert.match((await alarms(page)).join(), /other bytes as src\/lamp\.c/);
    assert.equal(await page.locator(".code").count(), 0);
    await page.unroute("**/api/v1/source");
    // The other release's list and files, all of them consistent with each other.
    const other = await context.newPage();
    await other.route("**/api/v1/source", async (route) => {
      const question = route.request().postDataJSON();
      const asked = question.version === "2.0.0" ? { ...question, version: "2.1.0" } : question;
      await route.fulfill({ response: await route.fetch({ postData: JSON.stringify(asked) }) });
    });
    await other.goto(`${origin}/#/source/lamp/2.0.0`);
    await other.waitForSelector(".alarm li");
    assert.match((await alarms(other)).join(), /not the one which was drafted/);
    assert.equal(await other.locator(".files").count(), 0);
    await aFalseEqualIsSeen(page, context, go);
  },

  // Another pack under the name of a released version, with a story that fits the pack: the
  // Centre's own word never looks like a signature.  Beside it, what was signed.
  async aToldDigestIsNotASignature() {
    const { page, context } = await signedIn();
    const drafted = await (await page.request.get(`${origin}/api/v1/releases/lamp/2.0.0`)).json();
    const otherPack = async (route) => route.fulfill({ response: await route.fetch({ postData: JSON.stringify({ ...route.request().postDataJSON(), version: "2.0.0" }) }) });
    const signedList = async (route) => {
      const list = gzipSync("source of lamp 1.4.0"); // whose digest the test world signs as its source
      const isAbout = route.request().postDataJSON().kind === "about";
      await route.fulfill(isAbout ? { json: { source: "", files: 0, lines: 0, bytes: 0, manifest_bytes: list.length, has_definitions: false } } : { body: list });
    };
    const sees = async ({ view = "", pack = otherPack, story = {}, evidence = (text) => text }) => {
      const tab = await context.newPage();
      await tab.route("**/api/v1/source", pack);
      await tab.route("**/api/v1/releases/lamp/1.4.0", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), ...story } });
      });
      await tab.route("**/evidence/**", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: evidence(await response.text()) });
      });
      await tab.goto(`${origin}/#/source/lamp/1.4.0${view}`);
      await tab.waitForSelector(".alarm li, main .badge.long", { timeout: 6000 });
      const count = (selector) => tab.locator(selector).count();
      const seen = { shown: await count(".files, .code, .changes"), good: await count("main .badge.long.good"), wait: await count("main .badge.long.wait"), alarms: (await alarms(tab)).join() };
      await tab.close();
      return seen;
    };
    const { statements } = drafted;
    for (const state of ["published", "superseded", "withdrawn"]) {
      const { alarms: said, ...seen } = await sees({ story: { state, statements }, evidence: (text) => text.replace(/"sig":"..../, '"sig":"AAAA') });
      assert.match(said, /the evidence does not show it/, state);
      assert.deepEqual(seen, { shown: 0, good: 0, wait: 0 });
    }
    const { alarms: said, ...seen } = await sees({ story: { statements } });
    assert.match(said, /not the one which was released/);
    assert.deepEqual(seen, { shown: 0, good: 0, wait: 0 });
    for (const view of ["", "/file/src%2Flamp.c", "/since/2.0.0"]) assert.deepEqual(await sees({ view, story: { state: "drafted", statements } }), { shown: 1, good: 0, wait: 1, alarms: "" }, view);
    assert.deepEqual(await sees({ pack: signedList }), { shown: 1, good: 1, wait: 0, alarms: "" });
  },

  // A long search goes on with its own question, whatever stands in the field by then, and
  // names what it passed over.
  async aSearchGoesOn() {
    const { page, go } = await signedIn();
    const asked = [];
    await page.route("**/api/v1/source", async (route) => {
      const { kind, text, regex, any_case, file = 0 } = route.request().postDataJSON();
      if (kind !== "search") return route.continue();
      asked.push({ text, regex, any_case, file });
      const hits = [{ file: 0, line: 1 + file, column: 1, text: "x" }];
      return route.fulfill({ json: file < 10 ? { hits, files: 1, next: file + 1 } : { hits, files: 0, cut: [1], unfinished: 2 } });
    });
    await go("source/lamp/2.0.0");
    await page.getByLabel("expression").check();
    await page.getByLabel("Search").fill("first.*");
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForSelector(".found li");
    assert.match(await page.innerText(".found"), /not at its end/);
    assert.doesNotMatch(await page.innerText(".found"), /takes too long/);
    await page.getByLabel("expression").uncheck();
    await page.getByLabel("Search").fill("second");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForFunction(() => /takes too long: src\/lamp\.c/.test(document.querySelector(".found").innerText));
    assert.match(await page.innerText(".found"), /first lines alone of: doc\/readme\.md/);
    assert.deepEqual(asked.map((one) => one.file), [...Array(11).keys()]);
    assert.ok(asked.every((one) => one.text === "first.*" && one.regex === true && one.any_case === undefined));
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForFunction(() => /with second/.test(document.querySelector(".found").innerText));
    assert.deepEqual(asked[11], { text: "second", regex: undefined, any_case: undefined, file: 0 });
  },

  // What a Centre could not answer is an error; only what it did answer can be an alarm.
  async anErrorIsNoTampering() {
    const { context } = await signedIn();
    const sees = async (reply) => {
      const tab = await context.newPage();
      let asked = 0;
      await tab.route("**/api/v1/source", async (route) => {
        const question = route.request().postDataJSON();
        const answer = question.kind === "file" ? reply(question.number ?? 0, ++asked) : undefined;
        return answer === undefined ? route.continue() : route.fulfill(answer);
      });
      await tab.goto(`${origin}/#/source/lamp/2.0.0/file/src%2Flamp.c`);
      await tab.waitForSelector(".alarm li, .code, main .box.bad", { timeout: 20000 });
      const seen = { alarms: (await alarms(tab)).length, shown: await tab.locator(".code").count(), says: await tab.locator("main .box.bad").allInnerTexts() };
      await tab.close();
      return { ...seen, asked };
    };
    const problem = (status) => ({ status, json: { status, title: `no ${status}` } });
    const full = { body: Buffer.alloc(65536, "x") };
    for (const status of [429, 503]) {
      const busy = await sees((number, asked) => (asked < 3 ? problem(status) : undefined));
      assert.deepEqual(busy, { alarms: 0, shown: 1, says: [], asked: 3 });
    }
    assert.deepEqual(await sees((number) => (number === 0 ? full : problem(429))), { alarms: 0, shown: 0, says: ["no 429."], asked: 6 });
    assert.deepEqual(await sees((number) => (number === 0 ? full : problem(500))), { alarms: 0, shown: 0, says: ["no 500."], asked: 2 });
    const ended = await sees((number) => (number === 0 ? full : problem(404)));
    assert.deepEqual([ended.alarms, ended.shown, ended.asked], [1, 0, 2]);
  },

  // A key that nobody certified, and a record that went back.
  async aFalseSealIsSeen() {
    const { page, context, go } = await open();
    const sees = async (json) => {
      await context.route("**/api/v1/sealed", (route) => route.fulfill(json));
      await go("sign-in");
      await page.reload();
      await page.waitForSelector("main .badge.long, main .lead");
      const seen = { bad: await page.locator("main .badge.bad.long").count(), alarms: (await alarms(page)).length, forms: await page.locator("main button").count() > 0 };
      await context.unroute("**/api/v1/sealed");
      return seen;
    };
    const real = await (await page.request.get(`${origin}/api/v1/sealed`)).json();
    const later = { ...real, records: real.records + 5, chain: "ab".repeat(32) };
    assert.deepEqual(await sees({ json: later }), { bad: 0, alarms: 0, forms: true });
    assert.deepEqual(await sees({ json: { ...later, chain: "cd".repeat(32) } }), { bad: 0, alarms: 1, forms: true });
    assert.deepEqual(await sees({ json: real }), { bad: 0, alarms: 1, forms: true });
    assert.deepEqual(await sees({ json: { ...later, recipient: `age1${"q".repeat(58)}` } }), { bad: 1, alarms: 0, forms: true });
    assert.deepEqual(await sees({ status: 404, json: { status: 404, title: "no reviewers come in here" } }), { bad: 0, alarms: 0, forms: false });
  },

  async anEndStopsThePage() {
    const { page, go } = await signedIn();
    await go("source/lamp/2.0.0");
    await page.waitForSelector(".files");
    renameSync(`${folder}/end.json`, `${folder}/c/invitations/end.json`);
    await page.getByLabel("Search").fill("lamp");
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForSelector("main .box.wait a[href='#/sign-in']");
    assert.equal(await page.locator(".files, .found").count(), 0);
  },

  // VT_LARGE_LINES=1000000: first view, search and difference of a million lines.
  async aLargeSourceIsQuick() {
    const { page, errors } = await signedIn();
    const took = {};
    const time = async (what, act) => {
      const since = performance.now();
      await act();
      took[what] = Math.round(performance.now() - since);
    };
    const to = (view) => page.evaluate((hash) => void (location.hash = hash), `#/source/${view}`);
    await time("first view", async () => {
      await to("lamp/3.0.0");
      await page.waitForSelector(".files");
    });
    const searches = [];
    for (let i = 0; i < 15; i++) {
      await page.getByLabel("Search").fill(`part_${i + 3}_step_${40 + i}`);
      const since = performance.now();
      await page.getByRole("button", { name: "Find" }).click();
      await page.waitForFunction((word) => document.querySelector(".found [role=status]")?.textContent?.includes(word), `part_${i + 3}_step_${40 + i}`);
      searches.push(performance.now() - since);
    }
    took["search, median"] = Math.round(searches.sort((a, b) => a - b)[7]);
    await time("difference", async () => {
      await to("lamp/3.1.0/since/3.0.0");
      await page.waitForSelector(".changes");
    });
    await time("difference of a file", async () => {
      await page.locator(".changes summary").nth(1).click();
      await page.waitForSelector(".diff .in");
    });
    console.log(JSON.stringify({ lines: Number(process.env.VT_LARGE_LINES ?? 20000), ms: took }));
    for (const [what, ms] of Object.entries(took)) assert.ok(ms < 10000, `${what}: ${ms} ms`);
    assert.deepEqual(await alarms(page), []);
    assert.deepEqual(errors, []);
  },

  // A note beside a line, changed and deleted; out through the gate as a file, a finding and
  // a report, each with the command that signs it.
  async notesInThePage() {
    const { page, context, errors, go } = await signedIn();
    const held = holdsNotes(page);
    await go("source/lamp/2.0.0/file/src%2Flamp.c/4");
    await page.waitForSelector(".code");
    const form = page.getByRole("form", { name: "a new note" });
    // Another line is chosen: what was written stays.
    await form.getByRole("textbox", { name: "New note" }).fill("It doubles.");
    const asked = [];
    page.on("request", (one) => one.url().endsWith("/api/v1/source") && asked.push(one.postDataJSON().kind));
    await page.getByRole("link", { name: "line 6" }).click();
    await page.waitForFunction(() => document.querySelector(".note-form input[type=number]").value === "6");
    assert.equal(await form.getByRole("textbox", { name: "New note" }).inputValue(), "It doubles.");
    assert.deepEqual(asked, []); // nor is the file asked for again
    const add = async (text) => {
      await form.getByRole("textbox", { name: "New note" }).fill(text);
      await form.getByRole("button", { name: "Add the note" }).click();
      await page.waitForFunction((words) => [...document.querySelectorAll(".note .words")].some((one) => one.textContent === words), text);
    };
    await form.getByLabel("Severity").selectOption("high");
    await form.getByLabel("to", { exact: true }).fill("7");
    await add("It doubles. <b>Why?</b>\n    return volts * 2;");
    assert.match(await page.innerText(".note"), /high.*lines 6 to 7[^]*quotes 1 line of source/);
    assert.deepEqual(await page.$$eval(".line.noted", (lines) => lines.map((line) => line.id)), ["L6", "L7"]);
    await add("A second one.");
    await shoot(page, "notes-beside");
    // By the keyboard alone.
    await page.getByRole("article").nth(1).getByRole("button", { name: "Edit note" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("The note").fill("A second one, changed.");
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Save the note" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /second one, changed/.test(document.querySelector("aside").innerText));
    await go("source/lamp/2.0.0");
    await page.waitForSelector(".files");
    await add("Of it all.");
    await go("notes");
    await page.waitForSelector(".notes li");
    assert.equal(await page.locator(".notes li").count(), 3);
    assert.equal(await page.locator(".notes b").count(), 0);
    await page.getByRole("button", { name: /^Delete note/ }).last().click();
    await page.getByRole("button", { name: /^Really delete/ }).click();
    await page.waitForFunction(() => document.querySelectorAll(".notes li").length === 2);
    for (const box of await page.getByRole("checkbox", { name: /^choose note/ }).all()) await box.check();
    const saved = async (button) => {
      const before = await page.locator(".box.good").count();
      await page.getByRole("button", { name: button }).click();
      await page.waitForFunction((count) => document.querySelectorAll(".box.good").length > count, before);
      const section = page.locator("section.card", { has: page.getByRole("button", { name: button }) });
      const [download] = await Promise.all([page.waitForEvent("download"), section.getByRole("link", { name: /^Save / }).click()]);
      const text = readFileSync(await download.path(), "utf8");
      const digest = createHash("sha256").update(text).digest("hex");
      assert.match(download.suggestedFilename(), new RegExp(`-${digest.slice(0, 16)}\\.(json|txt)$`));
      return { text, digest, name: download.suggestedFilename(), command: await section.locator(".command pre").innerText() };
    };
    const notes = await saved("Take 2 notes out");
    assert.equal(notes.command, `sha256sum ${notes.name}`);
    assert.equal(JSON.parse(notes.text).notes.length, 2);
    await page.getByLabel("accept").check();
    await page.getByLabel("What you looked at").fill("it's src/");
    await page.getByLabel("Summary").fill("Nothing that harms.");
    await page.getByLabel(/Name the 1 file of it/).check();
    const report = await saved("Draft the report");
    const said = JSON.parse(report.text);
    assert.deepEqual([said.verdict, said.files, said.notes], ["accept", ["src/lamp.c"], { count: 2, sha256: notes.digest }]);
    assert.equal(report.command, `vitrine review sign lamp 2.0.0 --verdict accept --source ${said.source} --scope 'it'\\''s src/' --report ${report.name} --desk DESK --trust trust.json --key KEY`);
    await page.getByRole("checkbox", { name: /^choose note/ }).nth(1).uncheck();
    await page.getByLabel("Identifier").fill("lamp-1");
    await page.getByLabel("Who must act").fill("Acme");
    await page.getByLabel("Until", { exact: true }).fill("2027-01-31");
    await page.getByLabel("Embargo until").fill("2026-12-31");
    const finding = await saved("Draft the finding");
    assert.match(finding.text, /^It doubles\. <b>Why\?<\/b>\n/);
    assert.match(finding.command, new RegExp(`^vitrine finding open lamp-1 --text ${finding.name} --severity high --owner 'Acme' --due 2027-01-31T00:00:00Z --digest [0-9a-f]{64} --embargo 2026-12-31T00:00:00Z --opening lamp-1\\.opening\\.json --ledger LEDGER`));
    writeFileSync(`${folder}/commands.json`, JSON.stringify([report.command, finding.command]));
    for (const { name, text } of [report, finding]) writeFileSync(`${folder}/${name}`, text);
    await shoot(page, "notes-taken");
    // Another key opens none of them, and tells so; the old one brings them back.
    const key = await page.evaluate(() => localStorage.getItem("notes key"));
    await page.getByText("The key of your notes").click();
    await page.getByLabel("Another key of yours").fill("ab".repeat(32));
    await page.getByRole("button", { name: "Use it here" }).click();
    await page.waitForFunction(() => /2 of yours were written with another key/.test(document.querySelector("main").innerText));
    await page.getByLabel("Another key of yours").fill(key);
    await page.getByRole("button", { name: "Use it here" }).click();
    await page.waitForSelector(".notes li");
    assert.deepEqual(held(), ["finding", "list", "notes", "remove", "report", "write"]);
    // A gate that gives other bytes than it recorded.
    await page.route("**/api/v1/notes", async (route) => {
      const answer = await route.fetch();
      const json = await answer.json();
      await route.fulfill({ response: answer, json: json.sha256 === undefined ? json : { ...json, text: `${json.text} ` } });
    });
    await page.getByRole("checkbox", { name: /^choose note/ }).first().check();
    await page.getByRole("button", { name: "Take 1 note out" }).click();
    await page.waitForFunction(() => /other bytes than those/.test(document.querySelector(".box.bad")?.textContent ?? ""));
    await context.clearCookies();
    await page.reload();
    await page.waitForSelector("main .box.wait a[href='#/sign-in']");
    assert.equal(await page.locator(".notes").count(), 0);
    assert.deepEqual(await alarms(page), []);
    assert.deepEqual(errors, []);
  },

  async noBarrier() {
    const { page, context, go } = await signedIn();
    assert.equal(fits("Rebuild", DIFFERS), true);
    await tellRebuild(context, DIFFERS);
    await go("source/lamp/2.0.0/file/src%2Flamp.c/4");
    await page.getByRole("textbox", { name: "New note" }).fill("It doubles what it is told.\n\nNobody asked it to, and the specification says once.");
    await page.getByLabel("Severity").selectOption("high");
    await page.getByRole("button", { name: "Add the note" }).click();
    await page.waitForSelector(".note");
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const view of ["sign-in", "source/lamp/2.0.0", "source/lamp/2.0.0/file/src%2Flamp.c/4", "source/lamp/2.1.0/since/2.0.0", "source/lamp/2.1.0/unreviewed", "source/lamp/2.0.0/rebuild", "notes"]) {
        await go(view);
        await page.waitForSelector(view === "sign-in" ? "main ul" : ".files, .code, .changes, .notes");
        if (view === "notes") await page.getByRole("checkbox", { name: /^choose note/ }).check();
        if (view.includes("since")) {
          await page.locator(".changes summary").nth(1).click();
          await page.waitForSelector(".diff .in");
        }
        await page.evaluate(axe.source);
        const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(found.violations.map((one) => `${view} ${one.id} ${one.nodes[0].html}`), []);
        const shot = `${colorScheme}-${view.replaceAll(/\W+/g, "-")}`;
        await shoot(page, shot);
        await page.setViewportSize({ width: 360, height: 740 });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, `${view} is wider than a phone`);
        await shoot(page, `small-${shot}`);
        await page.setViewportSize({ width: 1280, height: 900 });
      }
    }
  },
};

try {
  await cases[name]();
} finally {
  await browser.close();
}
