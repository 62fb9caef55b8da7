// Which lines of a release has nobody reviewed: what stands in none of the sources that
// reviewers accepted.
import { getJson, type ReleaseRow } from "../api.ts";
import { askJson } from "../reviewing.ts";
import { loadSource, type Release } from "../source.ts";
import { Authority, Badge, Title } from "../ui.tsx";
import { placeOf } from "./source-parts.tsx";
import { Reading, useReading } from "./source.tsx";

const BASES_MAX = 3; // as the Centre and the command look at
const PIECES_MAX = 100;

interface Row {
  file: number;
  path: string;
  is_whole: boolean;
  lines: [number, number][];
}

interface Answer {
  files: Row[];
  lines: number;
  next?: number;
}

interface Found {
  accepted: string[];
  files: Row[];
  lines: number;
  isAll: boolean;
}

async function acceptedOf(product: string): Promise<string[]> {
  const { releases } = await getJson<{ releases: ReleaseRow[] }>("releases");
  const rows = releases.filter((row) => row.product === product && row.accepting > 0).sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  return rows.map((row) => row.version);
}

// A release whose source is not here cannot be compared with.
async function readable(release: Release, versions: string[]): Promise<string[]> {
  const found = await Promise.all(versions.map((version) => askJson({ ...release, version, kind: "about" }).then(() => version, () => undefined)));
  return found.filter((version) => version !== undefined).slice(-BASES_MAX);
}

async function find(release: Release): Promise<Found> {
  const source = await loadSource(release);
  const accepted = await readable(release, await acceptedOf(release.product));
  const found: Found = { accepted, files: [], lines: 0, isAll: false };
  let next: number | undefined = 0;
  for (let piece = 0; piece < PIECES_MAX && next !== undefined; piece++) {
    const answer: Answer = await askJson<Answer>({ ...release, kind: "unreviewed", ...(accepted.length > 0 && { text: accepted.join(" ") }), ...(next > 0 && { file: next }) });
    found.files.push(...answer.files.filter((row) => source.list[row.file] !== undefined));
    found.lines += answer.lines;
    next = answer.next;
  }
  return { ...found, isAll: next === undefined };
}

function Ranges({ release, row }: { release: Release; row: Row }) {
  if (row.is_whole) return <span class="quiet">all of it</span>;
  return (
    <>
      {row.lines.map(([from, count], i) => (
        <span key={from}>
          {i > 0 ? ", " : row.lines.length === 1 && row.lines[0]![1] === 1 ? "line " : "lines "}
          <a href={placeOf(release, "file", row.path, from)}>{count === 1 ? from : `${from} to ${from + count - 1}`}</a>
        </span>
      ))}
    </>
  );
}

function List({ release, found }: { release: Release; found: Found }) {
  const { accepted, files, lines, isAll } = found;
  return (
    <>
      <p>
        {files.length === 0 ? (
          <Badge tone="good" isLong>
            every line stands in a source that reviewers accepted
          </Badge>
        ) : (
          <Badge tone="wait" isLong>
            {lines} {lines === 1 ? "line" : "lines"} in {files.length} {files.length === 1 ? "file" : "files"} that no accepted source has
          </Badge>
        )}
      </p>
      <p class="quiet">{accepted.length === 0 ? "No source of this product that is here was accepted by its reviewers." : `Accepted by reviewers, and compared with: ${accepted.join(", ")}. This Centre reckons it.`}</p>
      {!isAll && <p class="box wait">There are more files than these: ask the command.</p>}
      <ul class="plain changes">
        {files.map((row) => (
          <li key={row.file}>
            <a href={placeOf(release, "file", row.path)}>{row.path}</a> <Ranges release={release} row={row} />
          </li>
        ))}
      </ul>
      <Authority lines={[`vitrine centre unreviewed ${release.product} ${release.version} --dir CENTRE`]}>
        <p>A line counts as reviewed if the same line stands in the file of the same path, in the same order, or the whole file under any name.</p>
      </Authority>
    </>
  );
}

export function Unreviewed({ release }: { release: Release }) {
  const { isOut, loaded } = useReading(() => find(release));
  return (
    <>
      <Title>
        What nobody reviewed in {release.product} {release.version}
      </Title>
      <p>
        <a href={placeOf(release)}>
          Source of {release.product} {release.version}
        </a>
      </p>
      {isOut || loaded.value === undefined ? <Reading isOut={isOut} loaded={loaded} /> : <List release={release} found={loaded.value} />}
    </>
  );
}
