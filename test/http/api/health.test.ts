import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { healthClient } from '../../../src/objects/health/client.ts';
import type { Observation } from '../../../src/objects/health/types.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const bindings = env as unknown as Bindings;
const now = Date.now();

const observed = (more: Partial<Observation> = {}): Observation => ({
  endpoint: 'demo/echo@demo',
  model: 'demo/echo',
  at: now,
  outcome: 'ok',
  ...more,
});

const near = (expected: number) => ({
  asymmetricMatch: (found: unknown) => Math.abs(Number(found) - expected) <= expected * 0.05,
});

async function report(continent: 'local' | 'EU', observations: Observation[]): Promise<void> {
  await healthClient(bindings, continent).report({ since: 0, observations, coolDowns: [], waking: [] });
}

describe('GET /api/health', () => {
  let reader = '';

  beforeAll(async () => {
    reader = (await newKey((await newWorkspace()).id, 'read')).key;
    await report('local', [
      observed({ ttftMs: 400, outputTokens: 100, streamMs: 2_000, toolCalls: 'valid' }),
      observed({ answerMs: 3_000, toolCalls: 'valid', structured: 'valid' }),
      observed({ toolCalls: 'invalid' }),
      observed({ outcome: 'cut' }),
      observed({ endpoint: 'demo/down@demo', model: 'demo/down', outcome: 'timeout' }),
    ]);
    await report('EU', [observed({ outcome: 'stall' })]);
    await healthClient(bindings, 'local').report({
      since: 0,
      observations: [],
      coolDowns: [],
      waking: [{ endpoint: 'demo/waking@demo', since: now - 5_000 }],
    });
  });

  it('shows the operator all that is known', async () => {
    const { status, body } = await call('GET', '/api/health', { key: OPERATOR });
    expect(status).toBe(200);
    expect(body.continent).toBe('local');
    const window = { requests: 4, error_rate: 0, cut_rate: 0.25, stall_rate: 0 };
    const distribution = (value: number) => ({
      average: value,
      p50: near(value),
      p95: near(value),
      p99: near(value),
      samples: 1,
    });
    expect(body.data).toEqual([
      {
        endpoint: 'demo/down@demo',
        status: 'down',
        circuit: expect.stringMatching(/^(open|half_open)$/),
        open_until: expect.any(Number),
        ttft_ms: null,
        answer_ms: null,
        tokens_per_second: null,
        last_30s: { requests: 1, error_rate: 1, cut_rate: 0, stall_rate: 0 },
        last_5m: { requests: 1, error_rate: 1, cut_rate: 0, stall_rate: 0 },
        tool_call_validity: null,
        structured_output_validity: null,
        waking_since: null,
        observed_at: Math.floor(now / 1000),
      },
      {
        endpoint: 'demo/echo@demo',
        status: 'degraded',
        circuit: 'closed',
        open_until: null,
        ttft_ms: distribution(400),
        answer_ms: distribution(3_000),
        tokens_per_second: distribution(50),
        last_30s: window,
        last_5m: window,
        tool_call_validity: near(2 / 3),
        structured_output_validity: 1,
        waking_since: null,
        observed_at: Math.floor(now / 1000),
      },
      expect.objectContaining({
        endpoint: 'demo/waking@demo',
        status: 'degraded',
        waking_since: Math.floor((now - 5_000) / 1000),
        observed_at: null,
        last_5m: { requests: 0, error_rate: null, cut_rate: null, stall_rate: null },
      }),
    ]);
  });

  it('tells workspaces rates, but not how much others use', async () => {
    const { body } = await call('GET', '/api/health?model=demo/echo', { key: reader });
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({
      ttft_ms: { average: 400, samples: null },
      last_5m: { requests: null, cut_rate: 0.25 },
    });
  });

  it('shows another continent when asked', async () => {
    const { body } = await call('GET', '/api/health?continent=EU', { key: reader });
    expect(body.continent).toBe('EU');
    expect(body.data).toMatchObject([{ endpoint: 'demo/echo@demo', last_5m: { stall_rate: 1 } }]);
    const wrong = await call('GET', '/api/health?continent=Atlantis', { key: reader });
    expect(errorOf(wrong)).toEqual({ status: 400, code: 'invalid_value', param: 'continent' });
  });
});
