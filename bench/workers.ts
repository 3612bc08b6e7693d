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
    return env.NETWORK.fetch(env.UPSTREAM + pathname, request);
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

/**
 * Miniflare puts a Worker of its own before a Worker and one behind it, which no deployment has and which
 * cost as much as what is measured. A direct socket leaves out the first, a binding to the network the other.
 */
const DIRECT = {
  unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  serviceBindings: { NETWORK: { network: { allow: ['public', 'private'] } } },
};

/** The entry point of the gateway in a benchmark: what it fetches goes straight to the network. */
const GATEWAY_ENTRY = {
  name: 'bench.js',
  source: `import { env } from 'cloudflare:workers';
globalThis.fetch = (input, init) => env.NETWORK.fetch(input, init);
export * from './index.js';
export { default } from './index.js';`,
};

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
  const built = readdirSync(dist)
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ name, source: readFileSync(join(dist, name), 'utf8') }));
  const modules = [GATEWAY_ENTRY, ...built].map(({ name, source }) => ({
    type: 'ESModule' as const,
    path: join(dist, name),
    contents: source,
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
