import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { type WorkspaceClient, workspaceClient } from '../../../src/objects/workspace/client.ts';
import type {
  Advance,
  AdvanceRequest,
  Allowance,
  Draw,
  Settlement,
} from '../../../src/objects/workspace/types.ts';

const bindings = env as unknown as Bindings;
const SCOPES = ['workspace', 'key:k'];
let count = 0;

async function fresh(balance: number) {
  const name = `ws_advances_${count++}`;
  const client = workspaceClient(bindings, name);
  await client.grant({ id: 'start', amount: balance, reason: 'start' });
  return { client, stub: bindings.WORKSPACE.get(bindings.WORKSPACE.idFromName(name)) };
}

function wants(id: string, sequence: number, requests: number, each: number): AdvanceRequest {
  return { id, sequence, scopes: SCOPES, take: { requests, each }, giveBack: null, leaseMs: 60_000 };
}

function returns(id: string, sequence: number, requests: number, amount: number): AdvanceRequest {
  const giveBack = { requests, amount };
  return { id, sequence, scopes: [], take: { requests: 0, each: 0 }, giveBack, leaseMs: 60_000 };
}

function ended(id: string, amount: number, draw: Draw): Settlement {
  return {
    id,
    amount,
    project: 'p',
    scopes: SCOPES,
    model: 'm',
    provider: 'x',
    lines: [{ unit: 'output', rate: 1, quantity: amount, amount }],
    tokens: { total: 2, output: 1 },
    draw,
  };
}

const allowance = (limits: Allowance['limits'], budgets: Allowance['budgets'] = []): Allowance => ({
  limits,
  budgets,
  version: 1,
});

async function one(client: WorkspaceClient, request: AdvanceRequest): Promise<Advance | undefined> {
  return (await client.exchange([], [request])).advances[0];
}

async function sumOfLedger(client: WorkspaceClient): Promise<number> {
  return sum((await client.entries(0, 100_000)).map(({ amount }) => amount));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

const AMOUNT = 100_000;

/** Of two isolates: what they do, and what becomes of it. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      by: fc.nat(1),
      requests: fc.nat(9),
      each: fc.integer({ min: 1, max: 90 }),
      /** Its answer is lost, and it is asked again. */
      repeated: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('draw' as const), by: fc.nat(1), part: fc.nat(100) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('end' as const), part: fc.nat(100), repeated: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('return' as const), by: fc.nat(1), repeated: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
);

describe('advances', () => {
  it('keep the balance the sum of the ledger and lose nothing, under any order, repeats and deaths', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 100 }), async (steps) => {
        const { client, stub } = await fresh(AMOUNT);
        // What exact book-keepers would hold: two isolates, and the object.
        const purses = [0, 1].map((by) => ({ by, epoch: 0, sequence: 0, requests: 0, amount: 0 }));
        const running: { id: string; draw: Draw }[] = [];
        /** What the object has reserved, by advance. */
        const reserved = new Map<string, number>();
        const told: Settlement[] = [];
        let spent = 0;
        let made = 0;
        const idOf = ({ by, epoch }: { by: number; epoch: number }) => `adv_${by}_${epoch}`;

        for (const step of steps) {
          const purse = purses['by' in step ? step.by : 0] ?? fail();
          const id = idOf(purse);
          if (step.do === 'take') {
            purse.sequence += 1;
            const request = wants(id, purse.sequence, step.requests, step.each);
            const answer = (await one(client, request)) ?? fail();
            if (step.repeated) expect((await one(client, request))?.requests).toBe(answer.requests);
            const free = AMOUNT - spent - sum(reserved.values());
            expect(answer.requests).toBe(Math.min(step.requests, Math.floor((free * 0.02) / step.each)));
            const amount = answer.requests * step.each;
            purse.requests += answer.requests;
            purse.amount += amount;
            reserved.set(id, (reserved.get(id) ?? 0) + amount);
          } else if (step.do === 'draw' && purse.requests > 0) {
            const amount = Math.floor((purse.amount * step.part) / 100);
            purse.requests -= 1;
            purse.amount -= amount;
            running.push({ id: `g${made++}`, draw: { advance: id, amount, model: 'm' } });
          } else if (step.do === 'end' && running.length > 0) {
            const { id: request, draw } = running.shift() ?? fail();
            const amount = Math.floor((draw.amount * step.part) / 100);
            const settlement = ended(request, amount, draw);
            if (step.repeated) await client.settle([settlement]);
            // What has been told comes again with what is new.
            await client.settle([...told.slice(-2), settlement]);
            told.push(settlement);
            spent += amount;
            const rest = reserved.get(draw.advance);
            if (rest !== undefined) reserved.set(draw.advance, rest - draw.amount);
          } else if (step.do === 'return') {
            purse.sequence += 1;
            const request = returns(id, purse.sequence, purse.requests, purse.amount);
            for (const _ of step.repeated ? [1, 2] : [1])
              expect((await one(client, request))?.open).toBe(false);
            const rest = reserved.get(id);
            if (rest !== undefined) reserved.set(id, rest - purse.amount);
            Object.assign(purse, { epoch: purse.epoch + 1, sequence: 0, requests: 0, amount: 0 });
          } else if (step.do === 'die') {
            await evictDurableObject(stub);
          } else if (step.do === 'expire') {
            await runInDurableObject(stub, (_, state) => {
              state.storage.sql.exec('UPDATE holds SET expires_at = 0');
            });
            await evictDurableObject(stub);
            await runDurableObjectAlarm(stub);
            reserved.clear();
            for (const lost of purses) {
              Object.assign(lost, { epoch: lost.epoch + 1, sequence: 0, requests: 0, amount: 0 });
            }
          }
          expect(await client.balance()).toBe(AMOUNT - spent - sum(reserved.values()));
          expect(await client.spendable()).toBe(AMOUNT - spent);
        }

        // At the end of everything nothing is reserved, and only what was charged is gone.
        for (const { id, draw } of running) await client.settle([ended(id, 0, draw)]);
        for (const purse of purses) {
          await one(client, returns(idOf(purse), purse.sequence + 1, purse.requests, purse.amount));
        }
        expect(await client.balance()).toBe(AMOUNT - spent);
        expect(await client.spendable()).toBe(AMOUNT - spent);
        expect(await sumOfLedger(client)).toBe(AMOUNT - spent);
        const [state] = await client.states(['key:k']);
        expect(state?.concurrent.used).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('take a fiftieth of what is left, of budgets too', async () => {
    const { client } = await fresh(100_000);
    expect(await one(client, wants('a', 1, 1000, 10))).toEqual({ open: true, requests: 200, left: 98_000 });
    await client.allow([{ scope: 'key:k', allowance: allowance({}, [{ window: 'daily', amount: 12_000 }]) }]);
    // 2,000 of the budget are held.
    expect(await one(client, wants('a', 2, 1000, 10))).toMatchObject({ requests: 20 });
    expect(await one(client, wants('b', 1, 10, 300))).toMatchObject({ open: false, requests: 0 });
    const [state] = await client.states(['key:k']);
    expect(state?.budgets).toMatchObject([{ spent: 0, held: 2200 }]);
  });

  it('are not for what has a rate, and count as running where one is set later', async () => {
    const { client } = await fresh(100_000);
    await one(client, wants('a', 1, 5, 10));
    await client.allow([{ scope: 'key:k', allowance: allowance({ concurrent: 5 }) }]);
    expect(await one(client, wants('a', 2, 5, 10))).toMatchObject({ open: false, requests: 0 });
    const request = {
      id: 'g',
      scopes: [{ scope: 'key:k', allowance: null }],
      model: 'm',
      cost: { fixed: 1, outputRate: 0 },
      priced: true,
      tokens: { input: 1, output: 1, openEnded: false },
      leaseMs: 60_000,
      optimistic: false,
    };
    expect((await client.admit([request]))[0]).toMatchObject({ ok: false, refusal: { what: 'concurrent' } });
    // Two of them have been drawn; one ends.
    await client.exchange(
      [ended('g1', 1, { advance: 'a', amount: 10, model: 'm' })],
      [returns('a', 3, 3, 30)],
    );
    expect((await client.states(['key:k']))[0]?.concurrent).toEqual({ limit: 5, used: 1 });
    expect((await client.admit([request]))[0]).toMatchObject({ ok: true });
  });

  it('end before a limit counts as set, and hold it up no longer than they are valid', async () => {
    const { client } = await fresh(100_000);
    await one(client, wants('a', 1, 5, 10));
    const order: string[] = [];
    const limits = [{ scope: 'workspace', allowance: allowance({ requests_per_minute: 1 }) }];
    const set = client.allow(limits).then(() => order.push('set'));
    await one(client, wants('a', 2, 0, 0));
    order.push('refused');
    await one(client, returns('a', 3, 5, 50));
    order.push('given back');
    await set;
    expect(order).toEqual(['refused', 'given back', 'set']);
    // An isolate that never comes back.
    await client.allow([{ scope: 'workspace', allowance: { ...allowance({}), version: 2 } }]);
    await one(client, wants('b', 1, 5, 10));
    await client.allow([{ scope: 'workspace', allowance: { ...allowance({ concurrent: 1 }), version: 3 } }]);
    expect((await client.states(['workspace']))[0]?.limits).toEqual({ concurrent: 1 });
  });

  it('charge what comes after they expired, and count what was charged beyond a draw', async () => {
    const { client, stub } = await fresh(1000);
    expect(await one(client, wants('a', 1, 1, 10))).toMatchObject({ requests: 1 });
    await runInDurableObject(
      stub,
      (_, state) => void state.storage.sql.exec('UPDATE holds SET expires_at = 0'),
    );
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await client.balance()).toBe(1000);
    expect(await one(client, wants('a', 2, 1, 10))).toMatchObject({ open: false, requests: 0 });
    expect(await client.settle([ended('g1', 14, { advance: 'a', amount: 10, model: 'm' })])).toBe(986);
    expect(await client.stats()).toMatchObject({ admitted: 1, expired: 1, overrun: 4 });
  });
});

function fail(): never {
  throw new Error('not reached');
}
