// The way from an entry to the signed root, drawn: our hashes in the middle, and beside each
// the sibling that the proof brings.  The same is told as a list for who cannot see it.
import { hex } from "./check/bytes.ts";
import type { Step } from "./check/merkle.ts";

const ROW = 76;
const WIDTH = 560;
const BOX = { width: 168, height: 40 };
const short = (hash: Uint8Array): string => `${hex(hash).slice(0, 14)}…`;

function Box({ x, y, label, hash, kind }: { x: number; y: number; label: string; hash: Uint8Array; kind: string }) {
  return (
    <g class={`node ${kind}`}>
      <rect x={x - BOX.width / 2} y={y} width={BOX.width} height={BOX.height} rx="5" />
      <text x={x} y={y + 16} class="label">
        {label}
      </text>
      <text x={x} y={y + 32} class="hash">
        {short(hash)}
      </text>
    </g>
  );
}

export function Tree({ leaf, index, size, steps }: { leaf: Uint8Array; index: bigint; size: bigint; steps: Step[] }) {
  const middle = WIDTH / 2;
  const height = (steps.length + 1) * ROW;
  const yOf = (level: number): number => height - (level + 1) * ROW + 10;
  return (
    <figure class="tree">
      <div class="scroll" tabIndex={0} role="group" aria-label="drawing of the proof">
        <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`Entry ${index} leads over ${steps.length} siblings to the root of ${size} entries`}>
          {steps.map((step, level) => {
            const x = step.isLeft ? middle - 180 : middle + 180;
            return (
              <g key={level}>
                <path class="edge" d={`M${middle} ${yOf(level)} V${yOf(level + 1) + BOX.height}`} />
                <path class="edge side" d={`M${x} ${yOf(level)} L${middle} ${yOf(level + 1) + BOX.height}`} />
                <Box x={x} y={yOf(level)} label={step.isLeft ? "sibling, left" : "sibling, right"} hash={step.sibling} kind="sibling" />
              </g>
            );
          })}
          <Box x={middle} y={yOf(0)} label={`entry ${index}`} hash={leaf} kind="ours" />
          {steps.map((step, level) => (
            <Box key={level} x={middle} y={yOf(level + 1)} label={level === steps.length - 1 ? "signed root" : `level ${level + 1}`} hash={step.result} kind={level === steps.length - 1 ? "root" : "ours"} />
          ))}
        </svg>
      </div>
      <figcaption>
        <details>
          <summary>The same as a list</summary>
          <ol class="plain">
            <li>
              SHA-256 of a zero byte and the entry: <code>{hex(leaf)}</code>
            </li>
            {steps.map((step, level) => (
              <li key={level}>
                with the {step.isLeft ? "left" : "right"} sibling <code>{hex(step.sibling)}</code> it gives <code>{hex(step.result)}</code>
              </li>
            ))}
          </ol>
        </details>
      </figcaption>
    </figure>
  );
}
