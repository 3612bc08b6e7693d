import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { asObject, type Json, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { ANSWERS, type Says, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import { addModel, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addModel(world, 'tools-only', ['anthropic'], { capabilities: { structured_output: false } });
});
afterAll(() => world.stop());

const CITY = { city: 'Zürich', population: 436332 };
const TEXT: Says = { text: ['{"city":"Zürich",', '"population":436332}'] };
const messages = [{ role: 'user' as const, content: 'Name a city.' }];
const response_format = zodResponseFormat(z.strictObject({ city: z.string(), population: z.int() }), 'city');

function says(wire: WireName, what: Says): void {
  world.upstream.script(wire, either(answer(ANSWERS[wire].whole(what)), stream(streamText(wire, what), 9)));
}

/** The schema where each provider documents it. */
function schemaIn(wire: WireName, request: JsonObject): unknown {
  switch (wire) {
    case 'openai':
      return asObject(asObject(request.response_format)?.json_schema)?.schema;
    case 'anthropic':
      return asObject(asObject(request.output_config)?.format)?.schema;
    case 'google':
      return asObject(request.generationConfig)?.responseJsonSchema;
    case 'bedrock': {
      const structure = asObject(asObject(asObject(request.outputConfig)?.textFormat)?.structure);
      return parseJson(String(asObject(structure?.jsonSchema)?.schema));
    }
  }
}

describe.each(WIRES)('structured output through the %s wire', (wire) => {
  test('is parsed, whole and streamed, and the schema reaches the provider', async () => {
    says(wire, TEXT);
    const request = { model: modelId(wire), messages, response_format };
    const whole = await world.client.chat.completions.parse(request);
    expect(whole.choices[0]?.message.parsed).toEqual(CITY);
    const streamed = await world.client.chat.completions.stream(request).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(CITY);
    expect(streamed.choices[0]?.finish_reason).toBe('stop');

    expect(schemaIn(wire, asObject(world.upstream.received(wire)[0]?.json as Json) ?? {})).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string' }, population: { type: 'integer' } },
      required: ['city', 'population'],
    });
  });
});

test('a model that only tools hold to a schema is made to call one, and the client sees text', async () => {
  says('anthropic', { call: { id: 'toolu_1', name: 'structured_output', arguments: CITY } });
  const request = { model: modelId('tools-only'), messages, response_format };
  const whole = await world.client.chat.completions.parse(request);
  const streamed = await world.client.chat.completions.stream(request).finalChatCompletion();
  for (const [choice] of [whole.choices, streamed.choices]) {
    expect(choice?.message.parsed).toEqual(CITY);
    expect(choice?.message.tool_calls ?? []).toEqual([]);
    expect(choice?.finish_reason).toBe('stop');
  }
  const { json } = world.upstream.received('anthropic')[0] ?? {};
  expect(json?.tool_choice).toMatchObject({ type: 'tool', name: 'structured_output' });
});
