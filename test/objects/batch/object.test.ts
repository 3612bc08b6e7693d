import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { Bindings, Env } from '../../../src/env.ts';
import { BatchObject } from '../../../src/objects/batch/object.ts';
import type {
  BatchOrder,
  Claim,
  ClaimedLine,
  Outcome,
  PlannedLine,
  SlotMessage,
} from '../../../src/objects/batch/types.ts';

const bindings = env as unknown as Bindings;
const LEASE_MS = 1_000;
let batches = 0;

interface Sent {
  message: SlotMessage;
  delaySeconds: number;
}

/** A batch whose messages are written down and go nowhere. */
interface Batch {
  stub: DurableObjectStub<BatchObject>;
  sent: Sent[];
  /** How often the Workflow was woken. */
  woken: number;
  run<T>(work: (object: BatchObject) => T | Promise<T>): Promise<T>;
}

const plain = (line: number, failure: string | null = null): PlannedLine => ({
  line,
  start: line * 100,
  bytes: 90,
  customId: `id-${line}`,
  failure,
});

async function newBatch(
  lines: PlannedLine[],
  inFlight = 2,
  endpoint = '/v1/chat/completions',
): Promise<Batch> {
  const order: BatchOrder = {
    batchId: `batch_${++batches}`,
    workspaceId: 'ws_1',
    projectId: 'prj_1',
    keyId: 'key_1',
    address: null,
    origin: 'https://gateway.test',
    endpoint,
    inputFileId: 'file-1',
    createdAt: 1_700_000_000_000,
    expiresAt: 1_700_086_400_000,
  };
  const stub = bindings.BATCH.get(bindings.BATCH.idFromName(order.batchId));
  const sent: Sent[] = [];
  const batch: Batch = {
    stub,
    sent,
    woken: 0,
    run: (work) => runInDurableObject(stub, (object) => work(object)),
  };
  const simulated = {
    ...bindings,
    BATCH_LINES_IN_FLIGHT: String(inFlight),
    BATCH_LEASE_MS: String(LEASE_MS),
    BATCH_SLOTS: {
      send: async (message: SlotMessage, { delaySeconds }: { delaySeconds: number }) => {
        sent.push({ message, delaySeconds });
      },
    },
    BATCHES: {
      get: async () => ({
        sendEvent: async () => {
          batch.woken++;
        },
      }),
    },
  };
  await batch.run(async (object) => {
    (object as unknown as { env: Env }).env = simulated as unknown as Env;
    await object.open(order);
    object.plan(lines);
    await object.start();
  });
  return batch;
}

const claimOf = (claim: Claim): ClaimedLine => {
  if (claim.kind !== 'line') throw new Error(`No line, but ${claim.kind}`);
  return claim.claimed;
};
const done = ({ line, attempt }: ClaimedLine, ok = true): Outcome => ({
  kind: 'done',
  line,
  attempt,
  ok,
  text: `result of ${line}.${attempt}`,
  file: null,
  usage: { input: 3, cached: 1, output: 2, reasoning: 1 },
  uncertain: false,
});
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
const firstOf = ({ sent }: Batch): SlotMessage => {
  const [first] = sent;
  if (!first) throw new Error('Nothing was sent');
  return first.message;
};

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
