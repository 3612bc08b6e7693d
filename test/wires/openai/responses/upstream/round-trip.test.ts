import { describe, expect, test } from 'vitest';
import { asArray, isObject, type JsonObject } from '../../../../../src/lib/json.ts';
import { decode, encode, events, recorded, replay, response, said, target } from './support.ts';

const seal = (id: string) => ({
  type: 'reasoning',
  id,
  summary: [{ type: 'summary_text', text: `Thought of ${id}.` }],
  encrypted_content: `gAAA-${id}`,
});
const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: `{"id":"${id}"}` });
const text = (words: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: words }],
});

/** The items that a message of an answer becomes again, and what was left out. */
function again(message: JsonObject): { items: JsonObject[]; dropped: readonly string[] } {
  const { body, dropped } = encode({ messages: [message] });
  return { items: asArray(body.input).filter(isObject), dropped };
}

describe('the items of an answer come back in their order', () => {
  test.each([
    [[seal('rs_1'), text('Hi')]],
    [[seal('rs_1'), text('I look.'), call('call_1'), call('call_2')]],
    [[seal('rs_1'), call('call_1'), seal('rs_2'), call('call_2')]],
    [[seal('rs_1'), call('call_1'), seal('rs_2'), text('Done.')]],
    [[text('First.'), seal('rs_1'), call('call_1')]],
  ])('%#', (output) => {
    const { message } = decode(response(output));
    expect(again(message)).toEqual({ items: output, dropped: [] });
  });
});

test('as pieces of a stream they come back, too', () => {
  const name = 'xai-resp-s-xai-text-with-reasoning-streaming-store-false-1-0/stream.txt';
  const heard = replay(recorded(name), 7);
  const { items, dropped } = again({
    role: 'assistant',
    content: heard.content,
    reasoning_details: heard.details,
  });
  expect(dropped).toEqual([]);
  expect(items.map(({ type }) => type)).toEqual(['reasoning', 'message']);
  const [reasoning] = items;
  expect(reasoning?.summary).toEqual([{ type: 'summary_text', text: heard.reasoning }]);
  expect(reasoning?.encrypted_content).toBe(heard.details.at(-1)?.data);
});

test('a recorded answer asks for its own reasoning again', () => {
  const file = 'openai-resp-j-openai-responses-thinking-with-tool-calls-0/response.json';
  const { output } = JSON.parse(recorded(file)) as { output: JsonObject[] };
  const { message } = decode(recorded(file));
  const { items } = again(message);
  expect(items.map(({ type }) => type)).toEqual(output.map(({ type }) => type));
  expect(items[0]?.encrypted_content).toBe(output[0]?.encrypted_content);
  expect(items[0]?.id).toBe(output[0]?.id);
  const include = encode({ messages: [message] }).body.include;
  expect(include).toEqual(['reasoning.encrypted_content']);
});

test('open reasoning goes back as it is', () => {
  const item = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };
  const { message } = decode(response([item, said('Hi')]));
  expect(message.reasoning).toBe('Hm.');
  expect(again(message).items[0]).toEqual(item);
  // A host that seals its own takes none that is open.
  const sealing = encode({ messages: [message] }, target({}, { responses: { sealsReasoning: true } }));
  expect(sealing.body.input).toEqual([text('Hi')]);
  expect(sealing.dropped).toEqual(['messages.reasoning_details']);
});

test.each([
  [
    'another kind of model',
    { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1' },
  ],
  ['a summary without its seal', { type: 'reasoning.summary', summary: 'Hm', format: 'openai-responses-v1' }],
])('reasoning of %s is reported', (_, detail) => {
  expect(again({ role: 'assistant', content: 'Hi', reasoning_details: [detail] })).toEqual({
    items: [text('Hi')],
    dropped: ['messages.reasoning_details'],
  });
});

describe('what an account has sealed', () => {
  const ours = target({}, {}, 'acme');
  const output = [seal('rs_1'), text('Hi')];
  const whole = decode(response(output), {}, ours).message;
  const sse = events({ type: 'response.completed', response: JSON.parse(response(output)) });
  const streamed = { role: 'assistant', content: 'Hi', reasoning_details: replay(sse, 7, {}, ours).details };

  test.each([
    ['a whole answer', whole],
    ['a stream', streamed],
  ])('is marked in %s, comes back to it alone, and without the mark', (_, message) => {
    expect(JSON.stringify(message)).toContain('"data":"interline.of.acme:gAAA-rs_1"');
    expect(encode({ messages: [message] }, ours)).toMatchObject({ body: { input: output }, dropped: [] });
    const theirs = encode({ messages: [message] }, target({}, {}, 'acme+own'));
    expect(theirs.body.input).toEqual([text('Hi')]);
    expect(theirs.dropped).toEqual(['messages.reasoning_details']);
  });
});
