import { describe, expect, it } from 'vitest';
import { type RawLine, splitLines } from '../../src/batches/lines/split.ts';

/** The lines of a text that comes in pieces of a size. */
async function linesOf(text: string, piece = Number.POSITIVE_INFINITY, longest = 1_000): Promise<RawLine[]> {
  const bytes = new TextEncoder().encode(text);
  // Each piece comes in the memory of the one before.
  const memory = new Uint8Array(Math.min(piece, bytes.byteLength));
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += piece) {
      const part = bytes.subarray(at, at + piece);
      memory.set(part);
      yield memory.subarray(0, part.byteLength);
    }
  }
  const found: RawLine[] = [];
  for await (const line of splitLines(pieces(), longest)) {
    found.push({ ...line, bytes: line.bytes?.slice() ?? null });
  }
  return found;
}

const textsOf = (lines: RawLine[]) =>
  lines.map(({ line, bytes }) => [
    line,
    bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
  ]);

describe('the lines of an input', () => {
  it.each([1, 2, 3, 5, 7, 1_000])('are the same in pieces of %i bytes', async (piece) => {
    const text = '{"a":1}\n\n  \r\n{"b":"ü€"}\r\nlast';
    const lines = await linesOf(text, piece);
    expect(textsOf(lines)).toEqual([
      [1, '{"a":1}'],
      [4, '{"b":"ü€"}'],
      [5, 'last'],
    ]);
    const bytes = new TextEncoder().encode(text);
    for (const { start, length, bytes: own } of lines) {
      expect(bytes.subarray(start, start + length)).toEqual(own);
    }
  });

  it('lose the mark of their encoding, and are found behind it', async () => {
    const [line] = await linesOf('\ufeff{"a":1}\n');
    expect(line).toMatchObject({ line: 1, start: 3, length: 7 });
    expect(textsOf(line ? [line] : [])).toEqual([[1, '{"a":1}']]);
  });

  it.each([1, 4, 100])('are not held when they are too long, in pieces of %i bytes', async (piece) => {
    const lines = await linesOf('12345\n1234567\n12\n', piece, 5);
    expect(textsOf(lines)).toEqual([
      [1, '12345'],
      [2, null],
      [3, '12'],
    ]);
    expect(lines[1]).toMatchObject({ start: 6, length: 7 });
  });

  it('are none in a file of nothing, or of empty lines', async () => {
    expect(await linesOf('')).toEqual([]);
    expect(await linesOf('\n\r\n \n')).toEqual([]);
  });
});
