// build.mjs OUT - the pages, from src/ into OUT: index.html, the API's description, and
// assets whose names hold their digest.  The same source gives the same bytes.  OUT.sha256
// lists them as sha256sum does, and as the Centre serves it at /api/v1/pages; the digest of
// that list, which is printed, is the digest of the pages.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../../build/web"));
const common = { absWorkingDir: here, bundle: true, minify: true, target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning", metafile: true };

async function bundle(entry, options = {}) {
  const result = await build({ ...common, entryPoints: [entry], outdir: join(out, "assets"), entryNames: "[name]-[hash]", ...options });
  return Object.keys(result.metafile.outputs)[0].split("/").pop();
}

const sha = (kind, bytes, form) => createHash(kind).update(bytes).digest(form);
const integrity = (name) => `sha384-${sha("sha384", readFileSync(join(out, "assets", name)), "base64")}`;

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });
const worker = await bundle("src/hash-worker.ts", { format: "iife" });
const script = await bundle("src/main.tsx", {
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { HASH_WORKER: JSON.stringify(`/assets/${worker}`) },
});
const style = await bundle("src/style.css");
writeFileSync(
  join(out, "index.html"),
  readFileSync(join(here, "src/index.html"), "utf8")
    .replace("STYLE", `/assets/${style}" integrity="${integrity(style)}`)
    .replace("SCRIPT", `/assets/${script}" integrity="${integrity(script)}`),
);
copyFileSync(join(here, "src/icon.svg"), join(out, "icon.svg"));
copyFileSync(join(here, "../openapi.yaml"), join(out, "openapi.yaml"));
// What others wrote of it, with the terms under which they let us.
const others = ["@noble/curves", "@noble/hashes", "diff", "highlight.js", "lowlight", "preact"];
const licenceOf = (name) => ["LICENSE", "license"].map((file) => join(here, "node_modules", name, file)).find(existsSync);
writeFileSync(
  join(out, "licences.txt"),
  others.map((name) => `${name}\n\n${readFileSync(licenceOf(name), "utf8").trim()}\n`).join("\n\n"),
);
// The check apart from the pages, for the tests in node.
await build({ ...common, entryPoints: ["src/check/index.ts"], format: "esm", outfile: `${out}-check.mjs` });

const files = [...readdirSync(join(out, "assets")).map((name) => `assets/${name}`), "icon.svg", "index.html", "licences.txt", "openapi.yaml"].sort();
const list = files.map((name) => `${sha("sha256", readFileSync(join(out, name)), "hex")}  ${name}\n`).join("");
writeFileSync(`${out}.sha256`, list);
console.log(`pages ${sha("sha256", list, "hex")}`);
