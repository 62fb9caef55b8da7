// The pages in a real browser, before a real Centre: one browser for all cases, each of which
// has contexts of its own, and a new browser if one died.
// node pages.mjs VITRINE      says "ready: URL"; then each request for
// URL/CASE?centre=URL&file=FILE&scratch=FOLDER runs a case (FILE: an output of lamp 1.4.0).
// VT_SHOTS=DIR keeps pictures; VT_LARGE_MB=4096 hashes a larger file.
import axe from "axe-core";
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const vitrine = process.argv[2];
const canonical = (value) => (Array.isArray(value) ? `[${value.map(canonical).join()}]` : value && typeof value === "object" ? `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}` : JSON.stringify(value));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const VIEWS = ["", "releases", "releases/lamp/1.4.0", "releases/lamp/1.5.0", "desks", "protection", "places", "builders", "statistics", "promises", "ledgers", "ledgers/releases", "ledgers/releases/4", "others", "tour", "trust", "about"];
const FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-software-rasterizer"];

// What the case at hand is about, and what it must leave behind.
let centre, file, scratch;
let left = [];
let browser;

async function context(options) {
  if (!browser?.isConnected()) browser = await chromium.launch({ executablePath: process.env.VT_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS, handleSIGTERM: false });
  const one = await browser.newContext(options);
  left.push(() => one.close());
  return one;
}

// A page that reports what goes wrong in it, and every request it makes.
async function open(base = centre, options = {}) {
  const page = await (await context({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
  const requests = [];
  const errors = [];
  page.on("request", (request) => requests.push(request));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("dialog", (dialog) => errors.push(`dialog ${dialog.message()}`) && dialog.dismiss());
  const go = async (view, from = base) => {
    await page.goto(`${from}/#/${view}`);
    await page.waitForSelector("main h1");
    // Nothing is waited for any more.
    await page.waitForFunction(() => !/Loading…|[Cc]hecking (here|the)/.test(document.querySelector("main").innerText));
  };
  return { page, requests, errors, go };
}

const alarms = (page) => page.$$eval(".alarm li", (items) => items.map((item) => item.textContent));
const text = (page, selector) => page.textContent(selector);

async function shoot(page, what) {
  if (process.env.VT_SHOTS) await page.screenshot({ path: `${process.env.VT_SHOTS}/${what}.png`, fullPage: true });
}

// ---- a Centre that lies ----------------------------------------------------------------

// A server in front of the real one that changes what `edit` returns something for.
async function liar(edit) {
  const server = createServer(async (request, answer) => {
    const real = await fetch(centre + request.url);
    const body = Buffer.from(await real.arrayBuffer());
    const headers = Object.fromEntries(["content-type", "content-security-policy"].map((key) => [key, real.headers.get(key)]).filter(([, value]) => value !== null));
    const changed = edit(request.url, body.toString());
    answer.writeHead(real.status, headers);
    answer.end(changed ?? body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  left.push(() => server.closeAllConnections() ?? server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

const json = (path, change) => (url, body) => {
  if (url !== path) return undefined;
  const value = JSON.parse(body);
  change(value);
  return JSON.stringify(value);
};

// Each lie, where it is told, and what the page must say of it.
const LIES = {
  "other bytes of a page": ["about", /These pages: icon\.svg is served with other bytes/, (url, body) => (url === "/icon.svg" ? `${body} ` : undefined)],
  "a forged proof": ["ledgers/releases/4", /do not lead to its root/, (url, body) => (url.endsWith("/proof/4") ? body.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${"A".repeat(43)}=\n`) : undefined)],
  "another entry": ["ledgers/releases/4", /do not lead to its root/, (url, body) => (url.endsWith("/entry/4") ? body.replace("payload", "payIoad") : undefined)],
  "a list that shows another entry": ["ledgers/releases/4", /another entry than the one that is proven/, json("/api/v1/ledgers/releases/entries/4", (value) => (value.entries[0].sha256 = "0".repeat(64)))],
  "an omitted entry": ["ledgers/releases", /entry 5 is left out/, json("/api/v1/ledgers/releases/entries/0", (value) => value.entries.splice(5, 1))],
  "a list cut short": ["ledgers/releases", /counts 22 entries, 23 were signed/, json("/api/v1/ledgers/releases/entries/0", (value) => (value.entries.pop(), (value.size = 22)))],
  "a swapped digest": ["releases/lamp/1.4.0", /no output of the release has this digest/, json("/api/v1/releases/lamp/1.4.0", (value) => (value.outputs[0].sha256 = "0".repeat(64)))],
  "a swapped source": ["releases/lamp/1.4.0", /the source that is shown is not the one that was released/, json("/api/v1/releases/lamp/1.4.0", (value) => (value.statements.find((each) => each.kind === "draft").says.source = "0".repeat(64)))],
  "a swapped source in the verdict": ["releases/lamp/1.4.0", /the source that is shown is not the one that was released/, json("/api/v1/releases/lamp/1.4.0", (value) => (value.outputs[0].verdict.source = "0".repeat(64)))],
  "another place in the ledger": ["releases/lamp/1.4.0", /it is entry 4 of the ledger, not 5/, json("/api/v1/releases/lamp/1.4.0", (value) => (value.ledger.index = 5))],
  "a changed verdict": ["releases/lamp/1.4.0", /says no \(withdrawn\), and all of its evidence holds/, json("/api/v1/releases/lamp/1.4.0", (value) => Object.assign(value.outputs[0].verdict, { ok: false, reason: "withdrawn" }))],
  "a changed state": ["releases/lamp/1.4.0", /says superseded/, json("/api/v1/releases/lamp/1.4.0", (value) => (value.state = "superseded"))],
  "swapped evidence": ["releases/lamp/1.4.0", /lamp\.bin/, (url, body) => (url.endsWith("/evidence/lamp.bin") ? body.replace(/"sig":"../, '"sig":"AA') : undefined)],
  "too few witnesses": ["ledgers", /which is no quorum/, (url, body) => (url.endsWith("/checkpoint") ? `${body.split("\n").slice(0, -3).join("\n")}\n` : undefined)],
  "a root that nobody signed": ["ledgers", /is not the one that the list of ledgers shows/, json("/api/v1/ledgers", (value) => (value.ledgers[0].root = "0".repeat(64)))],
  "a promise that is not late": ["promises", /swiss-build is shown as open, and its date has passed/, json("/api/v1/promises", (value) => (value.promises[0].state = "open"))],
  "a finding that is not late": ["promises", /f-1 is not shown as late/, json("/api/v1/findings", (value) => (value.findings[0].late = false))],
  "a request kept back": ["promises", /Number 1 is missing/, json("/api/v1/requests", (value) => (value.gaps = []))],
  "another date": ["promises", /What was promised: swiss-files: entry 14 says of due something else than is shown/, json("/api/v1/promises", (value) => (value.promises.find((row) => row.id === "swiss-files").due = "2040-01-01T00:00:00Z"))],
  "a date that was moved": ["promises", /swiss-build: entry 13 says of supersedes something else than is shown/, json("/api/v1/promises", (value) => value.promises[0].dates.unshift(value.promises[1].dates[0]))],
  "a promise that nobody kept": ["promises", /swiss-build: it is shown as kept, and no statement says so/, json("/api/v1/promises", (value) => (value.promises[0].state = "late and kept"))],
  "kept, says another statement": ["promises", /swiss-build: entry 16 is another statement than is shown/, json("/api/v1/promises", (value) => Object.assign(value.promises[0], { state: "kept", kept: { ...value.promises[0].dates[0], index: 16 } }))],
  "a lighter finding": ["promises", /f-1: entry 15 says of severity something else than is shown/, json("/api/v1/findings", (value) => (value.findings[0].severity = "low"))],
  "a finding's text": ["promises", /f-1: its text is another one than is shown/, json("/api/v1/findings", (value) => (value.findings[0].text = "nothing much"))],
  "another count of a request": ["promises", /request 2: entry 16 says of given something else than is shown/, json("/api/v1/requests", (value) => (value.requests[0].given = [{ kind: "account", count: 7 }]))],
  "another's refusal": ["promises", /Nobody and the build host's log: entry 17 says of of something else than is shown/, json("/api/v1/denials", (value) => (value.denials[0].of = "Nobody"))],
  "refused by somebody else's word": ["promises", /Acme did not sign it as supervisor/, json("/api/v1/denials", (value) => (value.denials[0].said.holder = "Acme"))],
  "promises of a part of the ledger": ["promises", /read from 13 entries of the ledger, and 23 were signed/, json("/api/v1/promises", (value) => Object.assign(value, { entries: 13, promises: [] }))],
  "another table of residency": ["places", /it is no table of residency/, json("/api/v1/residency", (value) => (value.newest.index = 17))],
  "a changed table": ["places", /entry 19 of the ledger: it is not entry 19/, (url, body) => (url.endsWith("/entry/19") ? body.replace(/"payload":"../, '"payload":"AA') : undefined)],
  "an older table": ["places", /it is version 1, and the Centre says 2/, json("/api/v1/residency", (value) => (value.newest.version = 2))],
  "a part of the ledger": ["places", /was looked for in 13 entries of the ledger, and 23 were/, json("/api/v1/residency", (value) => ((value.entries = 13), delete value.newest))],
  "a service said to be here": ["places", /it says of uploads another state than is shown/, json("/api/v1/relocation", (value) => (value.services[2].state = "here"))],
  "a service left out": ["places", /it names 4 services, and 3 are shown/, json("/api/v1/relocation", (value) => value.services.pop())],
  "a service that is not late": ["places", /build is not shown as late/, json("/api/v1/relocation", (value) => Object.assign(value.services[1], { late: false, promise_state: "open" }))],
  "an environment that nobody allowed": ["builders", /says of environment something else than is shown/, json("/api/v1/builders", (value) => (value.environments[0].says.environment = "0".repeat(64)))],
  "an environment of another entry": ["builders", /entry 21 is another statement than is shown/, json("/api/v1/builders", (value) => (value.environments[0].index = 21))],
  "a builder elsewhere": ["builders", /says of site something else than is shown/, json("/api/v1/builders", (value) => (value.enrolled[0].says.site = "Nowhere"))],
  "builders of a part of the ledger": ["builders", /Who builds was looked for in 13 entries/, json("/api/v1/builders", (value) => Object.assign(value, { entries: 13, environments: [], enrolled: [] }))],
  "another estimate": ["statistics", /says of fields something else than is shown/, json("/api/v1/statistics", (value) => value.aggregates[0].says.fields[0].cells[1].estimate++)],
  "statistics left out": ["statistics", /The statistics was looked for in 13 entries/, json("/api/v1/statistics", (value) => Object.assign(value, { entries: 13, aggregates: [] }))],
  "another trust root": ["trust", /trust root/, (url, body) => (url === "/api/v1/trust" ? body.replace(/"sig":"../, '"sig":"AA') : undefined)],
};

// Each lie is an origin of its own, with its own memory of earlier visits.
async function aLieIsSeen() {
  const { page, go } = await open();
  for (const [lie, [view, words, edit]] of Object.entries(LIES)) {
    let isTold = false;
    const base = await liar((url, body) => {
      const changed = edit(url, body);
      isTold ||= changed !== undefined && changed !== body;
      return changed;
    });
    await go(view, base).catch(async (error) => assert.fail(`${lie}: ${error.message}\n${await text(page, "main")}`));
    await page.waitForSelector(".alarm", { timeout: 10000 }).catch(() => {});
    const said = (await alarms(page)).join("\n");
    assert.ok(isTold, `${lie}: was not told`);
    assert.match(said, words, lie);
    assert.ok(await page.isVisible(".alarm h2"), lie);
    if (lie === "a forged proof") await shoot(page, "liar");
  }
}

async function theTruthRaisesNoAlarm() {
  const { page, errors, go } = await open();
  for (const view of VIEWS) {
    await go(view);
    await page.waitForTimeout(150);
    assert.deepEqual(await alarms(page), [], view);
  }
  await go("releases/lamp/1.4.0");
  await page.waitForSelector("text=checked here: yes");
  assert.equal((await page.$$(".findings li.good")).length, 10);
  await go("promises");
  await page.waitForSelector("text=late: 1 of 2");
  await page.waitForSelector("text=Numbers are missing");
  assert.match(await text(page, "main"), /its text is under embargo.*the build host's log/s);
  assert.deepEqual(await page.$$eval(".badge.good", (all) => all.map((each) => each.textContent).filter((each) => /checked here/.test(each))), ["2 rows say", "1 row says", "1 row says", "1 row says"].map((each) => `✓ checked here: ${each} what was signed`));
  await go("places");
  await page.waitForSelector(".box.good >> text=version 1 of the table is entry 19 of the ledger, signed by");
  assert.match(await text(page, ".legend"), /here ✓ 4 of 996.*moving → 1 of 996.*stays ■ 4 of 996.*not moved yet ✕ 987 of 996/s);
  assert.match(await text(page, "#country"), /file.*moving.*headquarters to zurich.*from .*here, zurich/s);
  await page.selectOption("select", "CH");
  assert.equal((await page.$$("#country .badge.good")).length, 4);
  assert.match(await text(page, "#board"), /late: 1 of 4 services; here: 1, moving: 1, stays: 1, not moved yet: 1/);
  assert.match(await text(page, "#board tbody tr"), /build.*late since/s);
  await go("protection");
  await page.waitForSelector(".box.good >> text=entry 19 of the ledger, signed by");
  await page.selectOption("select", "CA");
  assert.match(await text(page, "#country"), /file.*stays.*headquarters/s);
  await page.waitForSelector(".command >> text=--country CA");
  await go("builders");
  await page.waitForSelector("text=checked here: entry 20, signed by");
  assert.match(await text(page, "#builders"), /Acme.*Zurich.*trust root.*Acme.*Berne, CH.*checked here: entry 21/s);
  assert.match(await text(page, ".card"), /bookworm, amd64, 61 packages.*the tools of lamp.*lamp 1\.4\.0 \(Zurich\)/s);
  await page.click("#builds button >> text=Check it here");
  await page.waitForSelector("#builds >> text=checked here: built by Acme (CH), in Zurich; equal, by");
  await go("statistics");
  await page.waitForSelector("text=each number computed again");
  assert.match(await text(page, ".counted table"), /clean.*3[0-9]{3}.*suspicious.*too few to show/s);
  assert.equal((await page.$$(".plot .interval")).length, 2);
  assert.equal((await page.$$(".plot .hidden-count")).length, 1);
  await go("ledgers/releases/4");
  await page.waitForSelector(".box.good >> text=entry 4 of the 23 entries");
  assert.deepEqual(errors, []);
}

// What was seen on the last visit is remembered, and cannot be taken back.
async function aLedgerCannotGoBack() {
  const { page, go } = await open();
  await go("ledgers");
  await page.waitForSelector("text=signatures checked here");
  const key = await page.evaluate(() => Object.keys(localStorage).find((each) => each.startsWith("head ")));
  await page.evaluate((name) => localStorage.setItem(name, JSON.stringify({ size: "24", root: "00".repeat(32) })), key);
  await page.reload();
  await page.waitForSelector(".alarm >> text=went back");
  await page.evaluate((name) => localStorage.setItem(name, JSON.stringify({ size: "7", root: "00".repeat(32) })), key);
  await page.reload();
  await page.waitForSelector(".alarm >> text=another history");
}

// ---- your own file ---------------------------------------------------------------------

const choose = async (page, path) => {
  await page.setInputFiles("input[type=file]", path);
  await page.waitForSelector(".result .box, .result article", { timeout: 300000 + 300 * Number(process.env.VT_LARGE_MB ?? 0) });
};

async function yourOwnFileStaysWithYou() {
  const { page, go, requests, errors } = await open();
  await go("");
  const before = requests.length;
  await choose(page, file);
  assert.match(await text(page, ".result"), /The Centre says: this is what was reviewed/);
  assert.match(await text(page, ".result .digest"), new RegExp(sha256(readFileSync(file))));
  const asked = requests.slice(before).map((request) => new URL(request.url()).pathname);
  assert.deepEqual(asked.filter((path) => path.startsWith("/api/")), ["/api/v1/files", "/api/v1/files/all"]);
  await page.click("text=Check it here");
  await page.waitForSelector(".result >> text=approved: checked here");
  assert.equal((await page.$$(".findings li.good")).length, 10);
  await shoot(page, "own-file");
  writeFileSync(`${scratch}/other`, "nobody knows this");
  await choose(page, `${scratch}/other`);
  await page.waitForSelector("text=Nothing is known of this file");
  // Nothing that was asked carries the file, its name or its digest.
  for (const request of requests) {
    assert.equal(request.method(), "GET");
    assert.equal(request.postData(), null);
    for (const secret of [sha256(readFileSync(file)), sha256("nobody knows this"), "other"]) assert.ok(!request.url().includes(secret.slice(0, 5)), request.url());
  }
  assert.deepEqual(errors, []);
}

// A swapped digest in the bucket: the Centre calls a bad file good.
async function aBadFileIsNotCalledGood() {
  writeFileSync(`${scratch}/evil`, "not what was reviewed");
  const digest = sha256("not what was reviewed");
  const base = await liar(json("/api/v1/files/all", (value) => (value.files[0].sha256 = digest)));
  const { page, go } = await open(base);
  await go("");
  await choose(page, `${scratch}/evil`);
  await page.click("text=Check it here");
  await page.waitForSelector(".alarm >> text=no output of the release has this digest");
  assert.ok(await page.isVisible(".result .box.bad"));
}

// Hashed in pieces: the memory of the whole browser grows by less than the file.
async function aLargeFileIsHashed() {
  const megabytes = Number(process.env.VT_LARGE_MB ?? 256);
  const path = `${scratch}/large`;
  writeFileSync(path, "");
  truncateSync(path, megabytes * 1048576);
  const { page, go } = await open();
  await go("");
  const start = Date.now();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, memory())), 500);
  const calm = memory();
  await choose(page, path);
  clearInterval(watch);
  const digest = execFileSync("sha256sum", [path]).toString().slice(0, 64);
  assert.equal(await text(page, ".result .digest"), digest);
  console.log(`${megabytes} MiB in ${((Date.now() - start) / 1000).toFixed(1)} s; the browser grew by ${peak - calm} MiB`);
  assert.ok(peak - calm < 220, `the browser grew by ${peak - calm} MiB`);
}

// Private memory of the browser's processes, in MiB.
function memory() {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,rss="]).toString().trim().split("\n").map((row) => row.trim().split(/\s+/).map(Number));
  const mine = new Set([process.pid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of rows) if (mine.has(parent) && !mine.has(pid)) grown = mine.add(pid) && true;
  }
  mine.delete(process.pid);
  return Math.round(rows.filter(([pid]) => mine.has(pid)).reduce((sum, row) => sum + row[2], 0) / 1024);
}

// ---- for everybody ----------------------------------------------------------------------

// In the dark the colours are others, on a small screen the places are: the rest was looked at.
const LOOKS = {
  large: [{}, undefined],
  dark: [{ colorScheme: "dark" }, ["color-contrast", "link-in-text-block"]],
  small: [{ viewport: { width: 390, height: 844 } }, ["target-size", "scrollable-region-focusable", "link-name", "button-name"]],
};

async function noBarrier() {
  for (const [look, [options, rules]] of Object.entries(LOOKS)) {
    const { page, go } = await open(centre, { reducedMotion: "reduce", ...options });
    await go("");
    await page.evaluate(axe.source);
    for (const view of VIEWS) {
      await go(view);
      await page.waitForTimeout(100);
      await page.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
      const serious = await page.evaluate(async (values) => {
        const { violations } = await axe.run({ resultTypes: ["violations"], ...(values && { runOnly: { type: "rule", values } }) });
        return violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id}: ${one.nodes[0].html}`);
      }, rules);
      assert.deepEqual(serious, [], `${look} ${view}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(width <= 0, `${view}: wider than the screen by ${width}`);
      await shoot(page, `${view.replaceAll("/", "-") || "home"}-${look}`);
    }
  }
}

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

async function tabTo(page, words) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    if ((await focused(page)).startsWith(words)) return;
  }
  assert.fail(`no way to '${words}' by keyboard`);
}

async function tabToWhere(page, is, what) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(is)) return;
  }
  assert.fail(`no way to ${what} by keyboard`);
}

async function byKeyboardAlone() {
  const { page, go } = await open();
  await go("");
  await tabTo(page, "Skip to the content");
  await page.keyboard.press("Enter");
  assert.match(await focused(page), /Nobody should have to rely/);
  await go("");
  await tabTo(page, "Releases");
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1 >> text=Releases");
  await tabTo(page, "lamp 1.4.0");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=checked here: yes");
  await tabTo(page, "Show me the command");
  await page.keyboard.press("Enter");
  assert.ok(await page.isVisible(".authority[open] pre"));
  await tabTo(page, "Entry 4");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".tree svg");
  await go("places");
  await page.waitForSelector("#country");
  await tabTo(page, "Skip to the content");
  await page.keyboard.press("Enter");
  assert.match(await focused(page), /Where data lie/);
  await tabToWhere(page, () => document.activeElement?.value === "file" && document.activeElement.type === "radio", "classes of data");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector(".map svg[aria-label*='class lookup']");
  await tabToWhere(page, () => document.activeElement?.getAttribute("aria-label") === "map, said in words by the tables below", "the map");
  await page.keyboard.press("ArrowRight"); // it scrolls, and loses nothing
  await tabToWhere(page, () => document.activeElement?.tagName === "SELECT", "the list of countries");
  await page.keyboard.type("Switz");
  await page.waitForSelector("#country caption >> text=Switzerland");
  assert.equal((await page.$$("#country .badge.good")).length, 4);
  await tabTo(page, "Show me the command");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".authority[open] >> text=vitrine cell policy show");
  await go("tour");
  await tabTo(page, "Begin");
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1 >> text=Trust root");
  await tabTo(page, "Next");
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1 >> text=lamp 1.4.0");
  await page.waitForSelector(".tour >> text=2 of ");
  await tabTo(page, "Leave the tour");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".tour", { state: "detached" });
  await go("");
  for (let i = 0; i < 40 && !(await page.evaluate(() => document.activeElement?.type === "file")); i++) await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement?.type === "file"), "the file chooser has no focus");
}

// Every command that is shown exists, with every option that it is given.
async function commandsExist() {
  const { page, go } = await open();
  const lines = new Set();
  for (const view of VIEWS) {
    await go(view);
    await page.waitForTimeout(200);
    for (const line of await page.$$eval(".command pre", (all) => all.map((each) => each.textContent))) lines.add(line);
  }
  const ours = [...lines].filter((line) => line.startsWith("vitrine "));
  assert.ok(ours.length >= 10, [...lines].join("\n"));
  for (const line of ours) {
    const words = line.split(" ").slice(1);
    const verb = words.slice(0, words[0] === "verify" ? 1 : words[0] === "cell" ? 3 : 2);
    const help = execFileSync(vitrine, [...verb, "--help"]).toString();
    for (const option of line.match(/--[a-z-]+/g) ?? []) assert.ok(help.includes(`${option} `), `${line}: ${option}`);
  }
  for (const line of lines) assert.match(line, /^(vitrine|curl|make) /);
}

// What the page says of itself is what was released, and its commands come to the same.
async function thePagesAreARelease() {
  const { page, go } = await open();
  await go("about");
  await page.waitForSelector("article.good");
  assert.match(await text(page, "article.good"), /^This is what was reviewed, rebuilt and approved: checked here.*lamp 1\.4\.0/);
  assert.match(await text(page, "main"), /checked here: \d+ files have the bytes of the list/);
  assert.deepEqual(await alarms(page), []);
  const lines = await page.$$eval(".command pre", (all) => all.map((each) => each.textContent));
  const trust = new URL("../../../trust.json", `file://${file}`).pathname;
  for (const line of lines.filter((each) => / lamp\.bin/.test(each)).map((each) => each.replace("trust.json", trust).split(" ")))
    execFileSync(line[0].replace("vitrine", vitrine), line.slice(1), { cwd: scratch, stdio: "ignore" });
  assert.equal(sha256(readFileSync(`${scratch}/lamp.bin`)), await text(page, "footer .digest"));
  assert.equal(lines.filter((each) => / lamp\.bin/.test(each)).length, 3);
}

// The footer names the digest, and the command asks the server for each page.
async function thePagesAreThoseOfTheList() {
  const { page, go } = await open();
  await go("releases");
  await page.waitForSelector("footer .digest");
  const digest = await text(page, "footer .digest");
  assert.match(await text(page, "footer"), new RegExp(`vitrine centre pages ${centre}`));
  const ask = (...words) => new Promise((resolve) => execFile(vitrine, ["centre", "pages", ...words], (error, out, trouble) => resolve([error?.code ?? 0, out + trouble])));
  assert.deepEqual(await ask(centre), [0, `pages ${digest}, ${(await (await fetch(`${centre}/api/v1/pages`)).text()).split("\n").length - 1} files\n`]);
  assert.equal((await ask(centre, "--expect", digest))[0], 0);
  assert.match((await ask(centre, "--expect", "0".repeat(64))).join(), /^1,.*serves other pages/);
  assert.match((await ask(await liar((url, body) => (url.endsWith(".css") ? `${body} ` : undefined)))).join(), /^1,.*is served with other bytes/);
  assert.match((await ask(await liar((url) => (url === "/api/v1/pages" ? `${"0".repeat(64)}  ../trust.json\n` : undefined)))).join(), /^1,.*no name of a page/);
}

// What another Centre served is compared in the browser, and what is gone there is shown.
async function otherCentresAreCompared() {
  const { page, go, requests } = await open();
  await go("others");
  await page.waitForSelector("text=It has not been held against another one yet");
  const digests = await (await fetch(`${centre}/api/v1/digests`)).text();
  const file = `${scratch}/digests.json`;
  const choose = async (change) => {
    const value = JSON.parse(digests);
    change(value);
    writeFileSync(file, canonical(value));
    await page.setInputFiles("input[type=file]", file);
  };
  await choose(() => {});
  await page.waitForSelector("#compared .box.good >> text=both show the same");
  await choose((value) => (value.items.find((item) => item.kind === "review").sha256 = "0".repeat(64)));
  await page.waitForSelector("#compared >> text=lamp 1.4.0: review");
  assert.match(await text(page, "#compared"), /both name it, with other digests/);
  await choose((value) => value.items.splice(value.items.findIndex((item) => item.kind === "review"), 1));
  await page.waitForSelector("#compared >> text=only this Centre shows it");
  await choose((value) => (value.ledgers[0].root = "0".repeat(64)));
  await page.waitForSelector("#compared >> text=they are not one history");
  await choose((value) => value.ledgers.splice(0, 1));
  await page.waitForSelector("#compared >> text=only this Centre shows it");
  assert.match(await text(page, "#compared"), /ledger /);
  assert.ok(requests.every((request) => request.method() === "GET"));
  const gone = { of: "lamp 1.4.0", kind: "review", name: "R. Reviewer", sha256: "0".repeat(64), first: "2026-11-01T00:00:00Z", gone: "2026-11-02T00:00:00Z" };
  const other = { name: "b", where: "https://b.example", at: "2026-11-02T00:00:00Z", seen: 7, gone: [gone], differences: [{ what: "lamp 1.4.0: review, R. Reviewer", kind: "only the first", first: "0".repeat(64) }] };
  await go("others", await liar(json("/api/v1/others", (value) => value.others.push(other))));
  await page.waitForSelector(".box.bad >> text=R. Reviewer, seen from 2026-11-01");
  await shoot(page, "others-gone");
}

// The officer's part, on his own machine: the command of the page as it stands there.
async function officersHandIn(page) {
  await page.fill("[aria-label='reject lamp 1.5.0'] textarea", "it smokes");
  const line = await text(page, "[aria-label='reject lamp 1.5.0'] .command pre");
  const own = { vitrine, DESK: `${scratch}/c/desk`, "trust.json": `${scratch}/c/trust.json`, KEY: `${scratch}/supervisor.key`, "rejection.json": `${scratch}/rejection.json` };
  execFileSync("sh", ["-c", line.replace(/^vitrine|\b(DESK|trust\.json|KEY|rejection\.json)\b/g, (word) => own[word])]);
  writeFileSync(`${scratch}/changed.json`, readFileSync(`${scratch}/rejection.json`, "utf8").replace(/"payload":"(.{60})./, '"payload":"$1_'));
  await shoot(page, "hand-in");
  await page.setInputFiles("main input[type=file]", [`${scratch}/rejection.json`, `${scratch}/changed.json`, file]);
  await page.waitForSelector("#replies .badge.bad");
  const told = await page.$$eval("#replies li", (rows) => rows.map((row) => row.textContent.replace(/\s+/g, " ")));
  assert.match(told[0], /taken rejection of lamp 1\.5\.0 by Watch \(rejection\.json\)/);
  assert.match(told[1], /refused changed\.json: /);
  assert.match(told[2], /refused lamp\.bin: /);
  await page.fill("#pasted", `${readFileSync(`${scratch}/rejection.json`)}\n`);
  await page.getByRole("button", { name: "Hand in", exact: true }).click();
  await page.waitForSelector("#replies >> text=was here rejection of lamp 1.5.0 by Watch");
  while ((await (await fetch(`${centre}/api/v1/handed`)).json()).handed.length === 0) await page.waitForTimeout(100);
  await page.getByRole("button", { name: "Look again" }).click();
  await page.waitForSelector("#handed >> text=rejection of lamp 1.5.0 by Watch");
  await page.evaluate(axe.source);
  assert.deepEqual((await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }))).violations.map((one) => `${one.id} ${one.nodes[0].html}`), []);
  await shoot(page, "handed");
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  await shoot(page, "handed-small");
  await page.setViewportSize({ width: 1280, height: 900 });
}

// Approving and rejecting are one command each; a reason is one word of the shell.
async function theDesksComposeCommands() {
  const { page, go, requests, errors } = await open();
  await go("desks");
  await page.waitForSelector(".waits h3 >> text=lamp 1.5.0");
  await page.waitForSelector("text=1 wait for the supervisor, 1 in all");
  await page.waitForSelector(".waits >> text=nothing changed.");
  await page.waitForSelector("[aria-label='approve lamp 1.5.0'] .command >> text=vitrine supervise approve lamp 1.5.0");
  assert.equal((await page.$$("[aria-label='reject lamp 1.5.0'] .command")).length, 0);
  const reason = "it's \"odd\"; $(touch x)\nand `y` & more";
  await page.fill("[aria-label='reject lamp 1.5.0'] textarea", reason);
  const line = await text(page, "[aria-label='reject lamp 1.5.0'] .command pre");
  assert.equal(execFileSync("sh", ["-c", line.replace(/^vitrine .*? --reason /, "printf %s ")]).toString(), reason.replace("\n", " "));
  await page.waitForSelector("#denials >> text=Acme refused the build host's log");
  assert.match(await text(page, "#members"), /Watch.*supervisor.*until 20\d\d/s);
  assert.match(await text(page, "#members"), /enrolled, entry 21/);
  assert.ok(requests.every((request) => request.method() === "GET"));
  await officersHandIn(page);
  assert.deepEqual(errors.filter((error) => !/status of 4\d\d/.test(error)), []);
  // A release that differs from the one before in its source is said to.
  await go("desks", await liar(json("/api/v1/releases/lamp/1.5.0", (value) => (value.statements.find((row) => row.kind === "draft").says.source = "0".repeat(64)))));
  await page.waitForSelector(".waits >> text=source changed.");
}

// Names and sentences of strangers stay text.
async function strangersWordsStayText() {
  const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
  const everywhere = (value) => (typeof value === "string" ? (/^[0-9a-f]{64}$|^\d{4}-|^lamp|^1\.|^releases$|^published$|^all$/.test(value) ? value : evil) : Array.isArray(value) ? value.map(everywhere) : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, everywhere(each)])) : value);
  const base = await liar((url, body) => (/\/api\/v1\/(releases|files|ledgers|about)/.test(url) && body.startsWith("{") ? JSON.stringify(everywhere(JSON.parse(body))) : undefined));
  const { page, go, errors } = await open(base);
  for (const view of [...VIEWS, "releases/%3Cimg%20src=x%3E/1", "ledgers/%3Cscript%3E/0", "%E0%A4%A"]) {
    await go(view);
    await page.waitForTimeout(100);
    assert.equal(await page.$("img[src=x], main script"), null, view);
  }
  assert.deepEqual(errors.filter((error) => /dialog|Content Security|TrustedHTML/.test(error)), []);
}

const cases = { theTruthRaisesNoAlarm, aLieIsSeen, aLedgerCannotGoBack, yourOwnFileStaysWithYou, aBadFileIsNotCalledGood, aLargeFileIsHashed, noBarrier, byKeyboardAlone, commandsExist, otherCentresAreCompared, thePagesAreThoseOfTheList, thePagesAreARelease, theDesksComposeCommands, strangersWordsStayText };

const server = createServer(async (request, answer) => {
  const { pathname, searchParams } = new URL(request.url, "http://here");
  [centre, file, scratch] = ["centre", "file", "scratch"].map((each) => searchParams.get(each));
  let words = "ok\n";
  try {
    await cases[pathname.slice(1)]();
  } catch (error) {
    words = `not ok: ${error.stack}\n`;
  }
  for (const each of left.splice(0)) await Promise.resolve(each()).catch(() => {});
  answer.writeHead(words === "ok\n" ? 200 : 500).end(words);
});
process.on("SIGTERM", () => Promise.resolve(browser?.close()).finally(() => process.exit(0)));
server.listen(0, "127.0.0.1", () => console.log(`ready: http://127.0.0.1:${server.address().port}`));
