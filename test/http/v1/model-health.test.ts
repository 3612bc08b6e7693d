import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HealthBinding } from '../../../src/objects/health/client.ts';
import type { Observation } from '../../../src/objects/health/types.ts';
import { health } from '../../../src/routing/health/isolate-health.ts';
import { call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const MODEL = 'acme/measured';
const ENDPOINT = `${MODEL}@measured`;
const OTHER = `${MODEL}@also-measured`;

const carrier = {
  env: env as unknown as HealthBinding,
  continent: 'local' as const,
  waitUntil: (promise: Promise<unknown>) => void promise,
};

function observe(more: Partial<Observation> = {}): void {
  health.observe({ endpoint: ENDPOINT, model: MODEL, at: Date.now(), outcome: 'ok', ...more }, carrier);
}

const near = (expected: number) => ({
  asymmetricMatch: (found: unknown) => Math.abs(Number(found) - expected) <= expected * 0.1,
});

let key = '';

const endpoints = (headers: Record<string, string> = {}) =>
  call('GET', `/v1/models/${MODEL}/endpoints`, { key, headers });
// Of others a request of an earlier file may still be telling.
const withHealth = async (status: string): Promise<string[]> =>
  (await call('GET', `/v1/models?health=${status}`, { key })).body.data
    .map(({ id }: { id: string }) => id)
    .filter((id: string) => id.startsWith('acme/'));

beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
  for (const id of ['measured', 'also-measured']) {
    const body = { base_url: `https://${id}.test`, wire: 'openai', secret: 'sk-0123456789' };
    expect((await call('PUT', `/api/providers/${id}`, { key: OPERATOR, body })).status).toBe(200);
  }
  const body = {
    kind: 'chat',
    endpoints: ['measured', 'also-measured'].map((provider) => ({ provider, upstream_model: 'm' })),
  };
  expect((await call('PUT', '/api/models/acme%2Fmeasured', { key: OPERATOR, body })).status).toBe(200);
});

// One story: what an isolate has learned stays.
describe('the health of a model’s endpoints', () => {
  it('is unknown until something was seen', async () => {
    expect((await endpoints()).body.data.endpoints).toMatchObject([
      { health: 'unknown', uptime_last_5m: null, latency: null, throughput: null },
      { health: 'unknown' },
    ]);
    expect(await withHealth('unknown')).toContain(MODEL);
    expect(await withHealth('healthy')).not.toContain(MODEL);
  });

  it('has latency and throughput once it has served', async () => {
    for (let i = 0; i < 40; i++) observe({ ttftMs: 420, outputTokens: 100, streamMs: 2_000 });
    expect((await endpoints()).body.data.endpoints).toMatchObject([
      {
        health: 'healthy',
        status: null,
        uptime_last_30m: null,
        uptime_last_5m: 100,
        latency: { p50: near(420), p95: near(420) },
        throughput: { p50: near(50), p95: near(50) },
      },
      { health: 'unknown' },
    ]);
    expect(await withHealth('healthy')).toEqual([MODEL]);
    // Another endpoint of the model is still unknown.
    expect(await withHealth('unknown')).toContain(MODEL);
    expect(
      (await call('GET', '/v1/models?health=healthy&provider=also-measured', { key })).body.data,
    ).toEqual([]);
  });

  it('changes the entity tag when it has changed, and not before', async () => {
    const first = await endpoints();
    const etag = first.headers.get('etag') ?? '';
    observe({ ttftMs: 421, outputTokens: 100, streamMs: 2_000 });
    expect((await endpoints({ 'if-none-match': etag })).status).toBe(304);
    for (let i = 0; i < 3; i++) observe({ outcome: 'cut' });
    const changed = await endpoints({ 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.body.data.endpoints[0]).toMatchObject({ health: 'down', uptime_last_5m: 93 });
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('narrows lists by what is so now', async () => {
    expect(await withHealth('down')).toEqual([MODEL]);
    expect(await withHealth('healthy')).toEqual([]);
    observe({ endpoint: OTHER, outcome: 'ok' });
    expect(await withHealth('healthy')).toEqual([MODEL]);
    health.waking(OTHER, Date.now(), carrier);
    expect(await withHealth('degraded')).toEqual([MODEL]);
  });
});
