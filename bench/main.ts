import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleKib, startupMs } from './artifact.ts';
import { CAN_TELL_USE } from './cpu.ts';
import { measureFailover } from './failover/measure.ts';
import { MEASURES, type Measure } from './measures.ts';
import { passes, type Rounds, type Row, rowAlone, rowsOf, table } from './report.ts';
import { measureRouting } from './routing.ts';
import { startWorld, type World } from './world.ts';

const NAMES = [...MEASURES.map(({ name }) => name), 'routing', 'failover', 'bundle', 'startup'];

const USAGE = `npm run bench -- [options]

Compares the built Worker (dist/) with a bare pass-through Worker, each in a workerd of its own, and
checks every answer. Exits with 1 when an answer or a charge is wrong, not when a target is missed.

  --rounds N    rounds of every measure; medians are reported (5)
  --quick       short loads, 2 rounds: does it work, not how fast is it
  --only NAME   one measure; may be repeated: ${NAMES.slice(0, 5).join(', ')},
                ${NAMES.slice(5).join(', ')}
  --disk        storage in the temporary directory, not in memory
  --json        the rows as JSON
  --help        this text`;

/** More rounds of the slow measures say no more. */
const MAX_SLOW_ROUNDS = 3;

/** Storage that no disk holds up, where there is such. */
const MEMORY_FOLDER = '/dev/shm';

const root = fileURLToPath(new URL('..', import.meta.url));

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
    if (target) rounds[target.name].push(await measure.run(target, scale));
  }
  await world.checkCharges();
}

async function run(measure: Measure, shared: World, wanted: number, scale: number): Promise<Row[]> {
  const noRounds = (): Rounds => ({ direct: [], bare: [], gateway: [] });
  const rounds = noRounds();
  const count = measure.fresh ? Math.min(wanted, MAX_SLOW_ROUNDS) : wanted;
  // The first run compiles the code that the others measure.
  if (!measure.fresh) await round(measure, shared, 0, scale / 4, noRounds());
  for (let at = 0; at < count; at++) {
    const world = measure.fresh ? await startWorld(root) : shared;
    try {
      await round(measure, world, at, scale, rounds);
    } finally {
      if (measure.fresh) await world.stop();
    }
    progress(`${measure.name}: round ${at + 1} of ${count}`);
  }
  return rowsOf(measure.name, rounds);
}

async function runAll(names: readonly string[], count: number, scale: number): Promise<Row[]> {
  const rows: Row[] = [];
  const measures = MEASURES.filter(({ name }) => names.includes(name));
  if (measures.length > 0) {
    const shared = await startWorld(root);
    try {
      for (const measure of measures) rows.push(...(await run(measure, shared, count, scale)));
    } finally {
      await shared.stop();
    }
  }
  if (names.includes('routing')) {
    for (const { name, microseconds, most } of measureRouting(count)) {
      rows.push(rowAlone('routing', `a decision: ${name}`, 'µs', microseconds, most));
    }
    progress('routing: done');
  }
  if (names.includes('failover')) {
    rows.push(...(await measureFailover(root, scale)));
    progress('failover: done');
  }
  if (names.includes('bundle')) rows.push(rowAlone('bundle', 'bundle, gzip', 'KiB', [bundleKib(root)], 600));
  if (names.includes('startup')) {
    const times = Array.from({ length: Math.min(count, MAX_SLOW_ROUNDS) }, () => startupMs(root));
    rows.push(rowAlone('startup', 'start-up', 'ms', times, 100));
    progress('startup: done');
  }
  return rows;
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: NAMES },
      disk: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) return console.log(USAGE);
  const count = Number(flags.rounds ?? (flags.quick ? 2 : 5));
  const scale = flags.quick ? 0.3 : 1;
  if (!Number.isInteger(count) || count < 1) throw new Error('--rounds must be a positive number.');
  const unknown = flags.only.find((name) => !NAMES.includes(name));
  if (unknown) throw new Error(`No measure is called ${unknown}. There are ${NAMES.join(', ')}.`);
  const inMemory = !flags.disk && existsSync(MEMORY_FOLDER);
  const temporary = mkdtempSync(join(inMemory ? MEMORY_FOLDER : tmpdir(), 'interline-bench-'));
  // Miniflare keeps what is stored in the temporary directory.
  process.env.TMPDIR = temporary;
  let rows: Row[];
  try {
    rows = await runAll(flags.only, count, scale);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }

  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, load ${loadavg()[0]?.toFixed(1)}`;
  const storage = inMemory ? 'memory' : 'files';
  if (flags.json) {
    const results = rows.map((row) => ({ ...row, pass: passes(row) }));
    const date = new Date().toISOString();
    console.log(JSON.stringify({ date, machine, storage, rounds: count, scale, results }, null, 2));
    return;
  }
  console.log(`${table(rows)}\n\n${count} rounds, medians. ${machine}. Storage in ${storage}.`);
  if (!CAN_TELL_USE) console.log('CPU and memory are not measured: there is no /proc on this system.');
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();
