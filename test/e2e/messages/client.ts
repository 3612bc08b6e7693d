import Anthropic from '@anthropic-ai/sdk';
import { ANSWERS, streamText } from '../../support/node/answers.ts';
import type { WireName } from '../../support/node/fixtures.ts';
import { answer, either, stream } from '../../support/node/scripts.ts';
import { modelId, type World } from '../../support/node/world.ts';

/** The SDK of the API; the key goes as `x-api-key`. */
export const clientOf = (world: World): Anthropic =>
  new Anthropic({ baseURL: world.gateway.origin, apiKey: world.key, authToken: null, maxRetries: 0 });

export const CALL = { id: 'toolu_1', name: 'get_weather', arguments: { city: 'Zürich' } };
export const WORDS = { text: ['18 degrees ', 'in Zürich.'], input: 30, cached: 10, output: 9 };
export const TOOL: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** A question to the model of a wire. */
export const ask = (wire: WireName) => ({
  model: modelId(wire),
  max_tokens: 500,
  messages: [{ role: 'user' as const, content: 'The weather?' }],
});

/** Lets the lane of a wire say this, streamed or whole. */
export const script = (world: World, wire: WireName, says: object) =>
  world.upstream.script(wire, either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says), 7)));
