import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asArray, asObject, type JsonObject } from '../../../../src/lib/json.ts';
import { choice, choicesOf, chunk, streamed, whole } from './support.ts';

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 });

/** One answer as its tokens, and how many of them each chunk has. */
const answer = fc.record({
  tokens: fc.array(word, { maxLength: 8 }),
  refusal: fc.string({ unit: 'grapheme', maxLength: 6 }),
  sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 8, maxLength: 8 }),
  finish: fc.constantFrom('stop', 'length', 'content_filter'),
});
type Answer = typeof answer extends fc.Arbitrary<infer A> ? A : never;

const logprobsOf = (tokens: readonly string[]): JsonObject => ({
  content: tokens.map((token) => ({ token, logprob: -1, bytes: null, top_logprobs: [] })),
  refusal: null,
});

function chunksOfAnswer(
  { tokens, refusal, sizes, finish }: Answer,
  index: number,
  scored: boolean,
): JsonObject[] {
  const chunks = [chunk({ role: 'assistant', content: '' }, null, { index })];
  let at = 0;
  for (const size of sizes) {
    const piece = tokens.slice(at, at + size);
    at += size;
    if (piece.length === 0) break;
    const more = scored ? { index, logprobs: logprobsOf(piece) } : { index };
    chunks.push(chunk({ content: piece.join('') }, null, more), chunk({ reasoning: 'Hm' }, null, { index }));
  }
  if (refusal !== '') chunks.push(chunk({ refusal }, null, { index }));
  return [...chunks, chunk({}, finish, { index })];
}

/** The lists as one, each in its own order. */
function mixed(lists: readonly JsonObject[][], turns: readonly number[]): JsonObject[] {
  const left = lists.map((list) => [...list]);
  const out: JsonObject[] = [];
  for (const turn of turns) out.push(...(left[turn % left.length]?.splice(0, 1) ?? []));
  return [...out, ...left.flat()];
}

/** What the chunks of a stream say, put together by choice. */
function folded(chunks: readonly JsonObject[]): JsonObject[] {
  const found = new Map<unknown, JsonObject>();
  for (const piece of chunks.flatMap(choicesOf)) {
    const so = found.get(piece.index) ?? {
      text: '',
      index: piece.index,
      logprobs: null,
      finish_reason: null,
    };
    // Nothing is said behind the end of a choice.
    if (so.finish_reason !== null && (piece.text !== '' || piece.logprobs !== null))
      throw new Error('Too late');
    const [before, added] = [asObject(so.logprobs), asObject(piece.logprobs)];
    if (added) {
      so.logprobs = Object.fromEntries(
        Object.entries(added).map(([name, list]) => [name, [...asArray(before?.[name]), ...asArray(list)]]),
      );
    }
    so.text = `${so.text}${piece.text}`;
    so.finish_reason = so.finish_reason ?? piece.finish_reason;
    found.set(piece.index, so);
  }
  return [...found.values()].sort((a, b) => Number(a.index) - Number(b.index));
}

test('however answers are cut and mixed, the pieces make the whole ones', () => {
  fc.assert(
    fc.property(
      fc.array(answer, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(2), { maxLength: 20 }),
      fc.constantFrom<JsonObject>({}, { echo: true }, { logprobs: 0 }),
      (answers, turns, asked) => {
        const scored = asked.logprobs !== undefined;
        const request = { ...asked, n: answers.length };
        const chunks = mixed(
          answers.map((one, index) => chunksOfAnswer(one, index, scored)),
          turns,
        );
        const given = answers.map(({ tokens, refusal, finish, sizes }, index) => {
          const said = tokens.slice(
            0,
            sizes.reduce((sum, size) => sum + size, 0),
          );
          // Where a stream has no token, nobody scores it.
          const logprobs = scored && said.length > 0 ? logprobsOf(said) : null;
          return choice({ content: said.join(''), refusal: refusal || null }, finish, { index, logprobs });
        });
        expect(folded(streamed(chunks, request))).toEqual(choicesOf(whole(given, request)));
      },
    ),
    { numRuns: 400 },
  );
});

test('where a token begins is where its text stands', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (tokens) => {
      const given = choice({ content: tokens.join('') }, 'stop', { logprobs: logprobsOf(tokens) });
      const [written] = choicesOf(whole([given], { logprobs: 0 }));
      const characters = [...tokens.join('')];
      const offsets = asArray(asObject(written?.logprobs)?.text_offset).map(Number);
      expect(offsets.map((from, index) => characters.slice(from, offsets[index + 1]).join(''))).toEqual(
        tokens,
      );
    }),
    { numRuns: 200 },
  );
});
