import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { chunk, fixture, fixturesWith, list, replay, replayPieces, STOP, sse } from './support.ts';

/** Cuts bytes at these places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, at) => bytes.subarray(places[at], to));
}

const CUTS = fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 60 });

describe('wherever the bytes are cut, the same comes out', () => {
  test.each(fixturesWith('stream.txt'))('%s', (name) => {
    const text = fixture(name, 'stream.txt');
    const bytes = new TextEncoder().encode(text);
    const whole = replay(text);
    void fc.assert(
      fc.property(CUTS, (cuts) => {
        const { out, state, error } = replayPieces(pieces(bytes, cuts));
        expect({ out, state, code: error?.code }).toEqual({
          out: whole.out,
          state: whole.state,
          code: whole.error?.code,
        });
      }),
      { numRuns: 40 },
    );
  });
});

const JSON_VALUE = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<never>;
const PIECE = fc.record({
  content: fc.string({ unit: 'grapheme', maxLength: 12 }),
  extra: fc.dictionary(
    fc.string({ maxLength: 8 }).filter((name) => !NAMED.has(name) && name !== '__proto__'),
    JSON_VALUE,
    { maxKeys: 2 },
  ),
});

/** Members that mean something to us. */
const NAMED = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'error']);

describe('streams of any content', () => {
  test('arrive with every text and every member, whatever the cuts, ids and line ends', () => {
    void fc.assert(
      fc.property(
        fc.array(PIECE, { minLength: 1, maxLength: 8 }),
        fc.string({ minLength: 1, maxLength: 10 }),
        CUTS,
        fc.constantFrom('\n', '\r\n', '\r'),
        (parts, id, cuts, end) => {
          const upstream: JsonObject[] = parts.map(({ content, extra }) =>
            chunk({ content }, { ...extra, id }),
          );
          const text = sse(...upstream, { ...STOP, id }, '[DONE]').replaceAll('\n', end);
          const got = replayPieces(pieces(new TextEncoder().encode(text), cuts));
          expect(got.error).toBeNull();
          expect(got.chunks.slice(0, -1)).toEqual(
            upstream.map((sent) => ({ ...(JSON.parse(JSON.stringify(sent)) as JsonObject), id: 'gen_1' })),
          );
          expect(got.choices[0]?.content).toBe(parts.map(({ content }) => content).join(''));
          expect(got.state).toMatchObject({ finished: true, done: true, upstreamId: id });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('any JSON as an event is answered or refused, never more', () => {
    void fc.assert(
      fc.property(fc.array(fc.json({ maxDepth: 4 }), { maxLength: 4 }), (events) => {
        const { error } = replay(sse(...events));
        if (error) expect(error.upstream?.status).toBeGreaterThanOrEqual(200);
      }),
    );
  });

  test('any shape of a choice becomes one of OpenAI’s', () => {
    const loose = fc.oneof(fc.constant(undefined), fc.constant(null), fc.string(), fc.nat(), JSON_VALUE);
    const text = fc.option(fc.string());
    const written = fc.oneof(text, fc.dictionary(fc.string(), JSON_VALUE));
    const fn = fc.record({ name: text, arguments: written }, { requiredKeys: [] });
    const call = fc.record({ index: loose, id: text, type: loose, function: fn }, { requiredKeys: [] });
    const delta = fc.record(
      {
        role: fc.constantFrom('assistant', null),
        content: fc.oneof(fc.string(), fc.constant(null), fc.array(JSON_VALUE)),
        reasoning_content: fc.oneof(fc.string(), fc.constant(null)),
        tool_calls: fc.oneof(fc.constant(null), fc.array(call, { maxLength: 3 })),
      },
      { requiredKeys: [] },
    );
    const choice = fc.record(
      { index: fc.constant(0), delta, finish_reason: loose },
      { requiredKeys: ['delta'] },
    );
    void fc.assert(
      fc.property(choice, (given) => {
        // What goes out is checked against OpenAI's schema as it is read.
        const { chunks, error } = replay(sse({ choices: [given as JsonObject] }));
        if (!error) expect(list(chunks[0]?.choices)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});
