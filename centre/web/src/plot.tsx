// Counted people as bars with the interval of each.  It shows what the table beside it says,
// and is read by nobody who does not see it; widths are attributes, so no style is inline.
import type { Field } from "./check/statistic.ts";

const LABEL = 100;
const BARS = 230;
const ROW = 30;
const WIDTH = LABEL + BARS + 16;

const short = (value: string): string => (value.length > 14 ? `${value.slice(0, 13)}…` : value);

export function Plot({ field, reports }: { field: Field; reports: number }) {
  const across = (people: number): number => (reports === 0 ? 0 : (people * BARS) / reports);
  const height = field.cells.length * ROW + 26;
  return (
    <svg class="plot" viewBox={`0 0 ${WIDTH} ${height}`} aria-hidden="true" focusable="false">
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <g key={share}>
          <line class="grid" x1={LABEL + share * BARS} x2={LABEL + share * BARS} y1="0" y2={height - 22} />
          <text class="scale" x={LABEL + share * BARS} y={height - 8}>{share * 100} %</text>
        </g>
      ))}
      {field.cells.map((cell, i) => {
        const middle = i * ROW + ROW / 2;
        return (
          <g key={cell.value}>
            <text class="value" x={LABEL - 8} y={middle + 4}>{short(cell.value)}</text>
            {cell.suppressed ? (
              <>
                <rect class="hidden-count" x={LABEL} y={middle - 9} width={BARS} height="18" />
                <text class="note" x={LABEL + 8} y={middle + 4}>too few to show</text>
              </>
            ) : (
              <>
                <rect class="bar" x={LABEL} y={middle - 9} width={across(cell.estimate)} height="18" />
                <path class="interval" d={`M${LABEL + across(cell.low)} ${middle - 5}v10m0-5H${LABEL + across(cell.high)}m0-5v10`} />
              </>
            )}
          </g>
        );
      })}
    </svg>
  );
}
