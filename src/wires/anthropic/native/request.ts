import { asArray, asObject, asString, type JsonObject } from '../../../lib/json.ts';
import { patchMembers } from '../../../lib/json-members.ts';
import { modelTraits } from '../../claude/models.ts';
import { isLoopWithoutThinking, minds } from '../../claude/tool-loop.ts';
import { changeNative, type NativeRequest, type Unsealed } from '../../native.ts';
import { Draft } from '../../openai/draft.ts';
import { hasModelInPath, pathOf } from '../../path.ts';
import type { EncodedRequest, Target } from '../../types.ts';
import { betaFlags } from '../request.ts';
import { isOurs } from '../surface/sealed.ts';
import { BLOCKS, isThinking, withoutBlocks, withoutThinkingEdits } from '../tool-loop.ts';

/** Thinking of earlier turns, as it is named when it is left out. */
const THINKING = 'messages.thinking';

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
  adaptThinking(draft, request.body, target);
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

/** The same request without thinking, whoever made it, and without the wish to think where none can be gone on with. */
export function withoutSealed(request: NativeRequest): Unsealed | null {
  const { body } = request;
  const given = asArray(body.messages);
  const messages = withoutBlocks(given, isThinking);
  const mustNotThink = thinksOnBudget(body) && isLoopWithoutThinking(messages ?? given, BLOCKS);
  if (!messages && !mustNotThink) return null;
  const changes: JsonObject = messages ? { messages } : {};
  if (mustNotThink) {
    Object.assign(changes, { thinking: undefined });
    if (body.context_management != null) {
      changes.context_management = withoutThinkingEdits(body.context_management);
    }
  }
  const dropped = [...(messages ? [THINKING] : []), ...(mustNotThink ? ['thinking'] : [])];
  return { request: changeNative(request, changes), dropped };
}

function thinksOnBudget(body: JsonObject): boolean {
  return asObject(body.thinking)?.type === 'enabled';
}

/** Takes out what this host would refuse of the thinking in a conversation, and its wish to think where it must not. */
function adaptThinking(draft: Draft, body: JsonObject, { upstreamModel }: Target): void {
  const given = asArray(body.messages);
  // The API refuses signatures that it has not made, and of thinking of other kinds of models they are the gateway's.
  const messages = withoutBlocks(given, isOurs);
  if (messages) {
    draft.set('messages', JSON.stringify(messages));
    draft.dropped.push(THINKING);
  }
  if (!thinksOnBudget(body) || !minds(modelTraits(upstreamModel))) return;
  if (!isLoopWithoutThinking(messages ?? given, BLOCKS)) return;
  draft.take('thinking');
  draft.dropped.push('thinking');
  if (body.context_management == null) return;
  const management = withoutThinkingEdits(body.context_management);
  if (management) draft.set('context_management', JSON.stringify(management));
  else draft.take('context_management');
}
