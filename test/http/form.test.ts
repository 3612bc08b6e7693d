import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamForm } from '../../src/http/form.ts';
import type { FormEvent } from '../../src/lib/multipart/stream.ts';

const BOUNDARY = '--x-1-';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
/** Beginnings of the boundary, and a longer line. */
const CONTENT = `hello\r\n--${BOUNDARY.slice(0, -1)}\r\n\r\n--\r\n--${BOUNDARY} x\r\n--${BOUNDARY}-x\r\r\n-`;

const FORM = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="文.txt"',
  'Content-Type: text/plain',
  '',
  CONTENT,
  `--${BOUNDARY}`,
  'content-disposition: form-data; name="purpose"',
  '',
  'batch é',
  `--${BOUNDARY}--`,
  '',
].join('\r\n');

async function read(pieces: readonly Uint8Array[], type: string | undefined = TYPE) {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) if (piece.byteLength > 0) controller.enqueue(piece);
      controller.close();
    },
  });
  const seen: FormEvent[] = [];
  const bytes: number[] = [];
  for await (const event of streamForm(type, stream.getReader())) {
    if (event.kind === 'bytes') bytes.push(...event.bytes);
    else seen.push(event);
  }
  return { seen, text: new TextDecoder().decode(Uint8Array.from(bytes)) };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const EXPECTED = {
  seen: [
    { kind: 'file', name: 'file', filename: '文.txt', type: 'text/plain' },
    { kind: 'field', name: 'purpose', value: 'batch é' },
  ],
  text: CONTENT,
};

describe('a form', () => {
  it('is read wherever it is cut', async () => {
    const all = encode(FORM);
    for (let at = 0; at <= all.byteLength; at++) {
      expect(await read([all.subarray(0, at), all.subarray(at)]), `cut at ${at}`).toEqual(EXPECTED);
    }
    expect(await read(Array.from(all, (byte) => Uint8Array.of(byte)))).toEqual(EXPECTED);
  });

  it('may have parts without content, that share a line end or do not, and white space behind boundaries', async () => {
    const text = [
      `--${BOUNDARY} \t`,
      'content-disposition: form-data; name="a"',
      '',
      `--${BOUNDARY}`,
      'content-disposition: form-data; name="b"',
      '',
      '',
      `--${BOUNDARY}--`,
    ].join('\r\n');
    const all = encode(text);
    for (let at = 0; at <= all.byteLength; at++) {
      expect((await read([all.subarray(0, at), all.subarray(at)])).seen).toEqual([
        { kind: 'field', name: 'a', value: '' },
        { kind: 'field', name: 'b', value: '' },
      ]);
    }
  });

  it('is read in any pieces', async () => {
    const all = encode(FORM);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(all.byteLength), { maxLength: 12 }), async (places) => {
        const cuts = [0, ...places.toSorted((a, b) => a - b), all.byteLength];
        expect(await read(cuts.slice(1).map((end, i) => all.subarray(cuts[i], end)))).toEqual(EXPECTED);
      }),
      { numRuns: 300 },
    );
  });

  it('gives back any bytes', async () => {
    const [head = '', tail = ''] = FORM.split(CONTENT);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.nat(500), async (content, cut) => {
        const all = Uint8Array.from([...encode(head), ...content, ...encode(tail)]);
        const stream = [all.subarray(0, cut), all.subarray(cut)];
        const bytes: number[] = [];
        const body = new Response(new Blob(stream.map((piece) => new Uint8Array(piece)))).body?.getReader();
        for await (const event of streamForm(TYPE, body))
          if (event.kind === 'bytes') bytes.push(...event.bytes);
        expect(bytes).toEqual([...content]);
      }),
      { numRuns: 200 },
    );
  });

  it('may have something in front and behind, and a quoted boundary', async () => {
    const all = encode(`before\r\n${FORM}behind\r\n--${BOUNDARY}\r\nno header`);
    expect(await read([all], `Multipart/Form-Data; charset=utf-8; boundary="${BOUNDARY}"`)).toEqual(EXPECTED);
  });

  it('that is cut short is refused, wherever it ends', async () => {
    const all = encode(FORM);
    // Behind the hyphens of the closing boundary nothing is missed.
    for (let end = 0; end < all.byteLength - 2; end++) {
      await expect(read([all.subarray(0, end)]), `ends at ${end}`).rejects.toMatchObject({
        status: 400,
        code: 'invalid_form',
      });
    }
  });

  it.each([
    ['of another boundary', FORM, 'multipart/form-data; boundary=other', /boundary .* is not in it/],
    ['of no boundary', FORM, 'multipart/form-data', /names no boundary/],
    ['without names', FORM.replace('; name="purpose"', ''), TYPE, /no name/],
    ['without headers', FORM.replace('content-disposition', 'x'), TYPE, /Content-Disposition/],
    ['with a huge header', FORM.replace('文', 'x'.repeat(20_000)), TYPE, /headers of a part are too long/],
    ['with a huge field', FORM.replace('batch', 'x'.repeat(70_000)), TYPE, /larger than 64 KB/],
    [
      'with very many fields',
      FORM.replace(
        `--${BOUNDARY}--`,
        `--${BOUNDARY}\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n`.repeat(100),
      ),
      TYPE,
      /more than 100 parts/,
    ],
  ])('%s is refused', async (_, form, type, why) => {
    await expect(read([encode(form)], type)).rejects.toMatchObject({
      code: 'invalid_form',
      message: expect.stringMatching(why),
    });
  });

  it.each(['', 'application/json', 'multipart/mixed; boundary=x', 'multipart/form-datax'])(
    'is no %s',
    async (type) => {
      await expect(read([], type)).rejects.toMatchObject({ status: 415, code: 'unsupported_content_type' });
    },
  );

  it('is read no further than somebody wants it', async () => {
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(encode(pulled++ === 0 ? (FORM.split('hello')[0] ?? '') : 'x'.repeat(1000)));
        },
      },
      { highWaterMark: 0 },
    );
    const events = streamForm(TYPE, stream.getReader());
    expect((await events.next()).value).toMatchObject({ kind: 'file' });
    expect((await events.next()).value).toMatchObject({ kind: 'bytes' });
    expect(pulled).toBe(2);
    await events.return(undefined);
    expect(pulled).toBe(2);
  });
});
