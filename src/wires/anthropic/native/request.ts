import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { patchMembers } from '../../../lib/json-members.ts';
import type { NativeRequest } from '../../native.ts';
import { Draft } from '../../openai/draft.ts';
import { hasModelInPath, pathOf } from '../../path.ts';
import type { EncodedRequest, Target } from '../../types.ts';
import { betaFlags } from '../request.ts';
import { isOurs } from '../surface/sealed.ts';

/**
 * The request for a host of the Messages API: its client's own bytes, with the host's name of the model, the limits
 * in force and the host's deviations. Flags of betas go as a header.
 */
export function encodeNative(request: NativeRequest, target: Target): EncodedRequest {
  const { draft, headers } = draftOf(request, target);
  return {
    path: pathOf(target, request.stream, '/messages'),
    body: bytesOf(request, draft),
    ...headers,
    dropped: draft.dropped,
  };
}

/** What a request to count tokens must not have, of what a request for an answer may. */
const OF_THE_ANSWER = [
  'max_tokens',
  'stream',
  'metadata',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
  'service_tier',
  'inference_geo',
  'container',
  'diagnostics',
  'fallbacks',
] as const;

/** The same request for its tokens to be counted; null where the host has no path for that. */
export function encodeNativeCount(request: NativeRequest, target: Target): EncodedRequest | null {
  if (target.quirks.path !== undefined) return null;
  const { draft, headers } = draftOf(request, target);
  for (const name of OF_THE_ANSWER) draft.take(name);
  return {
    path: '/messages/count_tokens',
    body: bytesOf(request, draft),
    ...headers,
    dropped: draft.dropped,
  };
}

function draftOf(
  request: NativeRequest,
  target: Target,
): { draft: Draft; headers: Pick<EncodedRequest, 'headers'> } {
  const { quirks } = target;
  const draft = new Draft(request);
  if (hasModelInPath(target)) draft.take('model');
  else draft.set('model', JSON.stringify(target.upstreamModel));
  if (request.maxOutputTokens !== undefined) draft.set('max_tokens', String(request.maxOutputTokens));
  const messages = withoutOurs(request.body.messages);
  if (messages) draft.set('messages', JSON.stringify(messages));
  // Our ids say nothing to the host.
  if (asString(asObject(request.body.diagnostics)?.previous_message_id)?.startsWith('gen_')) {
    draft.take('diagnostics');
    draft.dropped.push('diagnostics');
  }
  // The SDKs take it out of the body themselves, for the header.
  draft.take('betas');
  for (const name of quirks.drop ?? []) if (draft.take(name) !== undefined) draft.dropped.push(name);
  for (const [from, to] of Object.entries(quirks.rename ?? {})) {
    const text = draft.take(from);
    if (text !== undefined && draft.text(to) === undefined) draft.set(to, text, from);
  }
  for (const [name, value] of Object.entries(quirks.add ?? {})) draft.set(name, JSON.stringify(value));
  const betas = betaFlags({ ...request.body, betas: [...request.betas, ...asArray(request.body.betas)] });
  return { draft, headers: betas.length > 0 ? { headers: { 'anthropic-beta': betas.join(',') } } : {} };
}

function bytesOf(request: NativeRequest, draft: Draft): Uint8Array {
  return patchMembers(request.bytes, request.members, {
    setText: Object.fromEntries(draft.texts),
    remove: [...draft.removed],
  });
}

/**
 * The messages without thinking of other kinds of models, whose signatures are the gateway's own: the API refuses
 * signatures that it has not made. Null where there is none.
 */
function withoutOurs(messages: Json | undefined): Json[] | null {
  const given = asArray(messages);
  if (!given.some((message) => contentOf(message).some(isOurs))) return null;
  return given.flatMap((message) => {
    const content = contentOf(message);
    const kept = content.filter((block) => !isOurs(block));
    if (!isObject(message) || kept.length === content.length) return [message];
    return kept.length === 0 ? [] : [{ ...message, content: kept } as JsonObject];
  });
}

function contentOf(message: Json): readonly Json[] {
  return isObject(message) ? asArray(message.content) : [];
}
