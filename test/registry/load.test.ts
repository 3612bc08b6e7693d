import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { refreshRegistry } from '../../src/registry/load.ts';

describe('load', () => {
  it('works', async () => {
    const r = await refreshRegistry(env as unknown as Env);
    expect(r.models.length).toBeGreaterThan(300);
  });
});
