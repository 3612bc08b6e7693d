import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { answer, inTurn, stream, streamThenReset } from '../support/node/scripts.ts';
import { sealingClaude } from '../support/node/sealing.ts';
import type { Script } from '../support/node/upstream.ts';
import { addModel, addProvider, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'strict', 'openai');
  await addProvider(world, 'gemini', 'google');
});
afterAll(() => world.stop());

let models = 0;
async function modelAt(lanes: string[], upstreamModel = 'up-model'): Promise<string> {
  const name = `sealed-${models++}`;
  await addModel(world, name, lanes, { upstreamModel });
  return modelId(name);
}
const sentTo = (lane: string) => world.upstream.received(lane).map(({ json }) => json);

describe('chat completions', () => {
  type Message = OpenAI.ChatCompletionMessageParam;
  const ask = (model: string, messages: Message[], more: object = {}) =>
    world.client.chat.completions
      .create({ model, messages, ...more } as OpenAI.ChatCompletionCreateParamsNonStreaming)
      .withResponse();

  test('a host that knows no reasoning_details goes on without, and its maker has it back', async () => {
    world.upstream.script('anthropic', sealingClaude(false));
    const plain = answer(ANSWERS.openai.whole({ text: ['Plain.'] }));
    const refuses = answer(
      {
        error: {
          message: "Unknown parameter: 'messages[1].reasoning_details'.",
          type: 'invalid_request_error',
          code: 'unknown_parameter',
        },
      },
      400,
    );
    world.upstream.script('strict', (response, request) =>
      (request.body.includes('reasoning') ? refuses : plain)(response, request),
    );
    const think = { reasoning: { max_tokens: 1024 }, max_tokens: 2000 };
    const sonnet = await modelAt(['anthropic'], 'claude-sonnet-4-5');
    const first = await ask(sonnet, [{ role: 'user', content: 'Hi' }], think);
    const said = first.data.choices[0]?.message as Message;
    const turns: Message[] = [{ role: 'user', content: 'Hi' }, said, { role: 'user', content: 'Go on' }];
    const second = await ask(await modelAt(['strict']), turns);
    expect(second.data.choices[0]?.message.content).toBe('Plain.');
    expect(second.response.headers.get('x-dropped-params')).toBe('messages.reasoning_details');
    expect(sentTo('strict')).toHaveLength(2);
    await ask(
      sonnet,
      [...turns, { role: 'assistant', content: 'Plain.' }, { role: 'user', content: 'And?' }],
      think,
    );
    expect(sentTo('anthropic').at(-1)?.messages).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'Hm.' }, {}] },
      {},
      {},
      {},
    ]);
  });

  describe('signed by another account of Gemini', () => {
    const own = btoa('skip_thought_signature_validator');
    const refuses = answer(
      { error: { code: 400, message: 'Corrupted thought signature.', status: 'INVALID_ARGUMENT' } },
      400,
    );
    const opens =
      (script: Script): Script =>
      (response, request) =>
        (request.body.includes('"thoughtSignature":"c2VhbA=="') ? refuses : script)(response, request);
    const says = (text: string): Script => answer(ANSWERS.google.whole({ text: [text] }));
    const format = 'google-gemini-v1';
    const detail = { type: 'reasoning.encrypted', data: 'c2VhbA==', id: 'call_1', format, index: 0 };
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, tool_calls: [call], reasoning_details: [detail] },
      { role: 'tool', tool_call_id: 'call_1', content: 'Seen' },
    ] as unknown as Message[];
    const signatures = (lane: string) =>
      sentTo(lane).map((body) => /"thoughtSignature":"([^"]*)"/.exec(JSON.stringify(body))?.[1]);

    test('calls get the stand-in', async () => {
      world.upstream.script('google', opens(says('Done.')));
      const { data } = await ask(await modelAt(['google'], 'gemini-3-pro-preview'), turns);
      expect(data.choices[0]?.message.content).toBe('Done.');
      expect(signatures('google')).toEqual(['c2VhbA==', own]);
    });

    test('calls get it too where an answer is asked for again', async () => {
      world.upstream.script('google', opens(inTurn(says('{"n":"x"}'), says('{"n":1}'))));
      const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
      const { data, response } = await ask(await modelAt(['google'], 'gemini-3-pro-preview'), turns, {
        repair: 'ask',
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
      });
      expect(data.choices[0]?.message.content).toBe('{"n":1}');
      expect(response.headers.get('x-structured-output')).toBe('repaired');
      expect(signatures('google')).toEqual(['c2VhbA==', own, own]);
    });

    test('calls get it too where a stream that broke is gone on with', async () => {
      const { head } = ANSWERS.google.stream({ text: ['A text that is long enough, ', 'to be'] });
      world.upstream.script('google', streamThenReset(head.join('')));
      world.upstream.script('gemini', opens(stream(streamText('google', { text: [' gone on with.'] }))));
      const { data: events } = await ask(await modelAt(['google', 'gemini'], 'gemini-3-pro-preview'), turns, {
        stream: true,
      });
      let text = '';
      for await (const { choices } of events as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>) {
        text += choices[0]?.delta.content ?? '';
      }
      expect(text).toBe('A text that is long enough, to be gone on with.');
      expect(signatures('gemini')).toEqual(['c2VhbA==', own]);
    });
  });
});
