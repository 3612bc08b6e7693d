import { asArray, asObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { patchMembers } from '../../../../lib/json-members.ts';
import { changeNative, type NativeRequest, type Unsealed } from '../../../native.ts';
import type { EncodedRequest, Target } from '../../../types.ts';
import { Draft } from '../../draft.ts';
import { readableBy, SEALED_ITEM, withoutReasoningItems } from './seals.ts';

/** What asks for the reasoning of an answer in a form that can be sent back. */
export const SEALED_REASONING = 'reasoning.encrypted_content';

/**
 * The request for a host of the Responses API: its client's own bytes, with the host's name of the model and the limits
 * in force. The host stores nothing, so reasoning is asked for sealed where the model reasons.
 */
export function encodeNative(request: NativeRequest, target: Target): EncodedRequest {
  const { body } = request;
  const draft = new Draft(request);
  draft.set('model', JSON.stringify(target.upstreamModel));
  draft.set('store', 'false');
  // The gateway's own doing: by now the input has all that they mean.
  for (const name of ['previous_response_id', 'background']) draft.take(name);
  if (request.maxOutputTokens !== undefined) draft.set('max_output_tokens', String(request.maxOutputTokens));
  const readable = readableBy(body.input, target);
  if (readable) draft.set('input', JSON.stringify(readable.items));
  if (readable?.lost) draft.dropped.push(SEALED_ITEM);
  const include = includeOf(body.include, target);
  if (include) draft.set('include', JSON.stringify(include));
  const { include_usage: asked, ...options } = asObject(body.stream_options) ?? {};
  // Chat completions have it; usage ends every response.
  if (asked !== undefined) draft.set('stream_options', JSON.stringify(options));
  for (const name of target.quirks.responses?.drop ?? []) {
    if (draft.take(name) !== undefined && name !== 'store') draft.dropped.push(name);
  }
  return {
    path: '/responses',
    body: patchMembers(request.bytes, request.members, {
      setText: Object.fromEntries(draft.texts),
      remove: [...draft.removed],
    }),
    dropped: draft.dropped,
  };
}

/** Members that chat completions have and the Responses API refuses. */
const OF_CHAT = [
  'seed',
  'stop',
  'n',
  'logit_bias',
  'frequency_penalty',
  'presence_penalty',
  'prediction',
  'cache_control',
] as const;

/** Members of OpenRouter's `reasoning`, likewise. */
const OF_REASONING = ['max_tokens', 'enabled', 'exclude'] as const;

/** Whether a request says what only chat completions can say: it is better translated. */
export function saysWordsOfChat(body: JsonObject): boolean {
  const reasoning = asObject(body.reasoning);
  return OF_CHAT.some((name) => body[name] != null) || OF_REASONING.some((name) => reasoning?.[name] != null);
}

/** What to include, where that differs from what the caller asks for. A model that does not reason refuses to seal. */
function includeOf(given: Json | undefined, { quirks, capabilities }: Target): Json[] | null {
  const asked = asArray(given);
  const isAsked = asked.includes(SEALED_REASONING);
  if (capabilities.reasoning === false)
    return isAsked ? asked.filter((name) => name !== SEALED_REASONING) : null;
  const seals = quirks.responses?.sealsReasoning === true && capabilities.reasoning === true;
  return seals && !isAsked ? [...asked, SEALED_REASONING] : null;
}

/** The same request without earlier reasoning. */
export function withoutSealed(request: NativeRequest): Unsealed | null {
  const bare = withoutReasoningItems(request.body.input);
  if (!bare) return null;
  return {
    request: changeNative(request, { input: [...bare.items] }),
    dropped: bare.lost ? [SEALED_ITEM] : [],
  };
}
