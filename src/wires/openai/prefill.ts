import { asArray, isObject, type Json, parseJson } from '../../lib/json.ts';
import type { PrefillQuirk } from '../types.ts';
import type { Draft } from './draft.ts';

/** Whether the messages end with the beginning of the answer. */
export function endsInPrefill(messages: readonly Json[]): boolean {
  const last = messages.at(-1);
  return isObject(last) && last.role === 'assistant' && !last.tool_calls && !!last.content;
}

/** Tells the host that the last message is to be gone on with. What the caller says of it itself stays. */
export function markPrefill(draft: Draft, mark: PrefillQuirk['mark']): void {
  if (mark === 'continue_final_message') {
    // Either both or neither: together with a prompt for a new answer vLLM refuses it.
    if (draft.text('continue_final_message') !== undefined) return;
    draft.set('continue_final_message', 'true');
    draft.set('add_generation_prompt', 'false');
    return;
  }
  const messages = asArray(parseJson(draft.text('messages') ?? '[]'));
  const last = messages.at(-1);
  if (!isObject(last) || last[mark] !== undefined) return;
  draft.set('messages', JSON.stringify([...messages.slice(0, -1), { ...last, [mark]: true }]));
}
