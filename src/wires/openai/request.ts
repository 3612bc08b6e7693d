import { isObject, type Json, parseJson } from '../../lib/json.ts';
import { patchMembers } from '../../lib/json-members.ts';
import { hasModelInPath, pathOf } from '../path.ts';
import type { ChatRequest, EncodedRequest, Target } from '../types.ts';
import { askForUsage } from './ask-for-usage.ts';
import { Draft } from './draft.ts';
import { endsInPrefill, markPrefill } from './prefill.ts';
import { adaptTranslated } from './translated.ts';

/** Values that ask for what happens anyway: leaving them out is no loss, and not reported. */
const NEUTRAL: Readonly<Record<string, Json>> = {
  n: 1,
  logprobs: false,
  top_logprobs: 0,
  store: false,
  frequency_penalty: 0,
  presence_penalty: 0,
};

/**
 * The request for an OpenAI-shaped host: the caller's own bytes, with only the members changed that must be.
 * Numbers keep their spelling, unknown members their place.
 */
export function encodeRequest(given: ChatRequest, target: Target): EncodedRequest {
  const { quirks } = target;
  const adapted = given.translated ? adaptTranslated(given, quirks) : { request: given, dropped: [] };
  const { request } = adapted;
  const draft = new Draft(request);
  draft.dropped.push(...adapted.dropped);
  if (hasModelInPath(target)) draft.take('model');
  else draft.set('model', JSON.stringify(target.upstreamModel));
  if (request.stream) askForUsage(draft, quirks);
  if (!quirks.reasoningObject) reasoningAsEffort(draft);
  for (const [from, to] of Object.entries(quirks.rename ?? {})) {
    const text = draft.take(from);
    // A caller that sends both names means each for the hosts that know it.
    if (text !== undefined && draft.text(to) === undefined) draft.set(to, text, draft.origin(from));
  }
  for (const name of quirks.drop ?? []) {
    const text = draft.take(name);
    if (text !== undefined && parseJson(text) !== NEUTRAL[name]) draft.dropped.push(draft.origin(name));
  }
  for (const [name, value] of Object.entries(quirks.add ?? {})) draft.set(name, JSON.stringify(value));
  if (quirks.developerRole) {
    const messages = request.body().messages;
    if (messages.some(isDeveloper)) draft.set('messages', JSON.stringify(messages.map(withoutDeveloper)));
  }
  const prefill = quirks.prefill && endsInPrefill(request.body().messages) ? quirks.prefill : undefined;
  if (prefill) markPrefill(draft, prefill.mark);
  return {
    path: prefill?.path ?? pathOf(target, request.stream, '/chat/completions'),
    body: patchMembers(request.bytes, request.members, {
      setText: Object.fromEntries(draft.texts),
      remove: [...draft.removed],
    }),
    dropped: draft.dropped,
  };
}

/** OpenRouter's `reasoning` object as OpenAI's `reasoning_effort`; what of it cannot be said is dropped. */
function reasoningAsEffort(draft: Draft): void {
  const text = draft.take('reasoning');
  if (text === undefined) return;
  const sent = parseJson(text);
  if (!isObject(sent)) return void draft.dropped.push('reasoning');
  const hasEffort = draft.text('reasoning_effort') !== undefined;
  for (const [name, value] of Object.entries(sent)) {
    if (value === null || value === undefined) continue;
    if (name === 'effort' && !hasEffort) {
      draft.set('reasoning_effort', JSON.stringify(value), 'reasoning.effort');
    } else if (name === 'enabled' && value === true) continue;
    else if (name === 'exclude' && value === false) continue;
    else draft.dropped.push(`reasoning.${name}`);
  }
}

function isDeveloper(message: Json): boolean {
  return isObject(message) && message.role === 'developer';
}

function withoutDeveloper(message: Json): Json {
  return isObject(message) && message.role === 'developer' ? { ...message, role: 'system' } : message;
}
