import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { jsonAsked } from '../../../response-format.ts';
import type { ChatBody, ChatRequest, EncodedRequest, Target } from '../../../types.ts';
import { adaptMembers } from '../../translated.ts';
import type { Dropped } from '../dropped.ts';
import { SEALED_REASONING } from '../native/request.ts';
import { readableBy } from '../native/seals.ts';
import { inputItems } from './input.ts';
import { encodeTools } from './tools.ts';

/** Members that both APIs have, under one name and with one meaning. */
const SHARED = [
  'metadata',
  'moderation',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'top_p',
  'user',
] as const;

/** Members of the Responses API that chat completions do not have; sent as they are. */
const OWN = ['max_tool_calls', 'truncation'] as const;

/** Members that are said in other words. */
const READ: ReadonlySet<string> = new Set([
  ...SHARED,
  ...OWN,
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'web_search_options',
  'response_format',
  'reasoning',
  'reasoning_effort',
  'verbosity',
  'logprobs',
  'top_logprobs',
  'include',
]);

/** Members whose value asks for nothing that would not happen anyway. */
const NO_LOSS: Readonly<Record<string, (value: Json) => boolean>> = {
  n: (value) => value === 1,
  store: (value) => value === false,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  logit_bias: (value) => isObject(value) && Object.keys(value).length === 0,
  modalities: (value) => asArray(value).every((kind) => kind === 'text'),
};

/** What asks for the log probabilities of an answer's text. */
const LOGPROBS = 'message.output_text.logprobs';

/**
 * A chat completion request as a request of the Responses API
 * (https://platform.openai.com/docs/api-reference/responses/create). docs/wires-openai.md has the mapping as a table.
 * The host stores nothing.
 * @throws GatewayError `unsupported_parameter` for what cannot be sent and must not be left out.
 */
export function encode(request: ChatRequest, target: Target): EncodedRequest {
  const dropped: Dropped = new Set();
  const body = request.translated ? adaptMembers(request.body(), dropped) : request.body();
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || value === null || value === undefined) continue;
    const harmless = Object.hasOwn(NO_LOSS, name) ? NO_LOSS[name] : undefined;
    if (!harmless?.(value)) dropped.add(name);
  }
  const input = ownItems(inputItems(body.messages, dropped), target, dropped);
  const out: JsonObject = { model: target.upstreamModel, input, store: false };
  if (request.stream) out.stream = true;
  for (const name of [...SHARED, ...OWN]) if (body[name] != null) out[name] = body[name];
  Object.assign(
    out,
    limitAndTemperature(body, target, dropped),
    encodeTools(body, dropped),
    textOf(body),
    reasoningOf(body, dropped),
    includeOf(body, input, target),
    streamOptions(body.stream_options),
  );
  for (const name of target.quirks.responses?.drop ?? []) {
    if (out[name] === undefined) continue;
    delete out[name];
    if (name !== 'store') dropped.add(name);
  }
  return { path: '/responses', body: JSON.stringify(out), dropped: [...dropped] };
}

/** The items without reasoning that another account has sealed, or that is open to a host which seals its own. */
function ownItems(items: JsonObject[], target: Target, dropped: Dropped): JsonObject[] {
  const isOpen = ({ type, encrypted_content: seal }: JsonObject): boolean => type === 'reasoning' && !seal;
  const seals = target.quirks.responses?.sealsReasoning === true;
  const given = seals ? items.filter((item) => !isOpen(item)) : items;
  const readable = readableBy(given, target);
  if (readable?.lost || given.length < items.length) dropped.add('messages.reasoning_details');
  return readable?.items.filter(isObject) ?? given;
}

function limitAndTemperature(body: ChatBody, { capabilities }: Target, dropped: Dropped): JsonObject {
  const { max_tokens: older, max_completion_tokens: newer, temperature } = body;
  const out: JsonObject = {};
  if (newer != null && older != null && newer !== older) dropped.add('max_tokens');
  const limit = newer ?? older;
  if (limit != null) out.max_output_tokens = limit;
  if (temperature != null && capabilities.temperature !== false) out.temperature = temperature;
  // A default that cannot be sent is no loss.
  else if (temperature != null && temperature !== 1) dropped.add('temperature');
  return out;
}

/** `text`: the format of the answer, and how much it says. */
function textOf({ response_format: format, verbosity }: ChatBody): JsonObject {
  const text: JsonObject = {};
  const given = asObject(format);
  if (given?.type === 'json_schema') {
    const asked = jsonAsked(given);
    // Here a schema is demanded.
    text.format = asked?.schema
      ? { type: 'json_schema', ...asked.definition, name: asString(asked.definition.name) || 'answer' }
      : { type: 'json_object' };
  } else if (given && given.type !== 'text') text.format = given;
  if (verbosity != null) text.verbosity = verbosity;
  return Object.keys(text).length > 0 ? { text } : {};
}

/** OpenRouter's `reasoning` object, whose effort gives way to `reasoning_effort`; what of it cannot be said is dropped. */
function reasoningOf({ reasoning: given, reasoning_effort: effort }: ChatBody, dropped: Dropped): JsonObject {
  const reasoning: JsonObject = {};
  if (effort != null) reasoning.effort = effort;
  const sent = asObject(given) ?? {};
  if (given != null && !isObject(given)) dropped.add('reasoning');
  for (const [name, value] of Object.entries(sent)) {
    if (value === null || value === undefined) continue;
    if (name === 'effort' && effort == null) reasoning.effort = value;
    else if (name === 'summary' && sent.exclude !== true) reasoning.summary = value;
    else if (name === 'enabled' && value === true) continue;
    // Nothing is shown that is not asked for by `summary`.
    else if (name === 'exclude') continue;
    else dropped.add(`reasoning.${name}`);
  }
  return Object.keys(reasoning).length > 0 ? { reasoning } : {};
}

/** Reasoning is asked for sealed, so that it can be brought back to a host that stores nothing. */
function includeOf(
  body: ChatBody,
  input: readonly JsonObject[],
  { capabilities, quirks }: Target,
): JsonObject {
  const { logprobs, top_logprobs: top } = body;
  const include = new Set(asArray(body.include));
  const seals = quirks.responses === undefined || quirks.responses.sealsReasoning === true;
  const reasons =
    capabilities.reasoning === true || input.some((item) => item.encrypted_content !== undefined);
  if (seals && reasons) include.add(SEALED_REASONING);
  if (logprobs === true) include.add(LOGPROBS);
  return {
    ...(include.size > 0 ? { include: [...include] } : {}),
    ...(logprobs === true && top != null ? { top_logprobs: top } : {}),
  };
}

/** Usage ends every response. */
function streamOptions(value: Json | undefined): JsonObject {
  const { include_usage: _, ...options } = asObject(value) ?? {};
  return Object.keys(options).length > 0 ? { stream_options: options } : {};
}
