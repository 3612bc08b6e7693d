import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ModelTraits } from './models.ts';

/**
 * Whether results of tools are answered, and the turn that called them did not begin with thinking: another model made
 * it, or its thinking cannot be sent. Thinking with a budget is refused there; adaptive thinking is not
 * (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
 * @param messages of the Messages API.
 */
export function isLoopWithoutThinking(messages: readonly Json[]): boolean {
  if (!hasResults(messages.at(-1))) return false;
  let first: Json | undefined;
  for (const message of messages.toReversed()) {
    const role = asObject(message)?.role;
    if (role === 'assistant') first = message;
    else if (role === 'user' && !hasResults(message)) break;
  }
  return first !== undefined && !isThinking(blocksOf(first)[0]);
}

/** Whether a model refuses thinking with a budget there. Newer ones do not take a budget, others than Claude do not look. */
export function minds({ claude, thinking }: ModelTraits): boolean {
  return claude && (thinking === 'budget' || thinking === 'both');
}

/** `context_management` for a request without thinking, which refuses edits that are about it; undefined: nothing is left. */
export function withoutThinkingEdits(given: Json | undefined): JsonObject | undefined {
  const management = asObject(given);
  if (!management) return undefined;
  const edits = asArray(management.edits).filter(
    (edit) => !asString(asObject(edit)?.type)?.startsWith('clear_thinking'),
  );
  return edits.length > 0 ? { ...management, edits } : undefined;
}

/** Whether a content block is thinking, of whichever model. */
export function isThinking(block: Json | undefined): boolean {
  return isObject(block) && (block.type === 'thinking' || block.type === 'redacted_thinking');
}

/**
 * The messages without the blocks that a test finds, and without those that have no other; null where it finds none.
 */
export function withoutBlocks(messages: readonly Json[], isOut: (block: Json) => boolean): Json[] | null {
  if (!messages.some((message) => blocksOf(message).some(isOut))) return null;
  return messages.flatMap((message): Json[] => {
    const blocks = blocksOf(message);
    const kept = blocks.filter((block) => !isOut(block));
    if (!isObject(message) || kept.length === blocks.length) return [message];
    return kept.length === 0 ? [] : [{ ...message, content: kept }];
  });
}

function hasResults(message: Json | undefined): boolean {
  if (!isObject(message) || message.role !== 'user') return false;
  return blocksOf(message).some((block) => asObject(block)?.type === 'tool_result');
}

function blocksOf(message: Json): readonly Json[] {
  return isObject(message) ? asArray(message.content) : [];
}
