import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../../../src/lib/json.ts';
import { checkResponseEvents } from '../../../support/response-events.ts';
import { chunk, finalOf, messagesOf, REQUEST, streamed, whole } from './support.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const call = fc.record({
  name: fc.constantFrom('look', 'go'),
  arguments: fc.json({ maxDepth: 1 }),
  custom: fc.boolean(),
});

const detail: fc.Arbitrary<JsonObject> = fc.record({
  type: fc.constant('reasoning.encrypted'),
  data: text,
  format: fc.constant('google-gemini-v1'),
  index: fc.nat(3),
});

/** Any delta, whatever came before it. */
const delta: fc.Arbitrary<JsonObject> = fc.oneof<fc.Arbitrary<JsonObject>[]>(
  text.map((content) => ({ content })),
  text.map((reasoning) => ({ reasoning })),
  text.map((refusal) => ({ refusal })),
  fc.array(detail, { maxLength: 2 }).map((reasoning_details) => ({ reasoning_details })),
  fc.tuple(text, detail).map(([content, one]) => ({ content, reasoning_details: [one] })),
  fc.constant({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }),
  fc
    .record({ index: fc.nat(2), arguments: fc.constantFrom('', '{', '}', '{}', '"a":1', ' ') })
    .map(({ index, arguments: piece }) => ({
      tool_calls: [
        { index, id: `call_${index}`, type: 'function', function: { name: 'look', arguments: piece } },
      ],
    })),
  fc.nat(2).map((index) => ({
    tool_calls: [{ index: index + 3, id: 'c', type: 'custom', custom: { name: 'sql', input: 'x' } }],
  })),
  fc.constant({ role: 'assistant', content: null }),
);

test('whatever the deltas, the events are in order and the end holds what they told', () => {
  fc.assert(
    fc.property(
      fc.array(delta, { maxLength: 12 }),
      fc.constantFrom('stop', 'length', 'tool_calls'),
      (deltas, finish) => {
        checkResponseEvents(streamed([...deltas.map((one) => chunk(one)), chunk({}, finish)]));
      },
    ),
    { numRuns: 500 },
  );
});

/** A text in pieces, cut where the numbers say. */
function pieces(whole: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => whole.slice(from, places[index] ?? whole.length));
}

/** One message of the assistant. */
const message = fc.record({
  reasoning: text,
  content: text,
  calls: fc.array(call, { maxLength: 3 }),
  cuts: fc.array(fc.nat(40), { maxLength: 6 }),
});

function chatCalls(calls: readonly { name: string; arguments: string; custom: boolean }[]): JsonObject[] {
  return calls.map(({ name, arguments: input, custom }, index) =>
    custom
      ? { id: `call_${index}`, type: 'custom', custom: { name, input } }
      : { id: `call_${index}`, type: 'function', function: { name, arguments: input } },
  );
}

/** The call as a stream has it: named first, then told in pieces. */
function callChunks(given: JsonObject, index: number, cuts: readonly number[]): JsonObject[] {
  const kind = asString(given.type) ?? '';
  const member = kind === 'custom' ? 'input' : 'arguments';
  const called = asObject(given[kind]) ?? {};
  return [
    chunk({ tool_calls: [{ ...given, index, [kind]: { ...called, [member]: '' } }] }),
    ...pieces(asString(called[member]) ?? '', cuts).map((piece) =>
      chunk({ tool_calls: [{ index, [kind]: { [member]: piece } }] }),
    ),
  ];
}

test('however an answer is cut into chunks, it becomes the response of the whole one', () => {
  fc.assert(
    fc.property(message, ({ reasoning, content, calls, cuts }) => {
      const tool_calls = chatCalls(calls);
      const chunks = [
        chunk({ role: 'assistant', content: '' }),
        ...pieces(reasoning, cuts).map((piece) => chunk({ reasoning: piece })),
        ...pieces(content, cuts).map((piece) => chunk({ content: piece })),
        ...tool_calls.flatMap((given, index) => callChunks(given, index, cuts)),
        chunk({}, 'stop'),
      ];
      const events = streamed(chunks);
      checkResponseEvents(events);
      const expected = whole({ reasoning, content, tool_calls });
      expect(finalOf(events)).toMatchObject(expected);
      expect(finalOf(events).output).toEqual(expected.output);
    }),
    { numRuns: 300 },
  );
});

test('what an answer became is the same message when it is sent back', () => {
  fc.assert(
    fc.property(message, ({ reasoning, content, calls }) => {
      const tool_calls = chatCalls(calls);
      const { output } = whole({ reasoning, content, tool_calls }, 'stop', REQUEST);
      const items: Json[] = asArray(output);
      const user = { role: 'user', content: 'x' };
      const said = content !== '' || tool_calls.length > 0;
      const sent: JsonObject = { role: 'assistant', content: content === '' ? null : content };
      if (reasoning !== '') sent.reasoning = reasoning;
      if (tool_calls.length > 0) sent.tool_calls = tool_calls;
      expect(messagesOf(...items, user)).toEqual(said ? [sent, user] : [user]);
    }),
    { numRuns: 200 },
  );
});
