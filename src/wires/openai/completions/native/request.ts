import { asNumber } from '../../../../lib/json.ts';
import { patchMembers } from '../../../../lib/json-members.ts';
import type { NativeRequest } from '../../../native.ts';
import type { EncodedRequest, Target } from '../../../types.ts';
import { askForUsage } from '../../ask-for-usage.ts';
import { Draft } from '../../draft.ts';
import { applyKindQuirk } from '../../kind-quirk.ts';

/** What a text has where its request does not say: https://platform.openai.com/docs/api-reference/completions/create. */
const USUAL_TOKENS = 16;

/**
 * The request for a host of the API: its client's own bytes, with the host's name of the model, the limit in force
 * where that is lower, and usage asked for.
 */
export function encodeNative(request: NativeRequest, { quirks, upstreamModel }: Target): EncodedRequest {
  const draft = new Draft(request);
  draft.set('model', JSON.stringify(upstreamModel));
  const { maxOutputTokens: limit } = request;
  const own = asNumber(request.body.max_tokens) ?? USUAL_TOKENS;
  if (limit !== undefined && limit < own) draft.set('max_tokens', String(limit));
  // A host whose usual limit is higher is held to the one in force, too.
  else if (limit !== undefined && request.body.max_tokens == null) draft.set('max_tokens', String(own));
  if (request.stream) askForUsage(draft, quirks);
  applyKindQuirk(draft, quirks.completions ?? {});
  return {
    path: quirks.completions?.path ?? '/completions',
    body: patchMembers(request.bytes, request.members, {
      setText: Object.fromEntries(draft.texts),
      remove: [...draft.removed],
    }),
    dropped: draft.dropped,
  };
}
