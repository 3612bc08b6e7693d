import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { AnswerLog, deletePieces } from '../../../src/objects/runs/answer-log.ts';

const bindings = env as unknown as Bindings;

/** Runs with storage that is empty. */
function withStorage<T>(name: string, work: (kv: SyncKvStorage) => T | Promise<T>): Promise<T> {
  const stub = bindings.IDEMPOTENCY.get(bindings.IDEMPOTENCY.idFromName(`log/${name}`));
  return runInDurableObject(stub, (_, state) => work(state.storage.kv));
}

/** Bytes none of whose neighbours are alike. */
function bytesOf(size: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = ((from + i) * 2654435761) >>> 24;
  return bytes;
}

/** Everything from a position, read as it is offered. */
function readFrom(log: AnswerLog, from: number): Uint8Array {
  const all = new Uint8Array(log.size - from);
  for (let at = from; ; ) {
    const bytes = log.read(at);
    if (!bytes) return all;
    expect(bytes.byteLength).toBeGreaterThan(0);
    all.set(bytes, at - from);
    at += bytes.byteLength;
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(Buffer.from(b));
const MB = 1024 * 1024;

describe('the log of an answer', () => {
  it.each([
    ['tiny pieces', 7, 5_000],
    ['pieces of a network', 16_384, 3 * MB],
    ['pieces larger than storage takes', 3 * MB, 9 * MB],
  ])('gives back %s from any position', (name, pieceSize, total) =>
    withStorage(name, (kv) => {
      const log = new AnswerLog(kv, 'a');
      for (let at = 0; at < total; at += pieceSize) {
        log.append(bytesOf(Math.min(pieceSize, total - at), at));
      }
      expect(log.size).toBe(total);
      const whole = bytesOf(total);
      for (const from of [0, 1, pieceSize - 1, pieceSize, total >> 1, total - 1, total]) {
        expect(same(readFrom(log, from), whole.subarray(from)), `from ${from}`).toBe(true);
      }
      const pieces = log.storeAll();
      expect(pieces.reduce((sum, size) => sum + size, 0)).toBe(total);
      expect(same(readFrom(log, 3), whole.subarray(3))).toBe(true);
    }),
  );

  it('keeps at most a megabyte in memory', () =>
    withStorage('memory', (kv) => {
      const log = new AnswerLog(kv, 'a');
      for (let at = 0; at < 4 * MB; at += 10_000) log.append(bytesOf(10_000, at));
      const stored = [...kv.list<Uint8Array>({ prefix: 'piece/' })];
      expect(stored.reduce((sum, [, piece]) => sum + piece.byteLength, 0)).toBeGreaterThan(3 * MB);
      for (const [, piece] of stored) expect(piece.byteLength).toBeLessThan(2 * MB);
      deletePieces(kv, 'a');
      expect([...kv.list({ prefix: 'piece/' })]).toEqual([]);
    }));

  it('leaves the pieces of others', () =>
    withStorage('others', (kv) => {
      for (const name of ['a', 'b']) {
        const log = new AnswerLog(kv, name);
        log.append(bytesOf(10));
        log.storeAll();
      }
      deletePieces(kv, 'a');
      expect([...kv.list({ prefix: 'piece/' })].map(([key]) => key)).toEqual(['piece/b/0']);
    }));

  it('stores nothing of what is forgotten', () =>
    withStorage('forgotten', (kv) => {
      const log = new AnswerLog(kv, 'a');
      log.append(bytesOf(100));
      for (let time = 0; time < 5; time++) {
        log.forget();
        log.append(bytesOf(2 * MB, time));
        expect(same(readFrom(log, log.size - 2 * MB), bytesOf(2 * MB, time))).toBe(true);
      }
      expect([...kv.list({ prefix: 'piece/' })]).toEqual([]);
    }));

  it('wakes those who wait, for more and for the end', () =>
    withStorage('waiting', async (kv) => {
      const log = new AnswerLog(kv, 'a');
      const more = log.changed();
      log.append(bytesOf(1));
      await more;
      const end = log.changed();
      log.end('broken');
      await end;
      log.end('whole');
      expect(log.state).toBe('broken');
    }));
});
