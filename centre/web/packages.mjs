// packages.mjs fetch DIR  - the packages that the recipe of the pages names as inputs, as the
//                           archives of the registry, from npm into DIR
// packages.mjs unpack DIR - from there into node_modules, without npm and without a network;
//                           each must have the digest that package-lock.json names
// packages.mjs check      - does the recipe name this version, what the pages are built from, and no more?
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => JSON.parse(readFileSync(join(here, name), "utf8"));
const BUILDER = ["esbuild", "@esbuild/linux-x64"];

// As npm pack names an archive.
const packages = Object.entries(read("package-lock.json").packages)
  .filter(([place]) => place !== "")
  .map(([place, row]) => ({ ...row, place, name: place.replace("node_modules/", "") }))
  .map((row) => ({ ...row, archive: `${row.name.replace("@", "").replace("/", "-")}-${row.version}.tgz` }));
const { inputs, version } = read("pages.recipe.json");
const wanted = inputs.map(({ name }) => packages.find(({ archive }) => archive === name) ?? fail(`${name}: package-lock.json has no such package`));

function fail(sentence) {
  console.error(`packages: ${sentence}`);
  process.exit(1);
}

const digest = (kind, file, form) => createHash(kind).update(readFileSync(file)).digest(form);

function fetchAll(to) {
  mkdirSync(to, { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--prefer-offline", "--pack-destination", to, ...wanted.map(({ name, version }) => `${name}@${version}`)], { stdio: ["ignore", "ignore", "inherit"] });
  for (const { name, sha256 } of inputs) {
    const got = digest("sha256", join(to, name), "hex");
    if (got !== sha256) fail(`${name}: pages.recipe.json names ${sha256}, the registry gave ${got}`);
  }
}

function unpackAll(from) {
  for (const { archive, place, integrity } of wanted) {
    if (`sha512-${digest("sha512", join(from, archive), "base64")}` !== integrity) fail(`${archive}: is not what package-lock.json names`);
    mkdirSync(join(here, place), { recursive: true });
    execFileSync("tar", ["-xzf", join(from, archive), "--strip-components=1", "--no-same-owner", "-C", join(here, place)]);
  }
}

// Types are looked at before a release, and are no part of it.
function checkAll() {
  if (version !== readFileSync(join(here, "../../VERSION"), "utf8").trim()) fail(`pages.recipe.json is of version ${version}, and VERSION is another`);
  const needed = packages.filter(({ name, dev }) => (!dev && !name.startsWith("@types/")) || BUILDER.includes(name)).map(({ archive }) => archive);
  const named = inputs.map(({ name }) => name);
  for (const name of needed) if (!named.includes(name)) fail(`${name}: pages.recipe.json does not name it`);
  for (const name of named) if (!needed.includes(name)) fail(`${name}: the pages are not built from it`);
}

const [verb, folder] = process.argv.slice(2);
if (verb === "fetch" && folder !== undefined) fetchAll(folder);
else if (verb === "unpack" && folder !== undefined) unpackAll(folder);
else if (verb === "check") checkAll();
else fail("fetch DIR, unpack DIR or check");
