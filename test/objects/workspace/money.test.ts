import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { type WorkspaceClient, workspaceClient } from '../../../src/objects/workspace/client.ts';
import type { AdmissionRequest, Settlement } from '../../../src/objects/workspace/types.ts';

const bindings = env as unknown as Bindings;
let count = 0;

function fresh() {
  const name = `ws_money_${count++}`;
  const stub = bindings.WORKSPACE.get(bindings.WORKSPACE.idFromName(name));
  return { client: workspaceClient(bindings, name), stub };
}

const LIMITS = { limits: { concurrent: 3 }, budgets: [], version: 1 };

function request(id: string, worst: number): AdmissionRequest {
  return {
    id,
    scopes: [
      { scope: 'workspace', allowance: LIMITS },
      { scope: 'key:k', allowance: null },
    ],
    model: 'm',
    cost: { fixed: worst, outputRate: 0 },
    priced: true,
    tokens: { input: 1, output: 1, openEnded: false },
    leaseMs: 60_000,
    optimistic: false,
  };
}

function settlement(id: string, amount: number): Settlement {
  return {
    id,
    amount,
    project: 'p',
    scopes: ['workspace', 'key:k'],
    model: 'm',
    provider: 'x',
    lines: [{ unit: 'output', rate: 1, quantity: amount, amount }],
    tokens: { total: 2, output: 1 },
  };
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('admit' as const), id: fc.nat(12), worst: fc.nat(400) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('settle' as const), id: fc.nat(12), part: fc.nat(100) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('grant' as const), id: fc.nat(3), amount: fc.nat(500) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
);

async function sumOfLedger(client: WorkspaceClient): Promise<number> {
  const entries = await client.entries(0, 100_000);
  expect(entries.map((entry) => entry.sequence)).toEqual(entries.map((_, index) => index + 1));
  return entries.reduce((sum, entry) => sum + entry.amount, 0);
}

describe('the money of a workspace', () => {
  it('adds up under any order of requests, repeats, deaths and expiries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const { client, stub } = fresh();
        await client.grant({ id: 'start', amount: 1000, reason: 'start' });
        // What an exact book-keeper would hold.
        const held = new Map<string, number>();
        const ended = new Set<string>();
        const settled = new Map<string, number>();
        const granted = new Map<string, number>([['start', 1000]]);
        const balance = () => sum(granted.values()) - sum(held.values()) - sum(settled.values());

        for (const one of steps) {
          if (one.do === 'admit') {
            const id = `g${one.id}`;
            const [admission] = await client.admit([request(id, one.worst)]);
            const again = held.has(id);
            const fits = !ended.has(id) && held.size < 3 && balance() >= one.worst;
            expect(admission?.ok).toBe(again || fits);
            if (fits && !again) held.set(id, one.worst);
          } else if (one.do === 'settle') {
            const id = `g${one.id}`;
            // No provider reports more than what was reserved here.
            const amount = Math.floor(((held.get(id) ?? 0) * one.part) / 100);
            await client.settle([settlement(id, amount), settlement(id, amount)]);
            held.delete(id);
            ended.add(id);
            if (!settled.has(id)) settled.set(id, amount);
          } else if (one.do === 'grant') {
            const id = `grant${one.id}`;
            await client.grant({ id, amount: one.amount, reason: 'more' });
            if (!granted.has(id)) granted.set(id, one.amount);
          } else if (one.do === 'die') {
            await evictDurableObject(stub);
          } else {
            await runInDurableObject(stub, (_, state) => {
              state.storage.sql.exec('UPDATE holds SET expires_at = 0');
            });
            await evictDurableObject(stub);
            await runDurableObjectAlarm(stub);
            for (const id of held.keys()) ended.add(id);
            held.clear();
          }
          expect(await client.balance()).toBe(balance());
          expect(balance()).toBeGreaterThanOrEqual(0);
        }
        expect(await sumOfLedger(client)).toBe(balance());
        const month = new Date().toISOString().slice(0, 7);
        const usage = await client.usage(month);
        expect(sum(usage.map((line) => line.amount))).toBe(sum(settled.values()));
        const [state] = await client.states(['workspace']);
        expect(state?.concurrent).toEqual({ limit: 3, used: held.size });
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('admits exactly as many as fit, however many ask at once', async () => {
    const { client } = fresh();
    await client.grant({ id: 'start', amount: 1000, reason: 'start' });
    const wide = { limits: {}, budgets: [], version: 1 };
    const asks = Array.from({ length: 2000 }, (_, index) => ({
      ...request(`g${index}`, 7),
      scopes: [{ scope: 'workspace', allowance: wide }],
    }));
    const calls = Array.from({ length: 50 }, (_, index) => asks.slice(index * 40, index * 40 + 40));
    const admissions = (await Promise.all(calls.map((batch) => client.admit(batch)))).flat();
    expect(admissions.filter((admission) => admission.ok)).toHaveLength(142);
    expect(await client.balance()).toBe(1000 - 142 * 7);
    await client.settle(asks.map(({ id }) => settlement(id, 0)));
    expect(await client.balance()).toBe(1000);
  });

  it('goes below zero by no more than what a provider reports above the reservation, and records it', async () => {
    const { client } = fresh();
    await client.grant({ id: 'start', amount: 100, reason: 'start' });
    await client.admit([request('g1', 100)]);
    expect(await client.settle([settlement('g1', 130)])).toBe(-30);
    expect(await client.stats()).toMatchObject({ admitted: 1, overrun: 30 });
    const [refused] = await client.admit([request('g2', 1)]);
    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: 'insufficient_credits', balance: -30, needed: 1 },
    });
  });

  it('charges an answer that comes after its reservation was freed, once', async () => {
    const { client, stub } = fresh();
    await client.grant({ id: 'start', amount: 100, reason: 'start' });
    await client.admit([request('g1', 80)]);
    await runInDurableObject(
      stub,
      (_, state) => void state.storage.sql.exec('UPDATE holds SET expires_at = 0'),
    );
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await client.balance()).toBe(100);
    expect(await client.stats()).toMatchObject({ expired: 1 });
    expect(await client.settle([settlement('g1', 50)])).toBe(50);
    expect(await client.settle([settlement('g1', 50)])).toBe(50);
  });

  it('gives no money to a request that has ended before it was admitted', async () => {
    const { client } = fresh();
    await client.grant({ id: 'start', amount: 100, reason: 'start' });
    await client.settle([settlement('g1', 0)]);
    const [late] = await client.admit([request('g1', 80)]);
    expect(late).toMatchObject({ ok: false, refusal: { code: 'ended' } });
    expect(await client.balance()).toBe(100);
  });

  it('leaves nothing half-done when a change fails', async () => {
    const { client, stub } = fresh();
    await client.grant({ id: 'start', amount: 100, reason: 'start' });
    // Storage refuses a hold without an id.
    const broken = { ...request('g2', 5), id: null as unknown as string };
    await runInDurableObject(stub, async (object) => {
      const { admit } = object as unknown as { admit(requests: AdmissionRequest[]): Promise<unknown> };
      await expect(admit.call(object, [request('g1', 5), broken])).rejects.toThrow();
    });
    expect(await client.balance()).toBe(100);
    expect(await client.entries(0, 10)).toHaveLength(1);
    expect((await client.states(['workspace']))[0]?.concurrent.used).toBe(0);
  });
});

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
