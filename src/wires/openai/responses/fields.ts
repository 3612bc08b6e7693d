import { asArray, asNumber, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { checkDefinition } from '../../response-format.ts';
import type { Dropped } from './dropped.ts';
import { invalid, unsupported, wrongType } from './refuse.ts';

/** Members of a chat completion that a response has under another name. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  messages: '`input`',
  max_tokens: '`max_output_tokens`',
  max_completion_tokens: '`max_output_tokens`',
  response_format: '`text.format`',
  verbosity: '`text.verbosity`',
  reasoning_effort: '`reasoning.effort`',
  logprobs: '`include: ["message.output_text.logprobs"]`',
  functions: '`tools`',
  function_call: '`tool_choice`',
};

/** What a chat model has no word for, or an answer no place. */
const UNSAYABLE: Readonly<Record<string, string>> = {
  conversation: 'Conversations are not stored here: send the earlier items in `input`.',
  prompt: 'Prompts are not stored here: send `instructions` and `input`.',
  context_management: 'Contexts are not compacted here.',
  moderation: 'Answers are not moderated here.',
  modalities: 'An answer is text here.',
  audio: 'An answer is text here.',
  web_search_options: 'There is no web search here.',
};

/** What is read here and said in other words, or not at all. */
const READ: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'previous_response_id',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'max_output_tokens',
  'max_tool_calls',
  'top_logprobs',
  'include',
  'metadata',
  'store',
  'truncation',
  'background',
  'n',
  'stream_options',
]);

/** What `include` may ask for beside reasoning and log probabilities: results of tools that do not run here. */
const INCLUDES: ReadonlySet<string> = new Set([
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
]);

/**
 * Everything but the conversation and its tools. What is not known here travels as it is: the gateway's
 * extensions, parameters that both formats share, and those that only hosts know.
 * @throws GatewayError `unsupported_parameter`, `invalid_type`, `invalid_value`, by the caller's name.
 */
export function readFields(body: JsonObject, dropped: Dropped): JsonObject {
  const chat: JsonObject = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue;
    if (Object.hasOwn(ELSEWHERE, name)) {
      throw unsupported(name, `${name} is not of the Responses API: say it as ${ELSEWHERE[name]}.`);
    }
    if (Object.hasOwn(UNSAYABLE, name)) throw unsupported(name, UNSAYABLE[name] ?? '');
    if (!READ.has(name)) chat[name] = value;
  }
  if (body.n != null && body.n !== 1) throw unsupported('n', 'A response is one answer.');
  // Nothing is cut off a conversation: one that is too long is an error.
  if (body.truncation === 'auto') dropped.add('truncation');
  // It counts calls of tools that run at the provider.
  if (body.max_tool_calls != null) dropped.add('max_tool_calls');
  if (body.max_output_tokens != null) chat.max_completion_tokens = tokens(body.max_output_tokens);
  readStreamOptions(body.stream_options, dropped);
  Object.assign(chat, readReasoning(body.reasoning, dropped), readText(body.text));
  Object.assign(chat, readLogprobs(body, dropped));
  return chat;
}

function tokens(value: Json): number {
  const count = asNumber(value);
  if (count === undefined || !Number.isInteger(count)) throw wrongType('max_output_tokens', 'an integer');
  if (count < 1) throw invalid('max_output_tokens', 'max_output_tokens must be at least 1.');
  return count;
}

function object(value: Json | undefined, param: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw wrongType(param, 'an object');
  return value;
}

/** Usage ends every streamed response, and nothing is padded. */
function readStreamOptions(value: Json | undefined, dropped: Dropped): void {
  const { include_usage: _, include_obfuscation: padded, ...more } = object(value, 'stream_options');
  if (padded === true) dropped.add('stream_options.include_obfuscation');
  refuseOthers(more, 'stream_options');
}

function refuseOthers(members: JsonObject, of: string): void {
  for (const [name, value] of Object.entries(members)) {
    if (value != null) throw unsupported(`${of}.${name}`, `${of}.${name} is not known.`);
  }
}

function readReasoning(value: Json | undefined, dropped: Dropped): JsonObject {
  const { effort, summary, generate_summary: older, context, mode, ...rest } = object(value, 'reasoning');
  // OpenRouter's, which the wires know.
  const { max_tokens, enabled, exclude, ...more } = rest;
  refuseOthers(more, 'reasoning');
  if (mode != null && mode !== 'standard') {
    throw unsupported('reasoning.mode', 'There is but the standard mode of reasoning.');
  }
  // What a provider shows of its reasoning is shown, at the length that it has.
  for (const asked of [summary, older])
    if (asked != null && asked !== 'auto') dropped.add('reasoning.summary');
  if (context != null && context !== 'auto') dropped.add('reasoning.context');
  const routed: JsonObject = {};
  for (const [name, member] of Object.entries({ max_tokens, enabled, exclude })) {
    if (member != null) routed[name] = member;
  }
  if (Object.keys(routed).length > 0) return { reasoning: effort == null ? routed : { effort, ...routed } };
  return effort == null ? {} : { reasoning_effort: effort };
}

function readText(value: Json | undefined): JsonObject {
  const { format, verbosity, ...more } = object(value, 'text');
  refuseOthers(more, 'text');
  const chat: JsonObject = {};
  if (verbosity != null) chat.verbosity = verbosity;
  const { type, ...schema } = object(format, 'text.format');
  if (type === 'json_object') chat.response_format = { type };
  else if (type === 'json_schema') {
    checkDefinition(schema, 'text.format', ['schema', 'name']);
    chat.response_format = { type, json_schema: schema };
  } else if (type != null ? type !== 'text' : format != null) {
    throw invalid('text.format.type', 'A format is "text", "json_object" or "json_schema".');
  }
  return chat;
}

/** @throws GatewayError `invalid_value` for what the API has no word for. */
export function checkInclude(name: Json, at: string): void {
  if (name === 'message.output_text.logprobs' || name === 'reasoning.encrypted_content') return;
  if (typeof name === 'string' && INCLUDES.has(name)) return;
  throw invalid(at, `There is no ${JSON.stringify(name).slice(0, 100)} to include.`);
}

function readLogprobs({ top_logprobs: top, include }: JsonObject, dropped: Dropped): JsonObject {
  if (include != null && !Array.isArray(include)) throw wrongType('include', 'an array');
  let logprobs = top != null && top !== 0;
  for (const [index, name] of asArray(include).entries()) {
    checkInclude(name, `include[${index}]`);
    if (name === 'message.output_text.logprobs') logprobs = true;
    else if (name !== 'reasoning.encrypted_content') dropped.add(`include.${name}`);
  }
  if (!logprobs) return {};
  return top != null && top !== 0 ? { logprobs, top_logprobs: top } : { logprobs };
}
