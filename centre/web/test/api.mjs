// The real answers of a Centre, held against openapi.yaml: every path is asked, every answer
// fits its schema and type, and no schema is fitted by everything.
// node api.mjs URL
import Ajv from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const base = process.argv[2];
const api = parse(readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema({ $id: "api", ...api });
let failed = 0;
const fail = (...words) => {
  console.log("not ok:", ...words);
  failed++;
};
const resolve = (object) => (object.$ref ? object.$ref.slice(2).split("/").reduce((at, name) => at[name], api) : object);
const validator = (schema) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')));

// Values for the parameters of each path; the second of each pair is what must be absent.
const values = {
  product: ["lamp", "kettle"],
  version: ["1.4.0", "9"],
  name: ["lamp.bin", "nothing"],
  prefix: ["all", "ffff"],
  ledger: ["releases", "nobody"],
  number: ["4", "9007199254740991"],
};
const fill = (path, which) => path.replace(/\{(\w+)\}/g, (_, name) => values[name][which]);

async function hold(path, which, status) {
  const url = fill(path, which);
  const answer = await fetch(base + url);
  const text = await answer.text();
  const described = resolve(api.paths[path].get.responses[String(answer.status)] ?? {});
  if (answer.status !== status) fail(url, "answered", answer.status, text);
  const type = (answer.headers.get("content-type") ?? "").split(";")[0];
  const media = described.content?.[type];
  if (media === undefined) return fail(url, answer.status, "with", type, "is not described");
  if (media.schema === undefined) return;
  const value = type.endsWith("json") ? JSON.parse(text) : text;
  const validate = validator(media.schema);
  if (!validate(value)) fail(url, JSON.stringify(validate.errors.slice(0, 3)));
  // The twin: something more, or something else, must not fit.
  if (type.endsWith("json") && media.schema.$ref !== undefined && validate({ ...value, more: 1 }) && validate([])) fail(url, "anything fits");
}

for (const [path, { get }] of Object.entries(api.paths)) {
  if (get === undefined || get["x-session"]) continue; // reviewers.mjs plays those
  await hold(path, 0, 200);
  if (get.responses["404"] !== undefined && path.includes("{")) await hold(path, 1, 404);
}
// What is served is what was read here.
if ((await (await fetch(`${base}/openapi.yaml`)).text()) !== readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8")) fail("/openapi.yaml is another one");
console.log(failed === 0 ? `ok ${Object.keys(api.paths).length} paths` : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
