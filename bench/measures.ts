import { setTimeout as sleep } from 'node:timers/promises';
import type { Shape } from './answers.ts';
import { cpuOf, memoryOf } from './cpu.ts';
import { keepBusy, type Reading, read, type Target } from './load.ts';
import { order } from './order.ts';
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

/** One request after the other: the least that an answer takes. */
function firstByte(events: number, requests: number) {
  return async (target: Target, scale: number): Promise<Figures> => {
    const request = order(target.name, { shape: 'openai', events, everyMs: 0, image: 0 });
    const times: number[] = [];
    for (let i = 0; i < requests * scale; i++) times.push((await read(target, request)).firstByteUs);
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  };
}

function requests(connections: number, forMs: number, image: number) {
  return async (target: Target, scale: number): Promise<Figures> => {
    const request = order(target.name, { shape: 'openai', events: 0, everyMs: 0, image });
    let busy = { answered: 0, tookUs: 0 };
    const cpuUs = await cpuDuring(target, async () => {
      busy = await keepBusy(target, request, connections, forMs * scale);
    });
    return {
      perSecond: (busy.answered / busy.tookUs) * 1e6,
      cpuUs: cpuUs / busy.answered,
      load: cpuUs / busy.tookUs,
    };
  };
}

function streams(shape: Shape, count: number, events: number, everyMs: number) {
  return async (target: Target, scale: number): Promise<Figures> => {
    const request = order(target.name, { shape, events: Math.ceil(events * scale), everyMs, image: 0 });
    let readings: Reading[] = [];
    const cpuUs = await cpuDuring(target, async () => {
      readings = await Promise.all(
        Array.from({ length: count }, async (_, i) => {
          // Real streams neither start nor tick together: one start a tick, phases spread over the tick.
          await sleep(i * everyMs * (1 + 1 / count));
          return read(target, request);
        }),
      );
    });
    const delays = readings.flatMap(({ delaysUs }) => delaysUs);
    return {
      cpuUs: cpuUs / delays.length,
      p50: percentile(delays, 0.5),
      p99: percentile(delays, 0.99),
    };
  };
}

/** The most memory seen while 256 clients read slow streams. */
async function memory(target: Target, scale: number): Promise<Figures> {
  const events = Math.ceil(60 * scale);
  const request = order(target.name, { shape: 'openai', events, everyMs: 50, image: 0 });
  const idle = memoryOf(target.pid);
  let most = idle;
  const watch = setInterval(() => {
    most = Math.max(most, memoryOf(target.pid));
  }, 100);
  try {
    await Promise.all(Array.from({ length: 256 }, () => read(target, request)));
  } finally {
    clearInterval(watch);
  }
  return { idle, most };
}

export const MEASURES: readonly Measure[] = [
  { name: 'first-byte', direct: true, fresh: false, run: firstByte(0, 400) },
  { name: 'first-event', direct: true, fresh: false, run: firstByte(3, 250) },
  { name: 'requests', direct: false, fresh: false, run: requests(64, 2000, 0) },
  { name: 'steady', direct: true, fresh: false, run: streams('openai', 64, 250, 10) },
  { name: 'steady-translated', direct: false, fresh: false, run: streams('anthropic', 64, 250, 10) },
  { name: 'flat-out', direct: false, fresh: false, run: streams('openai', 16, 3000, 0) },
  { name: 'flat-out-translated', direct: false, fresh: false, run: streams('anthropic', 16, 3000, 0) },
  { name: 'large-bodies', direct: false, fresh: false, run: requests(4, 2500, 5_000_000) },
  { name: 'memory', direct: false, fresh: true, run: memory },
];
