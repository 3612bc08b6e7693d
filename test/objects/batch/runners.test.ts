import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { BatchObject } from '../../../src/objects/batch/object.ts';
import { type Batch, claimOf, done, firstOf, LEASE_MS, newBatch, plain } from './support.ts';

describe('who runs them', () => {
  it('are as many as may be under way, in slots of eight lines', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => plain(index + 1));
    const batch = await newBatch(lines, 20);
    const lanes = await batch.run((object) =>
      batch.sent.map(({ message }) => object.enter(message)?.lanes ?? 0),
    );
    expect(lanes).toEqual([7, 7, 6]);
    const few = await newBatch(lines.slice(0, 3), 20);
    expect(await few.run((object) => few.sent.map(({ message }) => object.enter(message)?.lanes))).toEqual([
      3,
    ]);
  });

  it('begin once for a message, however often it is delivered', async () => {
    const batch = await newBatch([plain(1)]);
    const message = firstOf(batch);
    await batch.run((object) => {
      expect(object.enter(message)).not.toBeNull();
      expect(object.enter(message)).toBeNull();
      expect(object.enter({ ...message, turn: 2 })).toBeNull();
    });
  });

  it('lose their lines when they are silent; these are run again as attempts that may have been billed', async () => {
    const batch = await newBatch([plain(1), plain(2)]);
    const message = firstOf(batch);
    const lost = await batch.run((object) => {
      object.enter(message);
      return claimOf(object.next(message, null, true));
    });
    await runDurableObjectAlarm(batch.stub);
    expect(batch.sent).toHaveLength(1);
    await runInDurableObject(batch.stub, (_, state) =>
      state.storage.sql.exec('UPDATE slots SET seen_at = seen_at - ?', LEASE_MS + 1),
    );
    await runDurableObjectAlarm(batch.stub);
    const next = { ...message, turn: 2 };
    expect(batch.sent[1]?.message).toEqual(next);
    await batch.run((object) => {
      expect(object.next(message, null, true).kind).toBe('over');
      object.enter(next);
      expect(claimOf(object.next(next, null, true))).toMatchObject({ line: 1, attempt: 2, uncertain: true });
      expect(object.next(message, done(lost), false).kind).toBe('over');
      expect(object.progress().completed).toBe(0);
    });
  });

  it('keep their place in the queue while nobody has begun', async () => {
    const batch = await newBatch([plain(1)]);
    const message = firstOf(batch);
    const silence = (ms: number) =>
      runInDurableObject(batch.stub, (_, state) =>
        state.storage.sql.exec('UPDATE slots SET seen_at = seen_at - ?', ms),
      );
    await silence(2 * LEASE_MS);
    await runDurableObjectAlarm(batch.stub);
    expect(batch.sent).toHaveLength(1);
    await silence(LEASE_MS + 1);
    await runDurableObjectAlarm(batch.stub);
    await runDurableObjectAlarm(batch.stub);
    expect(batch.sent.map((sent) => sent.message)).toEqual([message, message]);
    await batch.run((object) => {
      expect(object.enter(message)).not.toBeNull();
      expect(object.enter(message)).toBeNull();
    });
  });

  it('are not blamed for the time in which the object itself was away', async () => {
    const lines = Array.from({ length: 9 }, (_, index) => plain(index + 1));
    const batch = await newBatch(lines, 9);
    const [begun, waiting] = batch.sent.map(({ message }) => message);
    if (!begun || !waiting) throw new Error('There are not two slots');
    await batch.run((object) => {
      object.enter(begun);
      object.next(begun, null, true);
    });
    await runInDurableObject(batch.stub, (_, { storage }) => {
      storage.sql.exec('UPDATE slots SET seen_at = seen_at - ?', LEASE_MS + 1);
      storage.kv.put('alarm', Date.now() - LEASE_MS);
    });
    await runDurableObjectAlarm(batch.stub);
    expect(batch.sent.slice(2).map(({ message }) => message)).toEqual([waiting]);
    await batch.run((object) => object.beat(begun));
    await runDurableObjectAlarm(batch.stub);
    expect(batch.sent).toHaveLength(3);
    await runInDurableObject(batch.stub, (_, { storage }) =>
      storage.sql.exec('UPDATE slots SET seen_at = seen_at - ?', LEASE_MS + 1),
    );
    await runDurableObjectAlarm(batch.stub);
    expect(batch.sent.slice(3).map(({ message }) => message)).toEqual([{ ...begun, turn: 2 }]);
  });

  it('take nothing from who follows them when they leave late', async () => {
    const batch = await newBatch([plain(1)]);
    const message = firstOf(batch);
    const next = { ...message, turn: 2 };
    await batch.run(async (object) => {
      object.enter(message);
      await object.leave(message, 0);
      object.enter(next);
      const held = claimOf(object.next(next, null, true));
      await object.leave(message, 0);
      object.next(next, done(held), false);
      expect(object.progress().completed).toBe(1);
    });
    expect(batch.sent).toHaveLength(2);
  });
});

describe('the Workflow of a batch', () => {
  /** The object as it is after it was put out of memory, some time later. */
  const later = (batch: Batch, ms: number) =>
    runInDurableObject(batch.stub, async (object, state) => {
      const { env: simulated } = object as unknown as { env: Env };
      const next = new BatchObject(state, simulated);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
      try {
        await next.alarm();
      } finally {
        vi.useRealTimers();
      }
    });

  it('is told of lines that are being run every quarter of an hour, however often the object is put away', async () => {
    const batch = await newBatch([plain(1)]);
    for (let minutes = 0; minutes < 15; minutes++) await later(batch, minutes * 60_000);
    expect(batch.woken).toBe(0);
    await later(batch, 16 * 60_000);
    await later(batch, 17 * 60_000);
    expect(batch.woken).toBe(1);
    await later(batch, 32 * 60_000);
    expect(batch.woken).toBe(2);
  });

  it('is told until it has closed a batch that is over', async () => {
    const batch = await newBatch([plain(1, 'bad')]);
    await later(batch, 0);
    await later(batch, 0);
    expect(batch.woken).toBe(2);
  });
});
