import { asArray, asObject, type Json } from '../../lib/json.ts';
import type { ModelTraits } from './models.ts';

/** What content blocks are, as a wire writes them. */
export interface BlockKinds {
  /** The result of a tool. */
  isResult(block: Json): boolean;
  /** Thinking, with its text or sealed. */
  isThinking(block: Json): boolean;
}

/**
 * Whether results of tools are answered, and the turn that called them did not begin with thinking: another model made
 * it, or its thinking cannot be sent. Thinking with a budget is refused there; adaptive thinking is not
 * (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
 * @param messages with their content as blocks.
 */
export function isLoopWithoutThinking(
  messages: readonly Json[],
  { isResult, isThinking }: BlockKinds,
): boolean {
  const hasResults = (message: Json | undefined): boolean =>
    asObject(message)?.role === 'user' && blocksOf(message).some(isResult);
  if (!hasResults(messages.at(-1))) return false;
  let first: Json | undefined;
  for (const message of messages.toReversed()) {
    const role = asObject(message)?.role;
    if (role === 'assistant') first = message;
    else if (role === 'user' && !hasResults(message)) break;
  }
  const [begin] = blocksOf(first);
  return first !== undefined && !(begin !== undefined && isThinking(begin));
}

/** Whether a model refuses thinking with a budget there. Newer ones do not take a budget, others than Claude do not look. */
export function minds({ claude, thinking }: ModelTraits): boolean {
  return claude && (thinking === 'budget' || thinking === 'both');
}

function blocksOf(message: Json | undefined): readonly Json[] {
  return asArray(asObject(message)?.content);
}
