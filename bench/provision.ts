import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Model ids at the gateway, one for each upstream format. */
export const MODELS = { openai: 'bench/pass-through', anthropic: 'bench/translated' } as const;

/**
 * Providers, priced models, a workspace with credits and a key, all made through the management API.
 * @returns the key's secret.
 */
export async function provision(origin: string, adminKey: string, upstream: string): Promise<string> {
  async function call<T>(method: 'PUT' | 'POST', path: string, body: unknown): Promise<T> {
    const response = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
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
      endpoints: [
        { provider: `bench-${wire}`, upstream_model: 'simulated', price: { input: 0.15, output: 0.6 } },
      ],
    });
  }
  const workspace = await call<{ id: string }>('POST', '/api/workspaces', {
    name: 'Benchmark',
    credits: 1_000_000,
  });
  const key = await call<{ key: string }>('POST', '/api/keys', {
    name: 'benchmark',
    workspace: workspace.id,
    role: 'developer',
  });
  return key.key;
}
