import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bindings, Env } from '../../../src/env.ts';
import { probeHealthByClock } from '../../../src/evals/probes/health-by-clock.ts';
import { healthClient } from '../../../src/objects/health/client.ts';
import type { Observation, SharedEndpoint } from '../../../src/objects/health/types.ts';
import { call, OPERATOR } from '../../support/gateway.ts';

const bindings = env as unknown as Bindings;
const HOUR_MS = 60 * 60_000;

/** What upstream hosts were asked, in order; and how they answer. */
let asked: {
  host: string;
  body: { stream?: boolean; max_tokens?: number; max_completion_tokens?: number };
}[];
let answers: Record<string, () => Response>;

const stream = (...chunks: object[]): Response => {
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
  return new Response(`${text}data: [DONE]\n\n`, { headers: { 'content-type': 'text/event-stream' } });
};
const chunk = (more: object) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  ...more,
});
const hello = chunk({
  choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }],
});
const stop = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const usage = chunk({
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
});
const error = (status: number) => () => Response.json({ error: { message: 'no' } }, { status });

function withBudget(usd: string): Env {
  return { ...(env as unknown as Env), LOCAL: 'false', HEALTH_PROBE_BUDGET_USD: usd } as Env;
}

async function report(continent: 'EU' | 'AS', observations: Partial<Observation>[]): Promise<void> {
  await healthClient(bindings, continent).report({
    since: 0,
    observations: observations.map((one) => ({
      endpoint: 'acme/seen@lane-seen',
      model: 'acme/seen',
      at: Date.now(),
      outcome: 'ok',
      ...one,
    })),
    coolDowns: [],
    waking: [],
  });
}

async function known(continent: 'EU' | 'AS' | 'local'): Promise<Record<string, SharedEndpoint>> {
  const { endpoints } = await healthClient(bindings, continent).read();
  return Object.fromEntries(endpoints.map((one) => [one.id.replace(/^.*@lane-/, ''), one]));
}

const LANES = ['seen', 'fine', 'down', 'cut', 'limited', 'invalid', 'unpriced', 'asleep'];

async function declare(lane: string): Promise<void> {
  const provider = { base_url: `https://${lane}.test/v1`, wire: 'openai', secret: `sk-${lane}-0123456789` };
  const added = await call('PUT', `/api/providers/lane-${lane}`, { key: OPERATOR, body: provider });
  expect(added.status).toBe(200);
  const price = lane === 'unpriced' ? {} : { price: { input: 1, output: 10 } };
  const scales = lane === 'asleep' ? { scales_to_zero: true } : {};
  const endpoints = [{ provider: `lane-${lane}`, upstream_model: 'm', ...price, ...scales }];
  const put = await call('PUT', `/api/models/acme%2F${lane}`, {
    key: OPERATOR,
    body: { kind: 'chat', endpoints },
  });
  expect(put.status, JSON.stringify(put.body)).toBe(200);
}

beforeAll(async () => {
  await Promise.all(LANES.map(declare));
}, 30_000);

beforeEach(() => {
  asked = [];
  answers = {
    'fine.test': () => stream(hello, stop, usage),
    'down.test': error(503),
    'cut.test': () => stream(hello),
    'limited.test': error(429),
    'invalid.test': error(400),
  };
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { host } = new URL(String(input));
    asked.push({ host, body: JSON.parse(new TextDecoder().decode(init?.body as Uint8Array)) });
    return answers[host]?.() ?? new Response('nothing here', { status: 404 });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('asking rarely used endpoints', () => {
  it('needs a budget', async () => {
    await report('EU', [{}]);
    expect(await probeHealthByClock(env as unknown as Env, Date.now())).toBe(0);
    expect(asked).toEqual([]);
  });

  it('asks those that nobody saw for an hour, and tells the continents in use what came of it', async () => {
    await report('EU', [{}]);
    const now = Date.now();
    expect(await probeHealthByClock(withBudget('10'), now)).toBe(5);
    expect(asked.map(({ host }) => host).sort()).toEqual([
      'cut.test',
      'down.test',
      'fine.test',
      'invalid.test',
      'limited.test',
    ]);
    for (const { body } of asked) {
      expect(body.stream).toBe(true);
      expect(body.max_completion_tokens ?? body.max_tokens).toBeLessThanOrEqual(16);
    }
    const { fine, down, cut, limited, invalid } = await known('EU');
    expect(fine?.health).toMatchObject({ circuit: 'closed', last5m: { requests: 1, errors: 0 } });
    expect(fine?.health.ttft?.samples).toBe(1);
    expect(down?.health.last5m).toEqual({ requests: 1, errors: 1, cuts: 0, stalls: 0 });
    expect(cut?.health.last5m).toEqual({ requests: 1, errors: 0, cuts: 1, stalls: 0 });
    expect([limited, invalid]).toEqual([undefined, undefined]);
    const { coolDowns } = await healthClient(bindings, 'EU').read();
    expect(coolDowns).toHaveLength(1);
    expect(coolDowns[0]?.until).toBeGreaterThan(now);
    // Where nobody asks for anything, nothing is told.
    expect(await known('AS')).toEqual({});

    // Known now: they are not asked again within the hour. What rests is not asked either.
    asked = [];
    await probeHealthByClock(withBudget('10'), now);
    expect(asked.map(({ host }) => host)).toEqual(['invalid.test']);
  });

  it('asks again where one continent has not seen it', async () => {
    await report('AS', [{}]);
    await probeHealthByClock(withBudget('10'), Date.now());
    expect(asked.map(({ host }) => host)).toContain('fine.test');
    expect((await known('AS')).fine?.health.last5m.requests).toBe(1);
    expect((await known('EU')).fine?.health.last5m.requests).toBe(1);
  });

  it('spends no more than an hour’s part of the budget, at the dearest case', async () => {
    const later = Date.now() + 2 * HOUR_MS;
    // 16 tokens of output at 10 USD per million are 0.00016 USD, input less than 0.0001: one fits, two do not.
    await probeHealthByClock(withBudget(String(0.0003 * 24)), later);
    expect(asked).toHaveLength(1);
  });
});
