import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleKib, startupMs } from './artifact.ts';
import { MEASURES, type Measure } from './measures.ts';
import { passes, type Rounds, type Row, rowAlone, rowsOf, table } from './report.ts';
import { startWorld, type World } from './world.ts';

const USAGE = `npm run bench -- [options]

Compares the built Worker (dist/) with a bare pass-through Worker, each in a workerd of its own.

  --rounds N    rounds of every measure, medians are reported (5)
  --quick       short loads, 2 rounds: does it work, not how fast is it
  --only NAME   one measure; may be repeated: ${MEASURES.map(({ name }) => name).join(', ')}, bundle, startup
  --json        the rows as JSON`;

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The targets take turns within a round, and the first turn changes from round to round. */
async function round(
  measure: Measure,
  world: World,
  at: number,
  scale: number,
  rounds: Rounds,
): Promise<void> {
  const turns = [world.bare, world.gateway];
  if (measure.direct) turns.push(world.direct);
  for (let turn = 0; turn < turns.length; turn++) {
    const target = turns[(turn + at) % turns.length];
    if (!target) continue;
    const figures = await measure.run(target, scale);
    rounds[target.name] ??= [];
    rounds[target.name]?.push(figures);
  }
}

async function run(measure: Measure, shared: World, count: number, scale: number): Promise<Row[]> {
  const rounds: Rounds = {};
  // The first run compiles the code that the others measure.
  if (!measure.fresh) await round(measure, shared, 0, scale / 2, {});
  for (let at = 0; at < count; at++) {
    const world = measure.fresh ? await startWorld(root) : shared;
    await round(measure, world, at, scale, rounds);
    if (measure.fresh) await world.stop();
    progress(`${measure.name}: round ${at + 1} of ${count}`);
  }
  return rowsOf(measure.name, rounds);
}

async function main(): Promise<void> {
  const wanted = (name: string): boolean => !flags.only || flags.only.includes(name);
  const count = Number(flags.rounds ?? (flags.quick ? 2 : 5));
  const scale = flags.quick ? 0.3 : 1;
  if (!Number.isInteger(count) || count < 1) throw new Error('--rounds must be a positive number.');
  const known = [...MEASURES.map(({ name }) => name), 'bundle', 'startup'];
  const unknown = flags.only?.find((name) => !known.includes(name));
  if (unknown) throw new Error(`No measure is called ${unknown}. There are ${known.join(', ')}.`);

  const rows: Row[] = [];
  const measures = MEASURES.filter(({ name }) => wanted(name));
  if (measures.length > 0) {
    const shared = await startWorld(root);
    try {
      for (const measure of measures) rows.push(...(await run(measure, shared, count, scale)));
    } finally {
      await shared.stop();
    }
  }
  if (wanted('bundle')) rows.push(rowAlone('bundle', 'bundle, gzip', 'KiB', [bundleKib(root)], 600));
  if (wanted('startup')) {
    const times = Array.from({ length: Math.min(count, 3) }, () => startupMs(root));
    rows.push(rowAlone('startup', 'start-up', 'ms', times, 100));
    progress('startup: done');
  }

  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, load ${loadavg()[0]?.toFixed(1)}`;
  if (flags.json) {
    const results = rows.map((row) => ({ ...row, pass: passes(row) }));
    console.log(
      JSON.stringify({ date: new Date().toISOString(), machine, rounds: count, scale, results }, null, 2),
    );
  } else {
    console.log(`${table(rows)}\n\n${count} rounds, medians. ${machine}.`);
  }
}

if (flags.help) console.log(USAGE);
else await main();
process.exit();
