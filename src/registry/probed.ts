import type { JsonObject } from '../lib/json.ts';
import { asObject } from '../lib/json.ts';
import type { Endpoint } from './types.ts';

/** The request fields that a probed ability is about. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  tools: ['tools'],
  parallel_tool_calls: ['parallel_tool_calls'],
  tool_choice: ['tool_choice'],
  json_mode: ['response_format'],
  json_schema: ['structured_outputs'],
  logprobs: ['logprobs', 'top_logprobs'],
  seed: ['seed'],
  n: ['n'],
  penalties: ['frequency_penalty', 'presence_penalty'],
  logit_bias: ['logit_bias'],
  stop: ['stop'],
  reasoning_effort: ['reasoning', 'reasoning_effort'],
};

export function parametersOfAbility(ability: string): readonly string[] {
  return PARAMETERS[ability] ?? [];
}

/** The fields of a request that an endpoint was seen to ignore or refuse. */
export function refutedParameters({ probed }: Endpoint, body: JsonObject): string[] {
  if (!probed) return [];
  return Object.entries(probed).flatMap(([ability, result]) =>
    result === 'honoured' ? [] : fieldsOf(ability, body),
  );
}

/** The fields by which a request asks for an ability. */
function fieldsOf(ability: string, body: JsonObject): readonly string[] {
  const format = asObject(body.response_format)?.type;
  switch (ability) {
    case 'json_mode':
      return format === 'json_object' ? ['response_format'] : [];
    case 'json_schema':
      return format === 'json_schema' ? ['response_format'] : [];
    case 'n':
      return typeof body.n === 'number' && body.n > 1 ? ['n'] : [];
    default:
      return parametersOfAbility(ability).filter((name) => body[name] !== undefined && body[name] !== null);
  }
}
