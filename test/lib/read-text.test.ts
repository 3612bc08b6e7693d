import { describe, expect, it } from 'vitest';
import { readText, TooLargeError } from '../../src/lib/read-text.ts';

const chunks = (...parts: Uint8Array[]) =>
  new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    }),
  );

const bytes = (text: string) => new TextEncoder().encode(text);

describe('reading a body up to a size', () => {
  it('answers what fits, with characters split anywhere', async () => {
    const euro = bytes('€');
    expect(await readText(chunks(euro.subarray(0, 1), euro.subarray(1)), 3)).toBe('€');
    expect(await readText(new Response('abc'), 3)).toBe('abc');
    expect(await readText(new Response(null), 3)).toBe('');
  });

  it('ends at the first byte too many, or cuts there', async () => {
    await expect(readText(chunks(bytes('ab'), bytes('cd')), 3)).rejects.toBeInstanceOf(TooLargeError);
    expect(await readText(chunks(bytes('ab'), bytes('cd')), 3, { cut: true })).toBe('abc');
  });

  it('does not read on', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(1024));
      },
    });
    await expect(readText(new Response(endless), 10 * 1024)).rejects.toBeInstanceOf(TooLargeError);
    expect(pulled).toBeLessThan(20);
  });

  it('does not believe the length of a compressed body', async () => {
    const headers = { 'content-length': '1', 'content-encoding': 'gzip' };
    const sent = new Response(bytes('abcdef'), { headers, encodeBody: 'manual' } as ResponseInit);
    await expect(readText(sent, 3)).rejects.toBeInstanceOf(TooLargeError);
  });
});
