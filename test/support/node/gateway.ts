import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';

const NAME = 'gateway';

type V4Options = Parameters<typeof convertV4MiniflareOptions>[0];

/**
 * With the time limits of production, with short ones, with a database that has no tables, or with a payment
 * provider, which is started by the test that needs it.
 */
export type GatewayKind = 'patient' | 'hasty' | 'without-tables' | 'paying';

/** Those that all tests share. */
export type SharedGatewayKind = Exclude<GatewayKind, 'paying'>;

/** The built Worker in a workerd of its own. */
export interface Gateway {
  origin: string;
  adminKey: string;
  /** Everything the runtime prints. */
  logFile: string;
}

/**
 * @param folder where the Worker was built.
 * @param kind what it is for; `mortal` to be killed, `patient-too` as a second one. Names its log.
 * @param variables of the Worker, beside the keys that every gateway gets.
 * @param storage a folder that outlives the gateway; without it storage is empty, and goes with it.
 */
export async function startGateway(
  folder: string,
  kind: GatewayKind | 'patient-too' | 'mortal',
  variables: Record<string, string> = {},
  storage?: string,
): Promise<{ gateway: Gateway; stop(): Promise<void> }> {
  const isNew = storage === undefined || !existsSync(storage);
  const adminKey = variables.ADMIN_KEY ?? `op_${randomBytes(24).toString('base64url')}`;
  const logFile = join(folder, `${kind}.log`);
  writeFileSync(logFile, '');
  const { workerOptions } = unstable_getMiniflareWorkerOptions('wrangler.toml');
  const worker = {
    ...workerOptions,
    // Without Miniflare's entry Worker in front: who leaves, leaves the gateway itself.
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    name: NAME,
    modulesRoot: folder,
    modules: builtModules(folder),
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
    resourcePersistencePath: storage,
    log: new Log(LogLevel.ERROR),
    handleStructuredLogs: (line: object): void => appendFileSync(logFile, `${JSON.stringify(line)}\n`),
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions(options as V4Options));
  await miniflare.ready;
  if (isNew && kind !== 'without-tables') await migrate(miniflare);
  const { origin } = await miniflare.unsafeGetDirectURL(NAME);
  return { gateway: { origin, adminKey, logFile }, stop: () => miniflare.dispose() };
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
