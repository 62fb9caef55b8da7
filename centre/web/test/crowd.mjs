// crowd.mjs read URL ORIGIN SESSIONS SECONDS FILE - so many reviewers sign in, each with a
// passkey of its own, and read at once: a question each about once a second.  Prints one
// JSON object: how many, and how long an answer took, with being told to come back counted
// in.  Keeps the cookies in FILE.
// crowd.mjs check URL ORIGIN FILE - is each of these sessions still there?
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { Authenticator, Client, sha256 } from "./authenticator.mjs";

const [verb, url, origin, ...rest] = process.argv.slice(2);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const LAMP = { product: "lamp", version: "2.0.0" };
const QUESTIONS = [{ kind: "about" }, { kind: "manifest" }, { kind: "file", file: 2 }, { kind: "search", text: "lamp_light" }, { kind: "search", text: "lamp_(dim|light)", regex: true }, { kind: "define", text: "lamp_dim" }];

async function patient(act, ms = 100) {
  for (;;) {
    const answer = await act().catch((error) => (error instanceof TypeError ? { status: 429 } : Promise.reject(error)));
    if (answer.status !== 429) return answer;
    await pause(ms);
  }
}

// As many at once as the door takes sign-ins in a second.
async function signInAll(count) {
  const clients = [];
  const next = async () => {
    for (let i = clients.length; i < count; i = clients.length) {
      const client = new Client(url, origin);
      const authenticator = new Authenticator(new URL(origin).hostname);
      clients.push(client);
      const code = sha256(`guest-${i}`).toString("hex");
      for (const act of [() => client.enrol(authenticator, code), () => client.open(authenticator)]) {
        const answer = await patient(act);
        assert.equal(answer.status, 200, `guest ${i}: ${answer.bytes}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  return clients;
}

async function read(client, until, figures) {
  await pause(Math.random() * 1000);
  for (let i = Math.floor(Math.random() * QUESTIONS.length); Date.now() < until; i++) {
    const since = performance.now();
    const answer = await patient(() => {
      figures.asked++;
      return client.ask({ ...LAMP, ...QUESTIONS[i % QUESTIONS.length] });
    }, 1000);
    const took = performance.now() - since;
    assert.equal(answer.status, 200, answer.bytes?.toString());
    figures.took.push(took);
    await pause(Math.max(0, 1000 - took));
  }
}

if (verb === "read") {
  const [sessions, seconds, file] = [Number(rest[0]), Number(rest[1]), rest[2]];
  const clients = await signInAll(sessions);
  const figures = { asked: 0, took: [] };
  await Promise.all(clients.map((client) => read(client, Date.now() + seconds * 1000, figures)));
  writeFileSync(file, JSON.stringify(clients.map((client) => client.cookie)));
  const took = figures.took.sort((a, b) => a - b);
  const at = (part) => Number(took[Math.min(took.length - 1, Math.floor(took.length * part))].toFixed(1));
  console.log(JSON.stringify({ sessions, answers: took.length, seconds, told_to_come_back: figures.asked - took.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) }));
} else {
  const cookies = JSON.parse(readFileSync(rest[0], "utf8"));
  for (const cookie of cookies) {
    const client = new Client(url, origin);
    client.cookie = cookie;
    const answer = await client.send("GET", "session");
    assert.equal(answer.status, 200, answer.bytes.toString());
    assert.deepEqual(answer.json.products, ["lamp"]);
  }
  console.log(JSON.stringify({ sessions: cookies.length }));
}
