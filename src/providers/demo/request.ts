import { asArray, asObject, asString, isObject, type Json, parseJson } from '../../lib/json.ts';
import { invalidRequest } from './error.ts';
import { MAX_OUTPUT_TOKENS } from './tokens.ts';
import type { DemoRequest } from './types.ts';

/** OpenAI's own limit of choices. */
const MAX_CHOICES = 128;

/** Reads the body of a chat completion request. @throws DemoError 400 as OpenAI answers. */
export function readRequest(body: string): DemoRequest {
  const parsed = parseJson(body);
  if (!isObject(parsed)) {
    throw invalidRequest('We could not parse the JSON body of your request: it must be a JSON object.');
  }
  const model = asString(parsed.model);
  if (!model) throw invalidRequest('You must provide a model parameter.');
  if (parsed.messages === undefined) {
    throw invalidRequest("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  }
  if (!Array.isArray(parsed.messages) || parsed.messages.length === 0) {
    throw invalidRequest(
      "Invalid 'messages': expected an array with at least one message.",
      'messages',
      'invalid_type',
    );
  }
  const limit = parsed.max_completion_tokens ?? parsed.max_tokens;
  const limitName = parsed.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  return {
    model,
    messages: parsed.messages,
    stream: parsed.stream === true,
    includeUsage: asObject(parsed.stream_options)?.include_usage === true,
    n: wholeNumber(parsed.n, 'n', 1, MAX_CHOICES),
    maxTokens: Math.min(
      wholeNumber(limit, limitName, MAX_OUTPUT_TOKENS, Number.MAX_SAFE_INTEGER),
      MAX_OUTPUT_TOKENS,
    ),
    stop: readStop(parsed.stop),
    tools: asArray(parsed.tools).filter(isObject),
    toolChoice: parsed.tool_choice,
    responseFormat: asObject(parsed.response_format),
    reasoningEffort: asString(parsed.reasoning_effort),
  };
}

function wholeNumber(value: Json | undefined, name: string, absent: number, most: number): number {
  if (value === undefined || value === null) return absent;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalidRequest(`Invalid type for '${name}': expected an integer.`, name, 'invalid_type');
  }
  if (value < 1) {
    throw invalidRequest(`Invalid '${name}': expected a value >= 1.`, name, 'integer_below_min_value');
  }
  if (value > most) {
    throw invalidRequest(`Invalid '${name}': expected a value <= ${most}.`, name, 'integer_above_max_value');
  }
  return value;
}

function readStop(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 4 || !list.every((stop) => typeof stop === 'string')) {
    throw invalidRequest("Invalid 'stop': expected a string or up to 4 strings.", 'stop', 'invalid_type');
  }
  return list.filter((stop) => stop !== '');
}
