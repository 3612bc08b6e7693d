import { patchMembers } from '../../lib/json-members.ts';
import { kindPath } from '../path.ts';
import type { EncodedRequest, KindQuirk, PlainRequest, Target } from '../types.ts';
import { Draft } from './draft.ts';

/** Renames and leaves out what a host knows by another name, or not at all; what is left out is reported. */
export function applyKindQuirk(draft: Draft, { rename, drop }: KindQuirk): void {
  for (const [from, to] of Object.entries(rename ?? {})) {
    const text = draft.take(from);
    if (text !== undefined && draft.text(to) === undefined) draft.set(to, text, draft.origin(from));
  }
  for (const name of drop ?? []) {
    if (draft.take(name) !== undefined) draft.dropped.push(draft.origin(name));
  }
}

/** A request with the host's name of its model, which some hosts have in the path. */
export function draftFor(request: PlainRequest, { upstreamModel }: Target, { path }: KindQuirk): Draft {
  const draft = new Draft(request);
  if (path?.includes('{model}')) draft.take('model');
  else draft.set('model', JSON.stringify(upstreamModel));
  return draft;
}

/** The caller's own bytes with the changes of a draft. @param own the path of OpenAI's API. */
export function encodeDraft(
  draft: Draft,
  { bytes, members }: PlainRequest,
  { upstreamModel }: Target,
  { path }: KindQuirk,
  own: string,
): EncodedRequest {
  return {
    path: kindPath(path, upstreamModel, own),
    body: patchMembers(bytes, members, {
      setText: Object.fromEntries(draft.texts),
      remove: [...draft.removed],
    }),
    dropped: draft.dropped,
  };
}
