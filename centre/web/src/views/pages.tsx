// These pages as what they are: files of a list, which is an output of a release of the line.
import { getText, part, type About, type KnownFile } from "../api.ts";
import { hex, utf8 } from "../check/bytes.ts";
import { sha256 } from "../check/crypto.ts";
import { bytes, CheckHere, Command, Digest, useLoaded, Waiting } from "../ui.tsx";
import { findFile, Found } from "./file.tsx";

const FILES_MAX = 1024;

async function digestOf(path: string): Promise<string> {
  const answer = await fetch(path === "index.html" ? "/" : `/${path}`, { credentials: "omit", redirect: "error" });
  if (!answer.ok) throw new Error(`${path} is in the list and is not served`);
  return hex(sha256(new Uint8Array(await answer.arrayBuffer())));
}

// The list has the digest that the Centre tells, each file the one that stands in the list,
// and what runs here is one of them.
async function checkPages(digest: string): Promise<string> {
  const list = await getText("pages");
  if (hex(sha256(utf8(list))) !== digest) throw new Error("the list of the pages has another digest than the Centre tells");
  const lines = list.trimEnd().split("\n").slice(0, FILES_MAX).map((line) => [line.slice(0, 64), line.slice(66)] as const);
  for (const [wanted, path] of lines) if ((await digestOf(path)) !== wanted) throw new Error(`${path} is served with other bytes than the list says`);
  const here = [...document.scripts].map(({ src }) => new URL(src).pathname.slice(1));
  for (const script of here) if (!lines.some(([, path]) => path === script)) throw new Error(`${script} runs here and is not in the list`);
  return `${lines.length} files have the bytes of the list`;
}

function commands(pages: NonNullable<About["pages"]>, release: KnownFile | undefined): string[] {
  if (release === undefined) return [`vitrine centre pages ${location.origin} --expect ${pages.sha256}`];
  const { product, version, name } = release;
  return [
    `vitrine centre pages ${location.origin} --out ${name}`,
    `curl -fo ${name}.evidence ${location.origin}/api/v1/releases/${part(product)}/${part(version)}/evidence/${part(name)}`,
    `vitrine verify ${name} --trust trust.json --product ${product}`,
  ];
}

export function ThesePages({ pages, version }: { pages: NonNullable<About["pages"]>; version: string }) {
  const loaded = useLoaded(() => findFile(pages.sha256), [pages.sha256]);
  const found = loaded.value?.found;
  return (
    <>
      <p>
        {pages.files} files, {bytes(pages.bytes)}, digest <Digest of={pages.sha256} /> <CheckHere isAuto what="These pages" run={() => checkPages(pages.sha256)} />
      </p>
      {found === undefined ? <Waiting loaded={loaded} /> : found.length === 0 && <p class="box wait">This Centre knows no release that they are of: nobody signed for these bytes that they were rebuilt and reviewed.</p>}
      {found?.map((file) => <Found key={file.product + file.version} isAuto file={file} />)}
      <p>The authority is the command line, on a machine of yours. It asks for each file{found?.length ? ", keeps their list, and verifies that as what was released" : ""}:</p>
      {commands(pages, found?.[0]).map((line) => <Command key={line} line={line} />)}
      <p>Whoever builds the pages of version {version} gets the same bytes and the same digest:</p>
      <Command line="make centre-web" />
    </>
  );
}
