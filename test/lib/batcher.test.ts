import { describe, expect, it } from 'vitest';
import { Batcher } from '../../src/lib/batcher.ts';

describe('Batcher', () => {
  it('delivers what comes close together in one call, in order, and tells the first only', async () => {
    const sent: number[][] = [];
    const batcher = new Batcher<number>(async (items) => void sent.push(items), 5);
    const first = batcher.add(1);
    expect(batcher.add(2)).toBeUndefined();
    expect(batcher.add(3)).toBeUndefined();
    await first;
    expect(sent).toEqual([[1, 2, 3]]);
  });

  it('opens a new batch while one is under way', async () => {
    const sent: number[][] = [];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const batcher = new Batcher<number>(async (items) => {
      sent.push(items);
      if (sent.length === 1) await held;
    }, 0);
    const first = batcher.add(1);
    await expect.poll(() => sent.length).toBe(1);
    const second = batcher.add(2);
    expect(second).toBeInstanceOf(Promise);
    await second;
    expect(sent).toEqual([[1], [2]]);
    release();
    await first;
  });

  it('repeats a failed delivery with the same items', async () => {
    const sent: number[][] = [];
    const batcher = new Batcher<number>(
      async (items) => {
        sent.push([...items]);
        if (sent.length < 3) throw new Error('away');
      },
      0,
      [1, 1],
    );
    await batcher.add(7);
    expect(sent).toEqual([[7], [7], [7]]);
  });

  it('gives up loudly', async () => {
    const batcher = new Batcher<number>(() => Promise.reject(new Error('away')), 0, [1]);
    await expect(batcher.add(7)).rejects.toThrow('away');
  });

  it('delivers the open batch when flushed, once, and has nothing to flush then', async () => {
    const sent: string[][] = [];
    const batcher = new Batcher<string>(async (items) => void sent.push(items), 10);
    const leader = batcher.add('a');
    expect(batcher.add('b')).toBeUndefined();
    await batcher.flush();
    expect(sent).toEqual([['a', 'b']]);
    expect(batcher.flush()).toBeUndefined();
    const next = batcher.add('c');
    await Promise.all([leader, next]);
    expect(sent).toEqual([['a', 'b'], ['c']]);
  });
});
