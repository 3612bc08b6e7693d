import type { FunctionTool } from 'openai/resources/responses/responses';
import { ANSWERS, streamText as sse } from '../support/node/answers.ts';
import type { WireName } from '../support/node/fixtures.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import type { World } from '../support/node/world.ts';

export const CALL = { id: 'call_1', name: 'get_weather', arguments: { city: 'Zürich' } };
export const WORDS = { text: ['18 degrees ', 'in Zürich.'], input: 30, cached: 10, output: 9 };
export const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
export const TOOL: FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: PARAMETERS,
  strict: true,
};

/** Says this in the words of a wire, streamed or whole. */
export const says = (wire: WireName, what: object) =>
  either(answer(ANSWERS[wire].whole(what)), stream(sse(wire, what), 7));

/** Calls the tool until its result stands in the request, then speaks. */
export function scriptLoop(
  world: World,
  wire: WireName,
  call: object = { call: CALL, input: 40, output: 6 },
): void {
  world.upstream.script(wire, (response, request) =>
    says(wire, request.body.includes('18 °C') ? WORDS : call)(response, request),
  );
}
