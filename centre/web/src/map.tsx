// A map of tiles, one a country.  It is a drawing of what the tables say, which are read
// instead by whoever does not see it.
import { CLASSES, stepAt, type DataClass, type State, type Table } from "./check/residency.ts";
import { COLUMNS, countryName, REGIONS, ROWS } from "./countries.ts";

const TILE = 24;
export const MARKS: Record<State, string> = { here: "✓", moving: "→", stays: "■", "not moved yet": "✕" };
const stateName = (state: State | undefined): string => (state ?? "unsaid").replaceAll(" ", "-");

function Tile({ country, x, y, state, isChosen, choose }: { country: string; x: number; y: number; state: State | undefined; isChosen: boolean; choose: (country: string) => void }) {
  return (
    <g class={`place ${stateName(state)}${isChosen ? " chosen" : ""}`} transform={`translate(${x * TILE} ${y * TILE})`} onClick={() => choose(country)}>
      <title>{`${countryName(country)}: ${state ?? "nothing is said"}`}</title>
      <rect x="1" y="1" width={TILE - 2} height={TILE - 2} rx="3" />
      <text x={TILE / 2} y="11">{country}</text>
      <text x={TILE / 2} y="20">{state === undefined ? "?" : MARKS[state]}</text>
    </g>
  );
}

export function Map({ table, of, time, chosen, choose }: { table: Table; of: DataClass; time: bigint; chosen: string; choose: (country: string) => void }) {
  return (
    <div class="map" tabIndex={0} role="region" aria-label="map, said in words by the tables below">
      <svg viewBox={`0 0 ${COLUMNS * TILE} ${ROWS * TILE}`} role="img" aria-label={`Where data of the class ${of} lie: a drawing of the tables below`}>
        {REGIONS.map((region) => (
          <g key={region.name}>
            <text class="label" x={region.x * TILE + 1} y={region.y * TILE + 19}>{region.name}</text>
            {region.countries.map((country, i) => (
              <Tile key={country} country={country} x={region.x + (i % region.width)} y={region.y + 1 + Math.floor(i / region.width)} state={stepAt(table, country, of, time)?.state} isChosen={country === chosen} choose={choose} />
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

export const countStates = (table: Table, time: bigint): [State | undefined, number][] => {
  const counts = new globalThis.Map<State | undefined, number>();
  for (const key of table.lines.keys()) {
    const [country, of] = key.split(" ") as [string, (typeof CLASSES)[number]];
    const state = stepAt(table, country, of, time)?.state;
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return [...counts];
};
