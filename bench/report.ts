import { LINES, type Limit } from './lines.ts';
import type { Figures } from './measures.ts';
import { median } from './statistics.ts';

type TargetName = 'direct' | 'bare' | 'gateway';

/** All rounds of one measure; the nth figures of every target are of the same round. */
export type Rounds = Record<TargetName, Figures[]>;

/** One line of the table. */
export interface Row {
  measure: string;
  what: string;
  unit: string;
  gateway: number;
  bare: number | null;
  /** Gateway to bare, or the gateway's figure alone where there is nothing to compare. NaN when not measured. */
  value: number;
  /** Null for lines that are there to explain others. */
  target: Limit | null;
  note: string;
}

/** A worker that kept a core less busy than this was waiting for the load generator. */
const SATURATED = 0.85;

/** The lines of one measure. A ratio is the median of the rounds' ratios, so that it compares what ran side by side. */
export function rowsOf(measure: string, rounds: Rounds): Row[] {
  return (LINES[measure] ?? []).map(({ what, unit, figure, added, target }) => {
    const of = (name: TargetName, round: number): number => rounds[name][round]?.[figure] ?? Number.NaN;
    const all = rounds.gateway.map((_, round) => {
      const direct = added ? of('direct', round) : 0;
      return { gateway: of('gateway', round) - direct, bare: of('bare', round) - direct };
    });
    const load = median(rounds.bare.map((figures) => figures.load ?? Number.NaN));
    return {
      measure,
      what,
      unit,
      gateway: median(all.map(({ gateway }) => gateway)),
      bare: median(all.map(({ bare }) => bare)),
      // On a busy machine a direct call can take longer than one through a Worker: such a round says nothing.
      value: median(all.flatMap(({ gateway, bare }) => (bare > 0 ? [gateway / bare] : []))),
      target: target ?? null,
      note:
        figure === 'perSecond' && load < SATURATED
          ? `the bare Worker used ${Math.round(load * 100)} % of a core: the load generator held it back`
          : '',
    };
  });
}

/** A line about the gateway alone. */
export function rowAlone(measure: string, what: string, unit: string, values: number[], most: number): Row {
  const value = median(values);
  return {
    measure,
    what,
    unit,
    gateway: value,
    bare: null,
    value,
    target: { at: 'most', value: most },
    note: '',
  };
}

/** Whether the line meets its target; null where it has none or was not measured. */
export function passes({ target, value }: Row): boolean | null {
  if (!target || Number.isNaN(value)) return null;
  return target.at === 'most' ? value <= target.value : value >= target.value;
}

const HEADINGS = ['', 'gateway', 'bare', 'ratio', 'target', ''];

/** The table as plain text. */
export function table(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column > 3 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const notes = rows.filter(({ note }) => note !== '').map(({ what, note }) => `Note: ${what}: ${note}.`);
  return [...text, ...notes].join('\n');
}

function cells(row: Row): string[] {
  const alone = row.bare === null;
  const verdict = passes(row);
  return [
    row.what,
    figure(row.gateway, row.unit),
    row.bare === null ? '–' : figure(row.bare, row.unit),
    alone || Number.isNaN(row.value) ? '–' : `${row.value.toFixed(2)}×`,
    row.target ? `${row.target.at === 'most' ? '≤' : '≥'} ${row.target.value}${alone ? '' : '×'}` : '',
    verdict === null ? '' : verdict ? 'ok' : 'MISS',
  ];
}

function figure(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'n/a';
  return `${value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)} ${unit}`;
}
