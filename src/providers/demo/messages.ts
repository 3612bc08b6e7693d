import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { DemoRequest } from './types.ts';

/** The text of the last user message; parts that are not text are left out. */
export function lastUserText(request: DemoRequest): string {
  const message = request.messages.findLast((m) => asObject(m)?.role === 'user');
  return textOf(asObject(message)?.content);
}

/** The tool messages that came after the last user message: results that were not answered yet. */
export function openToolResults(request: DemoRequest): JsonObject[] {
  const from = request.messages.findLastIndex((m) => asObject(m)?.role === 'user');
  return request.messages.slice(from + 1).filter((m) => isObject(m) && m.role === 'tool') as JsonObject[];
}

/** The text of message content: a string, or the text parts of a list. */
export function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asString(asObject(part)?.text) ?? '')
    .join('');
}

/** The text that a last message of the assistant begins the answer with; '' without one. */
export function prefillOf(request: DemoRequest): string {
  const last = asObject(request.messages.at(-1));
  return last?.role === 'assistant' && last.tool_calls === undefined ? textOf(last.content) : '';
}
