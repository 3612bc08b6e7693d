import { describe, expect, it } from 'vitest';
import type { ClaimedLine, Outcome, PlannedLine } from '../../../src/objects/batch/types.ts';
import { claimOf, done, firstOf, LEASE_MS, newBatch, plain } from './support.ts';

const again = ({ line, attempt }: ClaimedLine, more: object = {}): Outcome => ({
  kind: 'again',
  line,
  attempt,
  delayMs: 0,
  pauseMs: 0,
  counts: true,
  uncertain: false,
  ...more,
});

describe('the lines of a batch', () => {
  it('are handed out once each, in order, and counted when their results are kept', async () => {
    const batch = await newBatch([plain(1), plain(2, 'bad'), plain(3)]);
    const message = firstOf(batch);
    await batch.run((object) => {
      expect(object.progress()).toMatchObject({ phase: 'running', total: 3, completed: 0, failed: 1 });
      expect(object.enter(message)).toMatchObject({ lanes: 2, leaseMs: LEASE_MS });
      const one = claimOf(object.next(message, null, true));
      const three = claimOf(object.next(message, null, true));
      expect([one.line, three.line, one.attempt]).toEqual([1, 3, 1]);
      expect(one).toMatchObject({ start: 100, bytes: 90, customId: 'id-1', uncertain: false });
      expect(object.next(message, null, true).kind).toBe('over');
      expect(object.next(message, done(three, false), true).kind).toBe('over');
      expect(object.progress()).toMatchObject({ phase: 'running', completed: 0, failed: 2 });
      object.next(message, done(one), true);
      const usage = { input: 3, cached: 1, output: 2, reasoning: 1 };
      expect(object.progress()).toMatchObject({ phase: 'over', completed: 1, failed: 2, usage });
      const texts = (ok: boolean) => object.results(ok, 0, 1_000).map(({ line, text }) => [line, text]);
      expect(texts(true)).toEqual([[1, 'result of 1.1']]);
      expect(texts(false)).toEqual([
        [2, 'bad'],
        [3, 'result of 3.1'],
      ]);
      expect(object.results(false, 2, 1_000)).toHaveLength(1);
      expect(object.results(false, 0, 1)).toHaveLength(1);
    });
    expect(batch.woken).toBe(1);
  });

  it('are the same however often they are told of', async () => {
    const batch = await newBatch([plain(1), plain(2, 'bad')]);
    await batch.run(async (object) => {
      object.plan([plain(1), plain(3)]);
      await object.start();
      expect(object.progress()).toMatchObject({ total: 2, failed: 1 });
    });
    expect(batch.sent).toHaveLength(1);
  });

  it('keep the first result alone, and none of an attempt that was given up', async () => {
    const batch = await newBatch([plain(1)]);
    const message = firstOf(batch);
    await batch.run((object) => {
      object.enter(message);
      const first = claimOf(object.next(message, null, true));
      object.next(message, again(first, { uncertain: true }), false);
      const second = claimOf(object.next(message, null, true));
      expect(second).toMatchObject({ attempt: 2, tries: 1, uncertain: true });
      object.next(message, done(first, false), false);
      expect(object.progress()).toMatchObject({ completed: 0, failed: 0 });
      object.next(message, done(second), false);
      object.next(message, done(second), false);
      expect(object.progress()).toMatchObject({ completed: 1, failed: 0 });
      expect(object.results(true, 0, 1_000).map(({ text }) => text)).toEqual(['result of 1.2']);
    });
  });

  it('wait as long as one of them was told to, or all', async () => {
    const batch = await newBatch([plain(1), plain(2), plain(3)]);
    const message = firstOf(batch);
    await batch.run(async (object) => {
      object.enter(message);
      const one = claimOf(object.next(message, null, true));
      const two = claimOf(object.next(message, again(one, { delayMs: 60_000, counts: false }), true));
      expect([two.line, two.tries]).toEqual([2, 0]);
      const wait = object.next(message, again(two, { pauseMs: 30_000 }), true);
      if (wait.kind !== 'wait') throw new Error(wait.kind);
      expect(wait.ms).toBeGreaterThan(29_000);
      expect(wait.ms).toBeLessThanOrEqual(30_000);
      await object.leave(message, wait.ms);
    });
    expect(batch.sent[1]).toEqual({ message: { ...message, turn: 2 }, delaySeconds: 30 });
  });
});

describe('lines that are large', () => {
  const MB = 1024 * 1024;
  const sized = (line: number, megabytes: number): PlannedLine => ({ ...plain(line), bytes: megabytes * MB });

  it('are run alone, and others only as many as fit', async () => {
    const batch = await newBatch([sized(1, 5), sized(2, 3), sized(3, 2), sized(4, 1), sized(5, 6)], 8);
    const message = firstOf(batch);
    await batch.run((object) => {
      object.enter(message);
      const one = claimOf(object.next(message, null, true));
      expect(one.line).toBe(1);
      expect(object.next(message, null, true)).toEqual({ kind: 'wait', ms: 5_000 });
      const two = claimOf(object.next(message, done(one), true));
      expect(two.line).toBe(2);
      const four = claimOf(object.next(message, null, true));
      expect(four.line).toBe(4);
      expect(object.next(message, null, true).kind).toBe('wait');
      const three = claimOf(object.next(message, done(two), true));
      expect(three.line).toBe(3);
      object.next(message, done(four), false);
      expect(claimOf(object.next(message, done(three), true)).line).toBe(5);
    });
  });

  it('are run one at a time, whoever runs them', async () => {
    const batch = await newBatch(
      [sized(1, 5), sized(2, 5), ...Array.from({ length: 14 }, (_, index) => plain(index + 3))],
      16,
    );
    const [first, second] = batch.sent.map(({ message }) => message);
    if (!first || !second) throw new Error('There are two');
    await batch.run((object) => {
      object.enter(first);
      object.enter(second);
      const one = claimOf(object.next(first, null, true));
      expect(one.line).toBe(1);
      const other = claimOf(object.next(second, null, true));
      expect(other.line).toBe(3);
      object.next(second, done(other), false);
      object.next(first, done(one), false);
      expect(claimOf(object.next(second, null, true)).line).toBe(2);
    });
  });

  it('in what they answer are two at once', async () => {
    const lines = Array.from({ length: 6 }, (_, index) => plain(index + 1));
    const batch = await newBatch(lines, 6, '/v1/images/edits');
    const lanes = await batch.run((object) => batch.sent.map(({ message }) => object.enter(message)?.lanes));
    expect(lanes).toEqual([2, 2, 2]);
  });
});

describe('a batch that is stopped', () => {
  it.each(['expired', 'cancelled'] as const)(
    'by being %s begins no line, and keeps what ends',
    async (reason) => {
      const batch = await newBatch([plain(1), plain(2), plain(3), plain(4)]);
      const message = firstOf(batch);
      await batch.run((object) => {
        object.enter(message);
        const [one, two, three] = [1, 2, 3].map(() => claimOf(object.next(message, null, true)));
        if (!one || !two || !three) throw new Error('There are three');
        expect(object.stop(reason)).toMatchObject({ phase: 'stopping', failed: 1, stopped: reason });
        expect(object.stop('expired').stopped).toBe(reason);
        expect(object.next(message, done(one), true).kind).toBe('over');
        object.next(message, again(two), true);
        expect(object.progress()).toMatchObject({ phase: 'stopping', completed: 1, failed: 2 });
        object.abandon();
        expect(object.attempted(true, 0, 10)).toEqual([{ line: 3, attempts: 1 }]);
        object.next(message, done(three), true);
        expect(object.progress()).toMatchObject({ phase: 'over', total: 4, completed: 1, failed: 3 });
        expect(object.results(false, 0, 1_000).map(({ line, stopped }) => [line, stopped])).toEqual([
          [2, reason],
          [3, reason],
          [4, reason],
        ]);
      });
    },
  );

  it('is gone when it is closed, and says so to who is late', async () => {
    const batch = await newBatch([plain(1)]);
    const message = firstOf(batch);
    await batch.run(async (object) => {
      object.enter(message);
      const claimed = claimOf(object.next(message, null, true));
      await object.close();
      expect(object.next(message, done(claimed), true)).toEqual({ kind: 'over' });
      expect(object.enter(message)).toBeNull();
      expect(() => object.progress()).toThrow();
    });
  });
});
