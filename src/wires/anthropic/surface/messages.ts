import { asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { MemberNames, Origins } from '../../param-names.ts';
import { invalid, unsupported } from '../content.ts';
import type { Dropped } from '../dropped.ts';
import { contentOf, marked, partOf, readContent, textPart } from './content.ts';
import { missing, wrongType } from './refuse.ts';
import { ReasoningReader } from './sealed.ts';

/** What members of messages, calls and results are called here. */
const MESSAGE: MemberNames = { role: 'role', content: 'content' };
const CALL: MemberNames = {
  id: 'id',
  'function.name': 'name',
  'function.arguments': 'input',
  cache_control: 'cache_control',
};
const RESULT: MemberNames = {
  tool_call_id: 'tool_use_id',
  content: 'content',
  is_error: 'is_error',
  cache_control: 'cache_control',
};

/** `system` as chat messages: one, its blocks as parts. */
export function readSystem(system: Json | undefined, dropped: Dropped, origins: Origins): JsonObject[] {
  if (system === undefined || system === null) return [];
  const content = textsOf(system, 'system', dropped, origins);
  return content === '' || (Array.isArray(content) && content.length === 0)
    ? []
    : [origins.note({ role: 'system', content }, 'system')];
}

/**
 * The turns of a conversation as chat messages, in order; results of tools become messages of their own, in front
 * of what else their turn says.
 * @param origins takes note of messages, their parts and their calls.
 * @throws GatewayError naming the message or block that chat completions cannot say.
 */
export function readMessages(given: Json | undefined, dropped: Dropped, origins: Origins): JsonObject[] {
  if (given === undefined || given === null) throw missing('messages');
  if (!Array.isArray(given)) throw wrongType('messages', 'an array');
  if (given.length === 0) throw invalid('messages', 'messages must not be empty.');
  return given.flatMap((message, index) => {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw wrongType(at, 'an object');
    switch (message.role) {
      case 'user':
        return userMessages(message, at, dropped, origins);
      case 'assistant':
        return [origins.note(assistantMessage(message, at, dropped, origins), at, MESSAGE)];
      case 'system':
        return [systemMessage(message, at, dropped, origins)];
      default:
        throw invalid(`${at}.role`, 'A role is "user", "assistant" or "system".');
    }
  });
}

function systemMessage(message: JsonObject, at: string, dropped: Dropped, origins: Origins): JsonObject {
  const content = textsOf(message.content, `${at}.content`, dropped, origins);
  return origins.note({ role: 'system', content }, at, MESSAGE);
}

function textsOf(given: Json | undefined, at: string, dropped: Dropped, origins: Origins): Json {
  const content = readContent(given, at);
  if (typeof content === 'string') return content;
  return contentOf(content.map((block, index) => textPart(block, `${at}[${index}]`, dropped, origins)));
}

function userMessages(message: JsonObject, at: string, dropped: Dropped, origins: Origins): JsonObject[] {
  const content = readContent(message.content, `${at}.content`);
  if (typeof content === 'string') return [origins.note({ role: 'user', content }, at, MESSAGE)];
  const results: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const [index, block] of content.entries()) {
    const where = `${at}.content[${index}]`;
    if (block.type === 'tool_result') results.push(toolMessage(block, where, dropped, origins));
    else parts.push(partOf(block, where, dropped, origins));
  }
  if (parts.length === 0 && results.length > 0) return results;
  return [...results, origins.note({ role: 'user', content: contentOf(parts) }, at, MESSAGE)];
}

function toolMessage(block: JsonObject, at: string, dropped: Dropped, origins: Origins): JsonObject {
  const id = asString(block.tool_use_id);
  if (!id) throw missing(`${at}.tool_use_id`);
  refuseToolset(block, at);
  const given = block.content === undefined || block.content === null ? '' : block.content;
  const content = readContent(given, `${at}.content`);
  const message: JsonObject = {
    role: 'tool',
    tool_call_id: id,
    content:
      typeof content === 'string'
        ? content
        : contentOf(content.map((part, index) => partOf(part, `${at}.content[${index}]`, dropped, origins))),
  };
  if (typeof block.is_error === 'boolean') message.is_error = block.is_error;
  return origins.note(marked(message, block), at, RESULT);
}

function assistantMessage(message: JsonObject, at: string, dropped: Dropped, origins: Origins): JsonObject {
  const content = readContent(message.content, `${at}.content`);
  if (typeof content === 'string') return { role: 'assistant', content };
  const reasoning = new ReasoningReader();
  const texts: JsonObject[] = [];
  const calls: JsonObject[] = [];
  for (const [index, block] of content.entries()) {
    const where = `${at}.content[${index}]`;
    switch (block.type) {
      case 'thinking':
        reasoning.thinking(block);
        break;
      case 'redacted_thinking':
        reasoning.redacted(block);
        break;
      case 'tool_use':
        calls.push(origins.note(toolCall(block, where), where, CALL));
        break;
      case 'text':
        texts.push(textPart(block, where, dropped, origins));
        break;
      default:
        throw unsupported(where, `A block of type "${asString(block.type) ?? ''}" cannot be sent back.`);
    }
  }
  const said: JsonObject = { role: 'assistant', content: texts.length === 0 ? null : contentOf(texts) };
  if (calls.length > 0) said.tool_calls = calls;
  else if (texts.length === 0) said.content = '';
  return { ...said, ...reasoning.members() };
}

function toolCall(block: JsonObject, at: string): JsonObject {
  const id = asString(block.id);
  const name = asString(block.name);
  if (!id) throw missing(`${at}.id`);
  if (!name) throw missing(`${at}.name`);
  refuseToolset(block, at);
  const caller = isObject(block.caller) ? block.caller.type : undefined;
  if (caller !== undefined && caller !== 'direct') {
    throw unsupported(`${at}.caller`, 'Calls by tools of the provider cannot be sent back.');
  }
  const call: JsonObject = {
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(block.input ?? {}) },
  };
  return marked(call, block);
}

function refuseToolset(block: JsonObject, at: string): void {
  if (block.toolset_name !== undefined && block.toolset_name !== null) {
    throw unsupported(`${at}.toolset_name`, 'Toolsets cannot be sent through this gateway.');
  }
}
