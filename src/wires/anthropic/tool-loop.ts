import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { BlockKinds } from '../claude/tool-loop.ts';

/** Blocks of the Messages API. */
export const BLOCKS: BlockKinds = {
  isResult: (block) => asObject(block)?.type === 'tool_result',
  isThinking,
};

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

function blocksOf(message: Json): readonly Json[] {
  return isObject(message) ? asArray(message.content) : [];
}
