import type { Figures } from './measures.ts';
import { median } from './statistics.ts';

type TargetName = 'direct' | 'bare' | 'gateway';

/** All rounds of one measure. */
export type Rounds = Partial<Record<TargetName, Figures[]>>;

/** One line of the table. */
export interface Row {
  measure: string;
  what: string;
  unit: string;
  gateway: number;
  bare: number | null;
  /** Gateway to bare, or the gateway's figure alone where there is nothing to compare. */
  value: number;
  /** Null for lines that are there to explain others. */
  target: { at: 'most' | 'least'; value: number } | null;
  note: string;
}

interface Line {
  what: string;
  unit: string;
  figure: string;
  /** Take off what a direct call to the simulator takes, so that only what a Worker adds is compared. */
  added?: true;
  target?: Row['target'];
}

const most = (value: number) => ({ at: 'most' as const, value });
const least = (value: number) => ({ at: 'least' as const, value });

const LINES: Record<string, readonly Line[]> = {
  'first-byte': [
    { what: 'time to first byte, p50', unit: 'µs', figure: 'p50', target: most(1.5) },
    { what: 'time to first byte, p99', unit: 'µs', figure: 'p99' },
    { what: 'added to a direct call, p50', unit: 'µs', figure: 'p50', added: true },
    { what: 'added to a direct call, p99', unit: 'µs', figure: 'p99', added: true },
  ],
  requests: [
    { what: 'requests per second, 64 connections', unit: '/s', figure: 'perSecond', target: least(0.6) },
    { what: 'CPU per request', unit: 'µs', figure: 'cpuUs' },
  ],
  steady: [
    { what: 'CPU per event, 64 streams, 100 events/s each', unit: 'µs', figure: 'cpuUs', target: most(3) },
    {
      what: 'delay per event added to a direct call, p50',
      unit: 'µs',
      figure: 'p50',
      added: true,
      target: most(3),
    },
    { what: 'delay per event, p50', unit: 'µs', figure: 'p50' },
    { what: 'delay per event, p99', unit: 'µs', figure: 'p99' },
  ],
  'steady-translated': [
    { what: 'CPU per event, the same, translated', unit: 'µs', figure: 'cpuUs' },
    { what: 'delay per event added, translated, p50', unit: 'µs', figure: 'p50', added: true },
  ],
  'flat-out': [{ what: 'CPU per event, 16 streams flat out', unit: 'µs', figure: 'cpuUs', target: most(7) }],
  'flat-out-translated': [
    { what: 'CPU per event, the same, translated', unit: 'µs', figure: 'cpuUs', target: most(10) },
  ],
  'large-bodies': [
    { what: 'requests per second, bodies of 5 MB', unit: '/s', figure: 'perSecond', target: least(0.5) },
    { what: 'CPU per request of 5 MB', unit: 'µs', figure: 'cpuUs' },
  ],
  memory: [
    { what: 'most memory, 256 streams', unit: 'MB', figure: 'most', target: most(2.5) },
    { what: 'memory before', unit: 'MB', figure: 'idle' },
  ],
};

/** A worker that kept a core less busy than this was waiting for the load generator. */
const SATURATED = 0.85;

/** The lines of one measure: medians over the rounds. */
export function rowsOf(measure: string, rounds: Rounds): Row[] {
  function of(target: TargetName, figure: string): number {
    return median((rounds[target] ?? []).map((figures) => figures[figure] ?? Number.NaN));
  }
  return (LINES[measure] ?? []).map((line) => {
    const direct = line.added ? of('direct', line.figure) : 0;
    const gateway = of('gateway', line.figure) - direct;
    const bare = of('bare', line.figure) - direct;
    const unsaturated = line.figure === 'perSecond' && of('bare', 'load') < SATURATED;
    return {
      measure,
      what: line.what,
      unit: line.unit,
      gateway,
      bare,
      value: gateway / bare,
      target: line.target ?? null,
      note: unsaturated
        ? `the bare Worker used ${percent(of('bare', 'load'))} of a core: the load generator held it back`
        : '',
    };
  });
}

/** A line about the gateway alone. */
export function rowAlone(measure: string, what: string, unit: string, values: number[], limit: number): Row {
  const value = median(values);
  return { measure, what, unit, gateway: value, bare: null, value, target: most(limit), note: '' };
}

/** Whether the line meets its target; null where it has none. */
export function passes({ target, value }: Row): boolean | null {
  if (!target) return null;
  return target.at === 'most' ? value <= target.value : value >= target.value;
}

/** The table as plain text. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const times = row.bare === null ? '' : '×';
    const verdict = passes(row);
    return [
      row.what,
      `${number(row.gateway)} ${row.unit}`,
      row.bare === null ? '–' : `${number(row.bare)} ${row.unit}`,
      row.bare === null ? '–' : `${row.value.toFixed(2)}×`,
      row.target ? `${row.target.at === 'most' ? '≤' : '≥'} ${row.target.value}${times}` : '',
      verdict === null ? '' : verdict ? 'pass' : 'MISS',
    ];
  });
  const lines = [['', 'gateway', 'bare', 'ratio', 'target', ''], ...cells];
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 || column > 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const notes = rows.filter(({ note }) => note !== '').map(({ what, note }) => `Note: ${what}: ${note}.`);
  return [...text, ...notes].join('\n');
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1);
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
