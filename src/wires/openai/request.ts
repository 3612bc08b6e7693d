import { asObject, isObject, type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import { type JsonMember, memberText, patchMembers } from '../../lib/json-members.ts';
import type { ChatRequest, EncodedRequest, Target } from '../types.ts';

/**
 * The request for an OpenAI-shaped host: the caller's own bytes, with only the members changed that must be.
 * Numbers keep their spelling, unknown members their place.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const { quirks } = target;
  const member = (name: string): JsonMember | undefined => request.members.findLast((m) => m.name === name);
  const value = (name: string): Json | undefined => {
    const found = member(name);
    return found && parseJson(memberText(request.bytes, found));
  };
  const set: JsonObject = { model: target.upstreamModel };
  const remove = [...request.extensions];
  const dropped: string[] = [];

  if (request.stream && quirks.streamUsage !== 'always') {
    if (quirks.streamUsage === 'never') remove.push('stream_options');
    else set.stream_options = { ...asObject(value('stream_options')), include_usage: true };
  }
  for (const [from, to] of Object.entries(quirks.rename ?? {})) {
    const sent = value(from);
    if (sent === undefined) continue;
    remove.push(from);
    // A caller that sends both names means each for the hosts that know it.
    if (sent !== null && !member(to)) set[to] = sent;
  }
  for (const name of quirks.drop ?? []) {
    const sent = value(name);
    if (sent === undefined) continue;
    remove.push(name);
    if (sent !== null) dropped.push(name);
  }
  if (!quirks.reasoningObject && member('reasoning')) {
    remove.push('reasoning');
    dropped.push(...asEffort(value('reasoning'), member('reasoning_effort') !== undefined, set));
  }
  if (quirks.developerRole) {
    const messages = request.body().messages;
    if (messages.some(isDeveloper)) set.messages = messages.map(withoutDeveloper);
  }
  return {
    path: '/chat/completions',
    body: patchMembers(request.bytes, request.members, { set, remove }),
    dropped,
  };
}

/** OpenRouter's `reasoning` object as OpenAI's `reasoning_effort`; answers what of it cannot be said. */
function asEffort(sent: Json | undefined, hasEffort: boolean, set: JsonObject): string[] {
  if (!isObject(sent)) return sent === null || sent === undefined ? [] : ['reasoning'];
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(sent)) {
    if (value === null || value === undefined) continue;
    if (name === 'effort' && !hasEffort) set.reasoning_effort = value;
    else if (name === 'enabled' && value === true) continue;
    else if (name === 'exclude' && value === false) continue;
    else dropped.push(`reasoning.${name}`);
  }
  return dropped;
}

function isDeveloper(message: Json): boolean {
  return isObject(message) && message.role === 'developer';
}

function withoutDeveloper(message: Json): Json {
  return isObject(message) && message.role === 'developer' ? { ...message, role: 'system' } : message;
}
