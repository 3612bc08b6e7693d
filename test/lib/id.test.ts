import { describe, expect, it } from 'vitest';
import { idOf, isIdOf, newId } from '../../src/lib/id.ts';

describe('ids', () => {
  it('are all different, also of one moment', () => {
    const ids = Array.from({ length: 10_000 }, () => newId('request', 1_760_000_000_000));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^req_01k742sg00[0-9a-hjkmnp-tv-z]{16}$/);
  });

  it('sort by age', () => {
    const times = [0, 1, 31, 32, 1_760_000_000_000, 1_760_000_000_001, 2 ** 48 - 1];
    const ids = times.map((time) => newId('generation', time));
    expect(ids.toSorted()).toEqual(ids);
  });

  it('are told from those of other kinds, and from what is none', () => {
    expect(isIdOf('file', newId('file'))).toBe(true);
    expect(isIdOf('batch', newId('batch'))).toBe(true);
    expect(isIdOf('batch', newId('file'))).toBe(false);
    const id = newId('file', 1_760_000_000_000);
    const others = [
      '',
      'file-',
      'file-nope',
      id.slice(0, -1),
      `${id}0`,
      ` ${id}`,
      id.toUpperCase(),
      `${id}\n`,
    ];
    // Not of the alphabet: i, l, o and u.
    for (const other of [...others, `${id.slice(0, -1)}u`]) expect(isIdOf('file', other)).toBe(false);
  });

  it('of a time and bytes are ULIDs', () => {
    // The time is the example of https://github.com/ulid/javascript; of each byte the last five bits count.
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => 32 + index);
    expect(idOf('batch', 1_469_918_176_385, bytes)).toBe('batch_01aryz6s410123456789abcdef');
  });
});
