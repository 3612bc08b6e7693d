import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { Ledger } from '../../../src/objects/workspace/ledger.ts';
import type { LedgerEntry } from '../../../src/objects/workspace/types.ts';

const bindings = env as unknown as Bindings;
let counter = 0;
const fresh = () => {
  const id = `ws_test_${counter++}`;
  return {
    client: workspaceClient(bindings, id),
    stub: bindings.WORKSPACE.get(bindings.WORKSPACE.idFromName(id)),
  };
};
const spend = (id: string, amount: number): LedgerEntry => ({
  id,
  kind: 'settle',
  amount: -amount,
  reference: id,
});

describe('the ledger of a workspace', () => {
  it('starts empty', async () => {
    expect(await fresh().client.balance()).toBe(0);
  });

  it('grants once per id', async () => {
    const { client } = fresh();
    await client.grant({ id: 'g1', amount: 20_000_000_000, reason: 'trial' });
    await client.grant({ id: 'g1', amount: 20_000_000_000, reason: 'trial' });
    expect(await client.balance()).toBe(20_000_000_000);
  });

  it('answers the balance after settling', async () => {
    const { client } = fresh();
    await client.grant({ id: 'g1', amount: 1000, reason: 'trial' });
    expect(await client.record([spend('a', 300), spend('b', 1), spend('a', 300)])).toBe(699);
  });

  it('survives eviction', async () => {
    const { client, stub } = fresh();
    await client.grant({ id: 'g1', amount: 42, reason: 'trial' });
    await evictDurableObject(stub);
    expect(await client.balance()).toBe(42);
  });

  it('has a balance that is the sum of the ledger, whatever is repeated', async () => {
    const entry = fc.record({
      id: fc.nat({ max: 20 }).map(String),
      amount: fc.integer({ min: 1, max: 1_000_000_000_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 8 }), { maxLength: 8 }), async (batches) => {
        const { client, stub } = fresh();
        const known = new Map<string, number>();
        for (const batch of batches) {
          for (const { id, amount } of batch) if (!known.has(id)) known.set(id, amount);
          await client.record(batch.map(({ id, amount }) => spend(id, amount)));
        }
        const expected = -[...known.values()].reduce((sum, amount) => sum + amount, 0);
        const stored = await runInDurableObject(stub, (_, state) =>
          Number(state.storage.sql.exec('SELECT coalesce(sum(amount), 0) AS s FROM ledger').one().s),
        );
        expect(stored).toBe(expected === 0 ? 0 : expected);
        expect(await client.balance()).toBe(stored);
      }),
      { numRuns: 40 },
    );
  });

  it('is listed by kind without reading what requests wrote', async () => {
    const { client, stub } = fresh();
    await client.grant({ id: 'g1', amount: 5000, reason: 'trial' });
    await client.record(Array.from({ length: 500 }, (_, index) => spend(`settle:${index}`, 1)));
    const page = await client.ledger({ after: null, order: 'desc', limit: 10, kind: 'grant' });
    expect(page).toMatchObject({ entries: [{ id: 'g1', sequence: 1 }], balance: 4500 });
    const read = await runInDurableObject(stub, (_, { storage: { sql } }) => {
      const cursors: SqlStorageCursor<never>[] = [];
      const counted = {
        exec: (query: string, ...bound: unknown[]) => {
          const cursor = sql.exec<never>(query, ...bound);
          cursors.push(cursor);
          return cursor;
        },
      } as unknown as SqlStorage;
      const ledger = new Ledger(counted);
      ledger.list({ after: null, order: 'desc', limit: 10, kind: 'grant' });
      return cursors.at(-1)?.rowsRead;
    });
    expect(read).toBeLessThan(5);
  });
});
