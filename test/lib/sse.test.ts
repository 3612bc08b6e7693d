import { describe, expect, it } from 'vitest';
import { type SseEvent, SseFramer } from '../../src/lib/sse.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** All events of a stream that arrives in pieces of `size` bytes. */
function frame(text: string, size: number): SseEvent[] {
  const framer = new SseFramer();
  const all = bytes(text);
  const events: SseEvent[] = [];
  for (let at = 0; at < all.length; at += size) events.push(...framer.push(all.subarray(at, at + size)));
  events.push(...framer.end());
  return events;
}

const cases: [name: string, stream: string, data: (string | [data: string, event: string])[]][] = [
  ['LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
  ['mixed ends', 'data: a\r\n\ndata: b\n\r\ndata: c\r\r', ['a', 'b', 'c']],
  ['several data lines', 'data: a\ndata: b\n\n', ['a\nb']],
  ['comments', ': ping\n\n:\n\ndata: a\n: in the middle\n\n', ['a']],
  ['event names', 'event: ping\ndata: {}\n\ndata: x\n\n', [['{}', 'ping'], 'x']],
  ['no space after the colon', 'data:a\n\ndata:  b\n\n', ['a', ' b']],
  ['ids, retry times and unknown fields', 'id: 7\nretry: 9\nfoo: bar\ndata: a\n\n', ['a']],
  ['a BOM', '\ufeffdata: a\n\n', ['a']],
  ['UTF-8 of two, three and four bytes', 'data: ä€𝄞\n\n', ['ä€𝄞']],
  ['no blank line at the end', 'data: a\n\ndata: b', ['a', 'b']],
  ['an event without data', 'event: x\n\ndata: a\n\n', ['a']],
  ['empty data', 'data:\n\ndata\n\n', ['', '']],
  ['nothing', '', []],
];

describe('SseFramer', () => {
  for (const [name, stream, expected] of cases) {
    for (const size of [1, 2, 7, 1_000]) {
      it(`reads ${name} in pieces of ${size}`, () => {
        expect(frame(stream, size)).toEqual(
          expected.map((e) =>
            typeof e === 'string' ? { data: e, event: null } : { data: e[0], event: e[1] },
          ),
        );
      });
    }
  }

  it('delivers an event as soon as its blank line is there, also with CR', () => {
    const framer = new SseFramer();
    expect(framer.push(bytes('data: a\r\r'))).toEqual([{ data: 'a', event: null }]);
    expect(framer.push(bytes('\ndata: b\r\n\r'))).toEqual([{ data: 'b', event: null }]);
  });
});
