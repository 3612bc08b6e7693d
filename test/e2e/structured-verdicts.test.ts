import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, streamObject } from 'ai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ANSWERS, type Says, streamText } from '../support/node/answers.ts';
import { answer, either, inTurn, stream } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const City = z.strictObject({ city: z.string(), population: z.int() });
const CITY = { city: 'Zürich', population: 436332 };
const GARBAGE: Says = { text: ['{"city": "Zürich", "population": "many"}'], input: 20, output: 8 };
const VALID: Says = { text: [JSON.stringify(CITY)], input: 60, output: 9 };
const prompt = 'Name a city.';
const whole = (says: Says) => answer(ANSWERS.openai.whole(says));

/** Asks for repair, whatever the SDK, and remembers the verdict. */
let verdicts: (string | null)[] = [];
const fetchRepaired: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('x-repair', 'ask');
  const response = await fetch(input, { ...init, headers });
  verdicts.push(response.headers.get('x-structured-output'));
  return response;
};

describe('an answer that does not fit at first reaches the client repaired', () => {
  beforeEach(() => {
    verdicts = [];
    world.upstream.script('openai', inTurn(whole(GARBAGE), whole(VALID)));
  });

  /** The second request has the first answer, and what was wrong with it. */
  function expectAskedAgain(): void {
    expect(verdicts).toEqual(['repaired']);
    const [, again] = world.upstream.received('openai');
    const messages = again?.json.messages as { role: string; content: string }[];
    expect(messages.slice(-2).map(({ role }) => role)).toEqual(['assistant', 'user']);
    expect(messages.at(-2)?.content).toBe(GARBAGE.text?.[0]);
    expect(messages.at(-1)?.content).toContain('#/population');
    expect(again?.json).not.toHaveProperty('repair');
  }

  test('chat.completions.parse, with a zod schema', async () => {
    const client = world.client.withOptions({ fetch: fetchRepaired });
    const format = zodResponseFormat(City, 'city');
    const messages = [{ role: 'user' as const, content: prompt }];
    const body = { model: modelId('openai'), messages, response_format: format };
    const completion = await client.chat.completions.parse(body);
    expect(completion.choices[0]?.message.parsed).toEqual(CITY);
    expect(completion.usage).toMatchObject({ prompt_tokens: 80, completion_tokens: 17 });
    expectAskedAgain();
  });

  test('responses.parse', async () => {
    const client = world.client.withOptions({ fetch: fetchRepaired });
    const text = { format: zodTextFormat(City, 'city') };
    const response = await client.responses.parse({ model: modelId('openai'), input: prompt, text });
    expect(response.output_parsed).toEqual(CITY);
    expectAskedAgain();
  });

  test('generateObject of the AI SDK', async () => {
    const provider = createOpenAICompatible({
      name: 'interline',
      baseURL: `${world.gateway.origin}/v1`,
      apiKey: world.key,
      supportsStructuredOutputs: true,
      fetch: fetchRepaired,
    });
    const model = provider(modelId('openai'));
    const { object } = await generateObject({ model, schema: City, prompt, maxRetries: 0 });
    expect(object).toEqual(CITY);
    expectAskedAgain();
  });

  test('withStructuredOutput of LangChain', async () => {
    const model = new ChatOpenAI({
      model: modelId('openai'),
      apiKey: world.key,
      maxRetries: 0,
      configuration: { baseURL: `${world.gateway.origin}/v1`, fetch: fetchRepaired },
    });
    const structured = model.withStructuredOutput(City, { method: 'jsonSchema', strict: true, name: 'city' });
    expect(await structured.invoke(prompt)).toEqual(CITY);
    expectAskedAgain();
  });
});

test('streamObject of the AI SDK reads a stream whose last chunk has the verdict', async () => {
  world.upstream.script('openai', either(whole(VALID), stream(streamText('openai', VALID), 11)));
  const provider = createOpenAICompatible({
    name: 'interline',
    baseURL: `${world.gateway.origin}/v1`,
    apiKey: world.key,
    supportsStructuredOutputs: true,
    includeUsage: true,
  });
  const { object, partialObjectStream } = streamObject({
    model: provider(modelId('openai')),
    schema: City,
    prompt,
    maxRetries: 0,
  });
  // What nobody reads does not come.
  for await (const _ of partialObjectStream);
  expect(await object).toEqual(CITY);
  const response = await world.chat({
    model: modelId('openai'),
    messages: [{ role: 'user', content: prompt }],
    response_format: zodResponseFormat(City, 'city'),
    stream: true,
  });
  expect(await response.text()).toContain('"structured_output":"validated"');
});
