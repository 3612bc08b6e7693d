import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { CAN_TELL_USE, workerdChildren } from './cpu.ts';

const COMPATIBILITY_DATE = '2026-10-20';

/** What the gateway is compared to: the shortest Worker that forwards a request. */
const BARE = `export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return fetch(env.UPSTREAM + pathname, request);
  },
};`;

/** A Worker that runs in a workerd of its own. */
export interface Running {
  origin: string;
  /** Null where processes cannot be told apart. */
  pid: number | null;
  miniflare: Miniflare;
  stop: () => Promise<void>;
}

type V4Options = Parameters<typeof convertV4MiniflareOptions>[0];

/** The direct socket leaves out Miniflare's entry worker, which would cost more than what is measured. */
const DIRECT = { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] };

/** The bare pass-through to an upstream. */
export function startBare(upstream: string): Promise<Running> {
  return start('bare', {
    workers: [
      {
        ...DIRECT,
        name: 'bare',
        modules: true,
        script: BARE,
        compatibilityDate: COMPATIBILITY_DATE,
        bindings: { UPSTREAM: upstream },
      },
    ],
  });
}

/** The built Worker with the bindings of wrangler.toml. Storage is temporary and empty. */
export function startGateway(root: string, variables: Record<string, string>): Promise<Running> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'));
  const dist = join(root, 'dist');
  const modules = readdirSync(dist)
    .filter((name) => name.endsWith('.js'))
    // The entry point comes first.
    .sort((a, b) => Number(b === 'index.js') - Number(a === 'index.js'))
    .map((name) => ({
      type: 'ESModule' as const,
      path: join(dist, name),
      contents: readFileSync(join(dist, name), 'utf8'),
    }));
  const worker = {
    ...workerOptions,
    ...DIRECT,
    name: 'gateway',
    modules,
    modulesRoot: dist,
    bindings: variables,
  };
  return start('gateway', { workers: [worker] } as V4Options);
}

async function start(name: string, options: V4Options): Promise<Running> {
  const before = workerdChildren();
  const log = new Log(LogLevel.ERROR);
  const miniflare = new Miniflare(convertV4MiniflareOptions({ ...options, cf: false, log }));
  await miniflare.ready;
  const pid = [...workerdChildren()].find((child) => !before.has(child)) ?? null;
  if (pid === null && CAN_TELL_USE) throw new Error(`The workerd of the ${name} Worker was not found.`);
  const { origin } = await miniflare.unsafeGetDirectURL(name);
  return { origin, pid, miniflare, stop: () => miniflare.dispose() };
}

/** The upstream simulator in a process of its own. */
export async function startSimulator(): Promise<{ origin: string; stop: () => void }> {
  const child: ChildProcess = fork(new URL('./simulator.ts', import.meta.url));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { origin: `http://127.0.0.1:${port}`, stop: () => void child.kill() };
}
