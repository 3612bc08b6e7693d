import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODELS, PRICE } from './order.ts';
import type { Running } from './workers.ts';

/** Variables of the gateway under test. Secrets live as long as the run. */
export function variables(): { ADMIN_KEY: string; ENCRYPTION_KEY: string; LOCAL: string } {
  return {
    ADMIN_KEY: `op_${randomBytes(24).toString('base64url')}`,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    // Upstreams on loopback may be registered only where this is set.
    LOCAL: 'true',
  };
}

/** Applies drizzle/*.sql to the gateway's empty database. */
export async function migrate(root: string, gateway: Running): Promise<void> {
  const folder = join(root, 'drizzle');
  const database = await gateway.miniflare.getD1Database('DB', 'gateway');
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.sql')) continue;
    for (const statement of readFileSync(join(folder, file), 'utf8').split('--> statement-breakpoint')) {
      if (statement.trim() !== '') await database.prepare(statement).run();
    }
  }
}

/** What a gateway was provisioned with. */
export interface Provisioned {
  key: string;
  /** What is left of the workspace's credits, nano-USD. */
  balance: () => Promise<number>;
}

/** The credits that the workspace is given, USD: more than a run can spend. */
const GRANT = 10_000;

/** Providers, priced models, a workspace with credits and a key, all made through the management API. */
export async function provision(origin: string, adminKey: string, upstream: string): Promise<Provisioned> {
  const call = <T>(method: string, path: string, body?: unknown) =>
    callApi<T>(origin, adminKey, method, path, body);
  for (const wire of ['openai', 'anthropic'] as const) {
    await call('PUT', `/api/providers/bench-${wire}`, {
      base_url: `${upstream}/${wire}/v1`,
      wire,
      secret: 'sk-bench',
    });
    await call('PUT', `/api/models/${encodeURIComponent(MODELS[wire])}`, {
      name: `Benchmark, ${wire} upstream`,
      kind: 'chat',
      context_length: 10_000_000,
      endpoints: [{ provider: `bench-${wire}`, upstream_model: 'simulated', price: PRICE }],
    });
  }
  const workspace = await call<{ id: string }>('POST', '/api/workspaces', {
    name: 'Benchmark',
    credits: GRANT,
  });
  const key = await call<{ key: string }>('POST', '/api/keys', {
    name: 'benchmark',
    workspace: workspace.id,
    role: 'developer',
  });
  async function balance(): Promise<number> {
    const { credits } = await call<{ credits: number }>('GET', `/api/workspaces/${workspace.id}`);
    return Math.round(credits * 1e9);
  }
  return { key: key.key, balance };
}

/** One call of an API of the gateway. @throws Error when it is not answered with 2xx. */
export async function callApi<T>(
  origin: string,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
