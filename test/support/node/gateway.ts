import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { inject } from 'vitest';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';

const NAME = 'gateway';

type V4Options = Parameters<typeof convertV4MiniflareOptions>[0];

/** The built Worker in a workerd of its own, with empty storage. */
export interface Gateway {
  origin: string;
  adminKey: string;
  /** Everything the runtime has printed so far. */
  logs(): string;
  stop(): Promise<void>;
}

/** @param variables of the Worker, beside the keys that every gateway gets. */
export async function startGateway(variables: Record<string, string> = {}): Promise<Gateway> {
  const adminKey = `op_${randomBytes(24).toString('base64url')}`;
  const printed: string[] = [];
  const collect = (stream: Readable): void => void stream.on('data', (piece) => printed.push(String(piece)));
  const { workerOptions } = unstable_getMiniflareWorkerOptions('wrangler.toml');
  const worker = {
    ...workerOptions,
    // Without Miniflare's entry Worker in front: who leaves, leaves the gateway itself.
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    name: NAME,
    modulesRoot: inject('builtWorker'),
    modules: builtModules(inject('builtWorker')),
    bindings: {
      ADMIN_KEY: adminKey,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOCAL: 'true',
      ...variables,
    },
  };
  const options = {
    workers: [worker],
    cf: false,
    log: new Log(LogLevel.ERROR),
    handleRuntimeStdio(stdout: Readable, stderr: Readable): void {
      collect(stdout);
      collect(stderr);
    },
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions(options as V4Options));
  await miniflare.ready;
  await migrate(miniflare);
  const { origin } = await miniflare.unsafeGetDirectURL(NAME);
  return { origin, adminKey, logs: () => printed.join(''), stop: () => miniflare.dispose() };
}

/** The modules of the Worker; the entry point comes first. */
function builtModules(folder: string): { type: 'ESModule'; path: string; contents: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort((a, b) => Number(b === 'index.js') - Number(a === 'index.js'))
    .map((name) => ({
      type: 'ESModule',
      path: join(folder, name),
      contents: readFileSync(join(folder, name), 'utf8'),
    }));
}

async function migrate(miniflare: Miniflare): Promise<void> {
  const database = await miniflare.getD1Database('DB', NAME);
  for (const file of readdirSync('drizzle').sort()) {
    if (!file.endsWith('.sql')) continue;
    for (const statement of readFileSync(join('drizzle', file), 'utf8').split('--> statement-breakpoint')) {
      if (statement.trim() !== '') await database.prepare(statement).run();
    }
  }
}
