import { asNumber, type JsonObject } from '../../../../lib/json.ts';
import { patchMembers, scanMembers } from '../../../../lib/json-members.ts';
import type { NativeRequest, SentSoFar } from '../../../native.ts';
import { promptsOf } from '../prompt.ts';

/** Half a character: its other half was still to come. */
const HALF_CHARACTER = /[\uD800-\uDBFF]$/;

/**
 * The request that goes on with a text that broke off: the prompt with the text behind it, which is what the model
 * would have read to write the next token. Null where the prompt is none that a text can be put behind.
 */
export function goingOn(request: NativeRequest, sent: SentSoFar): NativeRequest | null {
  const [prompt, ...others] = promptsOf(request.body.prompt) ?? [];
  if (typeof prompt !== 'string' || others.length > 0 || HALF_CHARACTER.test(sent.text)) return null;
  const set: JsonObject = { prompt: prompt + sent.text };
  const limit = asNumber(request.body.max_tokens);
  if (limit !== undefined) set.max_tokens = Math.max(1, limit - sent.outputTokens);
  const bytes = patchMembers(request.bytes, request.members, { set, remove: ['echo'] });
  const { echo: _, ...rest } = request.body;
  return {
    ...request,
    bytes,
    members: scanMembers(bytes) ?? [],
    body: { ...rest, ...set },
    // All chunks of a stream say the same.
    echo: { created: sent.created },
  };
}
