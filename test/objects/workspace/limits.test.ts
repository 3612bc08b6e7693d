import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import type { AdmissionRequest, Allowance, Settlement } from '../../../src/objects/workspace/types.ts';

const bindings = env as unknown as Bindings;
let count = 0;

async function fresh() {
  const client = workspaceClient(bindings, `ws_limits_${count++}`);
  await client.grant({ id: 'start', amount: 1_000_000, reason: 'start' });
  return client;
}

const allowance = (
  limits: Allowance['limits'],
  budgets: Allowance['budgets'] = [],
  version = 1,
): Allowance => ({
  limits,
  budgets,
  version,
});

function ask(
  id: string,
  scopes: AdmissionRequest['scopes'],
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  return {
    id,
    scopes,
    model: 'm',
    cost: { fixed: 100, outputRate: 0 },
    priced: true,
    tokens: { input: 10, output: 10, openEnded: false },
    leaseMs: 60_000,
    optimistic: false,
    ...more,
  };
}

function end(id: string, amount: number, total: number, scopes: string[] = ['workspace']): Settlement {
  const tokens = { total, output: total };
  return { id, amount, project: 'p', scopes, model: 'm', provider: 'x', lines: [], tokens };
}

describe('rates', () => {
  it('let in as many as they say, of thousands that come at once, and leave no slot behind', async () => {
    const client = await fresh();
    const scopes = [
      { scope: 'workspace', allowance: allowance({ requests_per_minute: 50 }) },
      { scope: 'key:k', allowance: allowance({ concurrent: 20 }) },
    ];
    const ids = Array.from({ length: 3000 }, (_, index) => `g${index}`);
    const batches = Array.from({ length: 30 }, (_, index) => ids.slice(index * 100, index * 100 + 100));
    const answers = await Promise.all(
      batches.map((batch) => client.admit(batch.map((id) => ask(id, scopes)))),
    );
    const admitted = answers.flat().filter((answer) => answer.ok);
    expect(admitted).toHaveLength(20);
    // Each that ends makes room for one more, until the minute is full.
    await client.settle(ids.map((id) => end(id, 0, 0)));
    const more = await client.admit(Array.from({ length: 100 }, (_, index) => ask(`h${index}`, scopes)));
    expect(more.filter((answer) => answer.ok)).toHaveLength(20);
    await client.settle(Array.from({ length: 100 }, (_, index) => end(`h${index}`, 0, 0)));
    const last = await client.admit(Array.from({ length: 100 }, (_, index) => ask(`i${index}`, scopes)));
    expect(last.filter((answer) => answer.ok)).toHaveLength(10);
    expect(last.at(-1)).toMatchObject({
      ok: false,
      refusal: { code: 'rate_limit_exceeded', scope: 'workspace', what: 'requests_per_minute', limit: 50 },
      rates: { requests: { limit: 50, remaining: 0 } },
    });
  });

  it('reserve tokens by estimate and correct them by the answer', async () => {
    const client = await fresh();
    const scopes = [{ scope: 'key:k', allowance: allowance({ tokens_per_minute: 100 }) }];
    const large = { tokens: { input: 10, output: 70, openEnded: false } };
    expect((await client.admit([ask('g1', scopes, large)]))[0]?.ok).toBe(true);
    expect((await client.admit([ask('g2', scopes, large)]))[0]).toMatchObject({
      ok: false,
      refusal: { what: 'tokens_per_minute' },
    });
    await client.settle([end('g1', 0, 15)]);
    expect((await client.states(['key:k']))[0]?.tokens).toMatchObject({ limit: 100, remaining: 85 });
    expect((await client.admit([ask('g3', scopes, large)]))[0]?.ok).toBe(true);
    // An answer that was longer than estimated counts as long as it was.
    await client.settle([end('g3', 0, 200)]);
    expect((await client.states(['key:k']))[0]?.tokens?.remaining).toBe(0);
  });

  it('reserve for open-ended answers what such answers have been', async () => {
    const client = await fresh();
    const scopes = [{ scope: 'workspace', allowance: null }];
    const open = {
      cost: { fixed: 0, outputRate: 1_000_000 },
      tokens: { input: 0, output: 100_000, openEnded: true },
    };
    const [first] = await client.admit([ask('g1', scopes, open)]);
    expect(first).toMatchObject({ ok: true, held: 4096 });
    await client.settle([end('g1', 0, 9000)]);
    const [second] = await client.admit([ask('g2', scopes, open)]);
    expect(second).toMatchObject({ ok: true, held: 9000 });
  });

  it('follow the newest statement, whichever comes last', async () => {
    const client = await fresh();
    await client.allow([{ scope: 'key:k', allowance: allowance({ concurrent: 1 }, [], 5) }]);
    // An isolate that has not heard of it yet.
    const stale = [{ scope: 'key:k', allowance: allowance({ concurrent: 9 }, [], 4) }];
    const answers = await client.admit([ask('g1', stale), ask('g2', stale)]);
    expect(answers.map((answer) => answer.ok)).toEqual([true, false]);
    const newer = [{ scope: 'key:k', allowance: allowance({}, [], 6) }];
    expect((await client.admit([ask('g3', newer)]))[0]?.ok).toBe(true);
  });

  it('give a request that asks again the same answer, and count it once', async () => {
    const client = await fresh();
    const scopes = [{ scope: 'key:k', allowance: allowance({ requests_per_minute: 5, concurrent: 5 }) }];
    for (let i = 0; i < 10; i++) expect((await client.admit([ask('g1', scopes)]))[0]?.ok).toBe(true);
    const [state] = await client.states(['key:k']);
    expect(state).toMatchObject({ requests: { remaining: 4 }, concurrent: { used: 1 } });
  });
});

describe('budgets', () => {
  it('are hard: what is held and what is spent never come to more', async () => {
    const client = await fresh();
    const scopes = [
      { scope: 'workspace', allowance: null },
      { scope: 'key:k', allowance: allowance({}, [{ window: 'daily', amount: 1000 }]) },
    ];
    const answers = await client.admit(Array.from({ length: 50 }, (_, index) => ask(`g${index}`, scopes)));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(10);
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    expect(answers[10]).toMatchObject({
      ok: false,
      refusal: {
        code: 'budget_exceeded',
        scope: 'key:k',
        window: 'daily',
        amount: 1000,
        resetsAt: midnight.getTime(),
      },
    });
    const mine = ['workspace', 'key:k'];
    await client.settle(
      Array.from({ length: 50 }, (_, index) => end(`g${index}`, index < 10 ? 60 : 0, 1, mine)),
    );
    const [state] = await client.states(['key:k']);
    expect(state?.budgets).toMatchObject([{ window: 'daily', amount: 1000, spent: 600, held: 0 }]);
    const more = await client.admit(Array.from({ length: 50 }, (_, index) => ask(`h${index}`, scopes)));
    expect(more.filter((answer) => answer.ok)).toHaveLength(4);
  });

  it('raise an alert at half, at four fifths and at the end, once each', async () => {
    const client = await fresh();
    await client.allow([{ scope: 'key:k', allowance: allowance({}, [{ window: 'total', amount: 1000 }]) }]);
    for (const [index, amount] of [400, 150, 200, 100, 400].entries()) {
      await client.settle([end(`g${index}`, amount, 1, ['workspace', 'key:k'])]);
      await client.settle([end(`g${index}`, amount, 1, ['workspace', 'key:k'])]);
    }
    const alerts = await client.alerts(10);
    expect(alerts.map((alert) => alert.percent).sort()).toEqual([100, 50, 80].sort());
    expect(alerts.find((alert) => alert.percent === 80)).toMatchObject({
      scope: 'key:k',
      spent: 850,
      since: '',
    });
  });

  it('let nothing through that has no price when they are spent', async () => {
    const client = await fresh();
    const scopes = [{ scope: 'key:k', allowance: allowance({}, [{ window: 'total', amount: 0 }]) }];
    const unpriced = { cost: { fixed: 0, outputRate: 0 }, priced: false };
    expect((await client.admit([ask('g1', scopes, unpriced)]))[0]).toMatchObject({
      refusal: { code: 'budget_exceeded', resetsAt: null },
    });
  });
});
