import { asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { assistantParts } from './assistant.ts';
import { Calls } from './calls.ts';
import { contentParts, invalid, unsupported } from './content.ts';
import type { Dropped } from './dropped.ts';
import type { ModelTraits } from './models.ts';
import { signForeignCalls } from './signatures.ts';
import { type ToolResult, toolResult } from './tool-results.ts';

/** The conversation as generateContent has it. */
export interface Conversation {
  /** Parts of the system instruction. */
  system: JsonObject[];
  contents: JsonObject[];
}

/** One turn while it is gathered; function responses stand first in it, in the order of their calls. */
interface Turn {
  role: 'user' | 'model';
  results: ToolResult[];
  parts: JsonObject[];
}

/**
 * OpenAI messages as a system instruction and alternating turns. Instructions at the beginning are the
 * system instruction; a later one keeps its place, in a user turn, in tags. Neighbours of one role become
 * one turn; nothing changes its order but function responses.
 * @throws GatewayError `unsupported_parameter` for content that cannot be sent, naming the part.
 */
export function encodeMessages(
  messages: readonly Json[],
  traits: ModelTraits,
  dropped: Dropped,
): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  const calls = new Calls();
  let leading = true;
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw invalid(at, 'A message must be an object.');
    const role = asString(message.role) ?? '';
    reportExtras(message, role, dropped);
    if (role === 'system' || role === 'developer') {
      const parts = systemParts(message, at, dropped);
      if (leading) system.push(...parts);
      else turnOf(turns, 'user').parts.push(...parts.map(inTags));
      continue;
    }
    leading = false;
    switch (role) {
      case 'user':
        turnOf(turns, 'user').parts.push(...contentParts(message.content, `${at}.content`, dropped));
        break;
      case 'assistant':
        turnOf(turns, 'model').parts.push(...assistantParts(message, at, calls, dropped));
        break;
      case 'tool':
      case 'function':
        turnOf(turns, 'user').results.push(toolResult(message, at, calls, traits.signatures, dropped));
        break;
      default:
        throw invalid(`${at}.role`, `There is no role "${role}".`);
    }
  }
  // The API wants at least one turn: instructions alone are the question then.
  if (turns.length === 0 && system.length > 0) turnOf(turns, 'user').parts.push(...system.splice(0));
  const contents = turns.map((turn) => finish(turn, traits)).filter(({ parts }) => parts.length > 0);
  if (contents.length === 0) throw invalid('messages', 'There is no content that could be sent.');
  return { system, contents: contents.map(({ role, parts }) => ({ role, parts })) };
}

function turnOf(turns: Turn[], role: Turn['role']): Turn {
  const last = turns.at(-1);
  if (last?.role === role) return last;
  const turn: Turn = { role, results: [], parts: [] };
  turns.push(turn);
  return turn;
}

function finish({ role, results, parts }: Turn, traits: ModelTraits): { role: string; parts: JsonObject[] } {
  if (role === 'model' && traits.signatures) signForeignCalls(parts);
  const ordered = results.toSorted((a, b) => (a.order === b.order ? 0 : a.order - b.order));
  return {
    role,
    parts: [...ordered.map(({ part }) => part), ...ordered.flatMap(({ beside }) => beside), ...parts],
  };
}

function systemParts(message: JsonObject, at: string, dropped: Dropped): JsonObject[] {
  const parts = contentParts(message.content, `${at}.content`, dropped);
  const other = parts.findIndex((part) => typeof part.text !== 'string');
  if (other >= 0)
    throw unsupported(`${at}.content[${other}]`, 'Instructions to this model can only be text.');
  return parts;
}

/** An instruction in the middle of the conversation, marked as what it is. */
function inTags(part: JsonObject): JsonObject {
  return { text: `<system>\n${part.text}\n</system>` };
}

function reportExtras(message: JsonObject, role: string, dropped: Dropped): void {
  if (message.cache_control) dropped.add('messages.cache_control');
  if (message.name !== undefined && message.name !== null && role !== 'function' && role !== 'tool') {
    dropped.add('messages.name');
  }
}
