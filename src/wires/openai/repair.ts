import { asArray, asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { FinishReason } from '../types.ts';

const FINISH_REASONS: ReadonlySet<string> = new Set([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
]);

/** Words of compatible hosts for OpenAI's finish reasons. */
const SYNONYMS: Readonly<Record<string, FinishReason>> = {
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_length: 'length',
  tool_use: 'tool_calls',
};

/** A host's finish reason in OpenAI's words; one that nobody knows is a stop. */
export function mapFinishReason(raw: string): FinishReason {
  return FINISH_REASONS.has(raw) ? (raw as FinishReason) : (SYNONYMS[raw] ?? 'stop');
}

/** True for a reason that clients know as it is. */
export function isFinishReason(raw: string): boolean {
  return FINISH_REASONS.has(raw);
}

/**
 * Content that comes as parts, as some hosts send it, in OpenAI's shape: text is joined, thinking
 * becomes `reasoning`. Answers undefined for content that is a string or null.
 */
export function flattenContent(
  content: Json | undefined,
): { content: string | null; reasoning: string } | undefined {
  if (!Array.isArray(content)) return undefined;
  let text = '';
  let reasoning = '';
  for (const part of content) {
    if (typeof part === 'string') text += part;
    else if (!isObject(part)) continue;
    else if (part.type === 'thinking') reasoning += partText(part.thinking);
    else text += partText(part.text);
  }
  return { content: text === '' && reasoning !== '' ? null : text, reasoning };
}

function partText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return asArray(value)
    .map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/**
 * A message or delta as clients know it: content as text, reasoning under `reasoning` beside the host's
 * own name of it, tool calls with what OpenAI's schema demands. The rest stays.
 */
export function repairMessage(message: JsonObject, isDelta: boolean): JsonObject {
  const repaired: JsonObject = { ...message };
  const flat = flattenContent(message.content);
  if (flat) {
    repaired.content = flat.content;
    if (flat.reasoning !== '' && typeof message.reasoning !== 'string') repaired.reasoning = flat.reasoning;
  }
  if (typeof message.reasoning_content === 'string' && typeof message.reasoning !== 'string') {
    repaired.reasoning = message.reasoning_content;
  }
  if (isDelta && message.role === null) delete repaired.role;
  if (Array.isArray(message.tool_calls)) {
    repaired.tool_calls = message.tool_calls.map((call, index) => repairCall(call, index, isDelta));
  } else if ('tool_calls' in message) {
    delete repaired.tool_calls;
  }
  if (!isDelta) {
    repaired.role = 'assistant';
    repaired.content = repaired.content ?? null;
    repaired.refusal = message.refusal ?? null;
  }
  return repaired;
}

function repairCall(call: Json, index: number, isDelta: boolean): Json {
  if (!isObject(call)) return call;
  const repaired: JsonObject = { ...call };
  if (isDelta && typeof call.index !== 'number') repaired.index = index;
  // In later deltas of a call hosts leave the type out, as OpenAI does.
  if (typeof call.id === 'string' && typeof call.type !== 'string') repaired.type = 'function';
  const fn = asObject(call.function);
  if (fn && isObject(fn.arguments)) repaired.function = { ...fn, arguments: JSON.stringify(fn.arguments) };
  return repaired;
}
