import { setTimeout as sleep } from 'node:timers/promises';
import type { Shape } from './answers.ts';
import { cpuOf, memoryOf } from './cpu.ts';
import { keepBusy, order, readStream, type StreamResult, type Target } from './load.ts';
import { percentile } from './statistics.ts';

/** Figures of one target in one round, by name. */
export type Figures = Record<string, number>;

/** One kind of load, put on one target at a time. */
export interface Measure {
  name: string;
  /** Whether the simulator is asked directly too, so that what a Worker adds can be told. */
  direct: boolean;
  /** Memory is compared between fresh processes. */
  fresh: boolean;
  run: (target: Target, scale: number) => Promise<Figures>;
}

/** Work that goes on behind an answer (settlement) belongs to it. */
const SETTLE_MS = 150;

/** The CPU that a load costs the target's process, microseconds. */
async function cpuDuring(target: Target, load: () => Promise<void>): Promise<number> {
  const before = cpuOf(target.pid);
  await load();
  await sleep(SETTLE_MS);
  return cpuOf(target.pid) - before;
}

async function firstByte(target: Target, scale: number): Promise<Figures> {
  const request = order(target, 'openai', 3, 0);
  const times: number[] = [];
  for (let i = 0; i < 400 * scale; i++) times.push((await readStream(target, request)).firstByteUs);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

function requests(connections: number, forMs: number, padding: number) {
  return async (target: Target, scale: number): Promise<Figures> => {
    const request = order(target, 'openai', 0, 0, padding);
    let busy = { answered: 0, tookUs: 0 };
    const generatorBefore = process.cpuUsage();
    const cpuUs = await cpuDuring(target, async () => {
      busy = await keepBusy(target, request, connections, forMs * scale);
    });
    const generator = process.cpuUsage(generatorBefore);
    return {
      perSecond: (busy.answered / busy.tookUs) * 1e6,
      cpuUs: cpuUs / busy.answered,
      load: cpuUs / busy.tookUs,
      generatorLoad: (generator.user + generator.system) / busy.tookUs,
    };
  };
}

function streams(shape: Shape, count: number, events: number, everyMs: number) {
  return async (target: Target, scale: number): Promise<Figures> => {
    const each = Math.ceil(events * scale);
    const request = order(target, shape, each, everyMs);
    let results: StreamResult[] = [];
    const cpuUs = await cpuDuring(target, async () => {
      results = await Promise.all(
        Array.from({ length: count }, async (_, i) => {
          // Streams of real clients do not tick together.
          await sleep((i / count) * everyMs * 10);
          return readStream(target, request);
        }),
      );
    });
    const received = results.reduce((sum, { events }) => sum + events, 0);
    if (received !== each * count) {
      throw new Error(`The ${target.name} target lost events: ${received} of ${each * count} arrived.`);
    }
    const delays = results.flatMap(({ delaysUs }) => delaysUs);
    return {
      cpuUs: cpuUs / received,
      p50: percentile(delays, 0.5),
      p99: percentile(delays, 0.99),
    };
  };
}

/** The most memory seen while 256 clients read slow streams. */
async function memory(target: Target, scale: number): Promise<Figures> {
  const request = order(target, 'openai', Math.ceil(100 * scale), 50);
  const idle = memoryOf(target.pid);
  let most = idle;
  const watch = setInterval(() => {
    most = Math.max(most, memoryOf(target.pid));
  }, 100);
  await Promise.all(Array.from({ length: 256 }, () => readStream(target, request)));
  clearInterval(watch);
  return { idle, most };
}

export const MEASURES: readonly Measure[] = [
  { name: 'first-byte', direct: true, fresh: false, run: firstByte },
  { name: 'requests', direct: false, fresh: false, run: requests(64, 2500, 1000) },
  { name: 'steady', direct: true, fresh: false, run: streams('openai', 64, 300, 10) },
  { name: 'steady-translated', direct: true, fresh: false, run: streams('anthropic', 64, 300, 10) },
  { name: 'flat-out', direct: false, fresh: false, run: streams('openai', 16, 3000, 0) },
  { name: 'flat-out-translated', direct: false, fresh: false, run: streams('anthropic', 16, 3000, 0) },
  { name: 'large-bodies', direct: false, fresh: false, run: requests(4, 3000, 5_000_000) },
  { name: 'memory', direct: false, fresh: true, run: memory },
];
