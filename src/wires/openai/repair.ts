import { type ErrorCode, GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { FinishReason } from '../types.ts';
import { inBandError } from './error.ts';

const FINISH_REASONS: ReadonlySet<string> = new Set([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
]);

/** Words of compatible hosts for OpenAI's finish reasons but `stop`, which any other word (`eos`, …) is. */
const SYNONYMS: ReadonlyMap<string, FinishReason> = new Map([
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['sensitive', 'content_filter'],
  ['refusal', 'content_filter'],
]);

/** Words for an answer that broke off: it must never look complete. */
const BROKEN: ReadonlyMap<string, ErrorCode> = new Map([
  ['error', 'upstream_error'],
  ['network_error', 'upstream_error'],
  ['insufficient_system_resource', 'upstream_overloaded'],
  ['abort', 'upstream_incomplete'],
]);

/** A host's finish reason in OpenAI's words. */
export function mapFinishReason(raw: string): FinishReason {
  return FINISH_REASONS.has(raw) ? (raw as FinishReason) : (SYNONYMS.get(raw.toLowerCase()) ?? 'stop');
}

/** The error of a choice that says itself that it broke off, in an `error` of its own or as finish reason. */
export function choiceError(choice: JsonObject, body: string): GatewayError | undefined {
  if (choice.error !== undefined && choice.error !== null) return inBandError(choice.error, body);
  const reason = asString(choice.finish_reason) ?? '';
  const code = BROKEN.get(reason);
  if (code === undefined) return undefined;
  return new GatewayError(code, { upstream: { status: 200, code: reason, body: body.slice(0, 1024) } });
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
    repaired.tool_calls = message.tool_calls.filter(isObject).map((call) => repairCall(call, isDelta));
  } else if ('tool_calls' in message) {
    delete repaired.tool_calls;
  }
  if (message.function_call === null) delete repaired.function_call;
  if (!isDelta) {
    repaired.role = 'assistant';
    repaired.content = repaired.content ?? null;
    repaired.refusal = message.refusal ?? null;
  }
  return repaired;
}

/** True for a tool call, or a piece of one, that is as OpenAI's schema has it. */
export function isRegularCall(call: Json, isDelta: boolean): boolean {
  if (!isObject(call)) return false;
  const written = asObject(call.function)?.arguments;
  // In later deltas of a call hosts leave the type out, as OpenAI does.
  const typed = typeof call.type === 'string' || (isDelta && typeof call.id !== 'string');
  const isText =
    typeof written === 'string' || (written === undefined && (isDelta || !isObject(call.function)));
  return typed && isText;
}

function repairCall(call: JsonObject, isDelta: boolean): JsonObject {
  const repaired: JsonObject = { ...call };
  if (typeof call.type !== 'string' && (!isDelta || typeof call.id === 'string')) repaired.type = 'function';
  const fn = asObject(call.function);
  const text = fn && argumentsText(fn.arguments, isDelta);
  if (text !== undefined) repaired.function = { ...fn, arguments: text };
  return repaired;
}

function argumentsText(written: Json | undefined, isDelta: boolean): string | undefined {
  if (typeof written === 'string') return written;
  if (written === null) return isDelta ? '' : '{}';
  if (written === undefined) return isDelta ? undefined : '{}';
  return JSON.stringify(written);
}
