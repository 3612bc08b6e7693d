import { asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { invalid, unsupported } from '../content.ts';
import type { Dropped } from '../dropped.ts';
import { contentOf, marked, partOf, readContent, textPart } from './content.ts';
import { missing, wrongType } from './refuse.ts';
import { ReasoningReader } from './sealed.ts';

/** `system` as chat messages: one, its blocks as parts. */
export function readSystem(system: Json | undefined, dropped: Dropped): JsonObject[] {
  if (system === undefined || system === null) return [];
  const content = textsOf(system, 'system', dropped);
  return content === '' || (Array.isArray(content) && content.length === 0)
    ? []
    : [{ role: 'system', content }];
}

/**
 * The turns of a conversation as chat messages, in order; results of tools become messages of their own, in front
 * of what else their turn says.
 * @throws GatewayError naming the message or block that chat completions cannot say.
 */
export function readMessages(given: Json | undefined, dropped: Dropped): JsonObject[] {
  if (given === undefined || given === null) throw missing('messages');
  if (!Array.isArray(given)) throw wrongType('messages', 'an array');
  if (given.length === 0) throw invalid('messages', 'messages must not be empty.');
  return given.flatMap((message, index) => {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw wrongType(at, 'an object');
    switch (message.role) {
      case 'user':
        return userMessages(message, at, dropped);
      case 'assistant':
        return [assistantMessage(message, at, dropped)];
      case 'system':
        return [{ role: 'system', content: textsOf(message.content, `${at}.content`, dropped) }];
      default:
        throw invalid(`${at}.role`, 'A role is "user", "assistant" or "system".');
    }
  });
}

function textsOf(given: Json | undefined, at: string, dropped: Dropped): Json {
  const content = readContent(given, at);
  if (typeof content === 'string') return content;
  return contentOf(content.map((block, index) => textPart(block, `${at}[${index}]`, dropped)));
}

function userMessages(message: JsonObject, at: string, dropped: Dropped): JsonObject[] {
  const content = readContent(message.content, `${at}.content`);
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const [index, block] of content.entries()) {
    const where = `${at}.content[${index}]`;
    if (block.type === 'tool_result') results.push(toolMessage(block, where, dropped));
    else parts.push(partOf(block, where, dropped));
  }
  if (parts.length === 0 && results.length > 0) return results;
  return [...results, { role: 'user', content: contentOf(parts) }];
}

function toolMessage(block: JsonObject, at: string, dropped: Dropped): JsonObject {
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
        : contentOf(content.map((part, index) => partOf(part, `${at}.content[${index}]`, dropped))),
  };
  if (typeof block.is_error === 'boolean') message.is_error = block.is_error;
  return marked(message, block);
}

function assistantMessage(message: JsonObject, at: string, dropped: Dropped): JsonObject {
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
        calls.push(toolCall(block, where));
        break;
      case 'text':
        texts.push(textPart(block, where, dropped));
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
