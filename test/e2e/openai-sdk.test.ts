import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { WIRES } from '../support/node/fixtures.ts';
import { answer, stream } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const QUESTION = [{ role: 'user', content: 'Say something.' }] as const;
const TEXT = ['Grüße aus ', 'Zürich ', '🏔!'];
const CALL = { id: 'call_7', name: 'get_weather', arguments: { city: 'Zürich' } };
const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;

describe.each(WIRES)('the openai SDK through the %s wire', (wire) => {
  const model = modelId(wire);

  test('gets a whole answer with usage', async () => {
    world.upstream.script(
      wire,
      answer(ANSWERS[wire].whole({ text: TEXT, input: 90, cached: 40, output: 7 })),
    );
    const completion = await world.client.chat.completions.create({ model, messages: [...QUESTION] });
    expect(completion.choices[0]?.message).toMatchObject({
      role: 'assistant',
      content: 'Grüße aus Zürich 🏔!',
      refusal: null,
    });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.id).toMatch(/^gen_/);
    expect(completion.usage).toMatchObject({
      prompt_tokens: 90,
      completion_tokens: 7,
      total_tokens: 97,
      prompt_tokens_details: { cached_tokens: 40 },
    });
    expect(completion._request_id).toMatch(/^req_/);
  });

  test('gets a stream, and usage at its end when it asks for it', async () => {
    world.upstream.script(wire, stream(streamText(wire, { text: TEXT, input: 90, output: 7 }), 11));
    const chunks = await world.client.chat.completions.create({
      model,
      messages: [...QUESTION],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const finish: unknown[] = [];
    const usages: unknown[] = [];
    for await (const chunk of chunks) {
      expect(chunk.id).toMatch(/^gen_/);
      for (const choice of chunk.choices) {
        text += choice.delta.content ?? '';
        if (choice.finish_reason) finish.push(choice.finish_reason);
      }
      if (chunk.usage) {
        expect(chunk.choices).toEqual([]);
        usages.push(chunk.usage);
      }
    }
    expect(text).toBe('Grüße aus Zürich 🏔!');
    expect(finish).toEqual(['stop']);
    expect(usages).toEqual([expect.objectContaining({ prompt_tokens: 90, completion_tokens: 7 })]);
  });

  test('gets a tool call', async () => {
    world.upstream.script(wire, answer(ANSWERS[wire].whole({ call: CALL })));
    const completion = await world.client.chat.completions.create({
      model,
      messages: [...QUESTION],
      tools: [TOOL],
    });
    const [choice] = completion.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const [call] = choice?.message.tool_calls ?? [];
    if (call?.type !== 'function') throw new Error('No call of a function');
    expect(call.id).not.toBe('');
    expect(call.function.name).toBe('get_weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Zürich' });
  });

  test("gets a streamed tool call through the SDK's own runner", async () => {
    const call = streamText(wire, { call: CALL });
    const words = streamText(wire, { text: ['It is ', 'sunny.'] });
    world.upstream.script(wire, (response, request) =>
      stream(request.body.includes('18 degrees') ? words : call, 5)(response, request),
    );
    const asked: unknown[] = [];
    const runner = world.client.chat.completions.runTools({
      model,
      stream: true,
      messages: [...QUESTION],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather of a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: (text: string): unknown => JSON.parse(text),
            function: (input: unknown): string => {
              asked.push(input);
              return '18 degrees';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('It is sunny.');
    expect(asked).toEqual([{ city: 'Zürich' }]);
  });
});
