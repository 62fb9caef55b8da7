// Lines of code with the kinds of their words, and what differs between two texts.  No
// markup is made of them: the views put text into elements.
import { structuredPatch } from "diff";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import makefile from "highlight.js/lib/languages/makefile";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

const low = createLowlight({ bash, c, cpp, css, go, java, json, makefile, python, rust, typescript, xml, yaml });

const ENDINGS: Record<string, string> = {
  c: "c", h: "c", cc: "cpp", cpp: "cpp", cxx: "cpp", hpp: "cpp", hh: "cpp", css: "css", go: "go", java: "java", json: "json", mk: "makefile", make: "makefile",
  py: "python", rs: "rust", ts: "typescript", tsx: "typescript", js: "typescript", jsx: "typescript", mjs: "typescript", sh: "bash", bash: "bash",
  html: "xml", xml: "xml", svg: "xml", yaml: "yaml", yml: "yaml",
};

export interface Word {
  kind: string; // "" for plain text
  text: string;
}

type Node = { type: string; value?: string; children?: Node[]; properties?: { className?: string[] } };

const HIGHLIGHT_MAX = 400_000; // characters; longer files are shown plain

function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/^(GNU)?[Mm]akefile$/.test(name)) return "makefile";
  return ENDINGS[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
}

function collect(nodes: Node[], kind: string, lines: Word[][]): void {
  for (const node of nodes) {
    if (node.type === "element") collect(node.children ?? [], node.properties?.className?.[0]?.replace(/^hljs-/, "") ?? kind, lines);
    else
      (node.value ?? "").split("\n").forEach((text, i) => {
        if (i > 0) lines.push([]);
        if (text !== "") lines[lines.length - 1]!.push({ kind, text });
      });
  }
}

export function linesOf(path: string, text: string): Word[][] {
  const whole = text.endsWith("\n") ? text.slice(0, -1) : text;
  const language = languageOf(path);
  if (language === undefined || whole.length > HIGHLIGHT_MAX) return whole.split("\n").map((line) => [{ kind: "", text: line }]);
  const lines: Word[][] = [[]];
  collect(low.highlight(language, whole).children as Node[], "", lines);
  return lines;
}

// ---- differences --------------------------------------------------------------------

export interface DiffLine {
  kind: "same" | "out" | "in" | "gap";
  before?: number;
  after?: number;
  text: string;
}

// Bounded: undefined where the two differ in more than can be told in a second.
export function difference(before: string, after: string): DiffLine[] | undefined {
  const patch = structuredPatch("a", "b", before, after, "", "", { context: 3, timeout: 1000, maxEditLength: 20000 });
  if (patch === undefined) return undefined;
  const rows: DiffLine[] = [];
  for (const hunk of patch.hunks) {
    let old = hunk.oldStart;
    let fresh = hunk.newStart;
    if (rows.length > 0 || old > 1) rows.push({ kind: "gap", text: `line ${fresh}` });
    for (const line of hunk.lines) {
      const text = line.slice(1);
      if (line[0] === "+") rows.push({ kind: "in", after: fresh++, text });
      else if (line[0] === "-") rows.push({ kind: "out", before: old++, text });
      else if (line[0] === " ") rows.push({ kind: "same", before: old++, after: fresh++, text });
    }
  }
  return rows;
}
