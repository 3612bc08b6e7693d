import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { ToolIds } from '../tool-ids.ts';
import { contentBlocks, invalid, unsupported, withCache } from './content.ts';
import type { Dropped } from './dropped.ts';
import { thinkingBlocks } from './reasoning.ts';

/** The conversation as the Messages API has it. */
export interface Conversation {
  system: JsonObject[];
  messages: JsonObject[];
}

/** One turn while it is gathered; tool results stand first, as the API demands. */
interface Turn {
  role: 'user' | 'assistant';
  results: JsonObject[];
  blocks: JsonObject[];
}

/**
 * OpenAI messages as system blocks and alternating turns. Neighbours of one role become one turn; nothing
 * changes its order but tool results, which go to the front of their turn.
 * @throws GatewayError `unsupported_parameter` for content that cannot be sent, naming the part.
 */
export function encodeMessages(messages: readonly Json[], dropped: Dropped): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  const ids = new ToolIds();
  let leading = true;
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw invalid(at, 'A message must be an object.');
    const role = asString(message.role) ?? '';
    if (message.name !== undefined && message.name !== null && role !== 'function' && role !== 'tool') {
      dropped.add('messages.name');
    }
    if (role === 'system' || role === 'developer') {
      const blocks = systemBlocks(message, at, dropped);
      if (leading) system.push(...blocks);
      else append(turns, 'user', blocks.map(inTags));
      continue;
    }
    leading = false;
    switch (role) {
      case 'user':
        append(turns, 'user', messageBlocks(message, at, dropped));
        break;
      case 'assistant':
        append(turns, 'assistant', assistantBlocks(message, at, ids, dropped));
        break;
      case 'tool':
        append(
          turns,
          'user',
          [],
          toolResult(ids.of(asString(message.tool_call_id) ?? ''), message, at, dropped),
        );
        break;
      case 'function':
        append(turns, 'user', [], toolResult(ids.answer(asString(message.name) ?? ''), message, at, dropped));
        break;
      default:
        throw invalid(`${at}.role`, `There is no role "${role}".`);
    }
  }
  // The API wants at least one message: instructions alone are the question then.
  if (turns.length === 0 && system.length > 0) append(turns, 'user', system.splice(0));
  if (turns.length === 0) throw invalid('messages', 'There is no content that could be sent.');
  trimPrefill(turns);
  return { system, messages: turns.map(finish) };
}

function append(turns: Turn[], role: Turn['role'], blocks: JsonObject[], result?: JsonObject): void {
  if (blocks.length === 0 && !result) return;
  let turn = turns.at(-1);
  if (turn?.role !== role) {
    turn = { role, results: [], blocks: [] };
    turns.push(turn);
  }
  for (const block of blocks) turn.blocks.push(block);
  if (result) turn.results.push(result);
}

function finish(turn: Turn): JsonObject {
  return { role: turn.role, content: [...turn.results, ...turn.blocks] };
}

/** The API refuses white space at the end of an answer that the model is to continue. */
function trimPrefill(turns: Turn[]): void {
  const last = turns.at(-1);
  const block = last?.blocks.at(-1);
  if (last?.role === 'assistant' && block?.type === 'text') block.text = asString(block.text)?.trimEnd();
}

/** The message's blocks, its own `cache_control` on the last one that may carry it. */
function messageBlocks(message: JsonObject, at: string, dropped: Dropped): JsonObject[] {
  const blocks = contentBlocks(message.content, `${at}.content`, dropped);
  return cacheLast(blocks, message.cache_control);
}

function cacheLast(blocks: JsonObject[], cacheControl: Json | undefined): JsonObject[] {
  const last = blocks.findLast((block) => block.type !== 'thinking' && block.type !== 'redacted_thinking');
  if (last && last.cache_control === undefined) withCache(last, cacheControl);
  return blocks;
}

function systemBlocks(message: JsonObject, at: string, dropped: Dropped): JsonObject[] {
  const blocks = messageBlocks(message, at, dropped);
  const other = blocks.findIndex((block) => block.type !== 'text');
  if (other >= 0) throw unsupported(`${at}.content`, 'Instructions to this model can only be text.');
  return blocks;
}

/** An instruction in the middle of the conversation keeps its place, in a user turn, marked as what it is. */
function inTags(block: JsonObject): JsonObject {
  return { ...block, text: `<system>\n${block.text}\n</system>` };
}

function assistantBlocks(message: JsonObject, at: string, ids: ToolIds, dropped: Dropped): JsonObject[] {
  const details = asArray(message.reasoning_details);
  const thinking = thinkingBlocks(details, dropped);
  if (details.length === 0 && (message.reasoning || message.reasoning_content)) {
    // Thinking is accepted with its signature only.
    dropped.add('messages.reasoning');
  }
  if (message.audio)
    throw unsupported(`${at}.audio`, 'Earlier answers in audio cannot be sent to this model.');
  if (message.provider_data) dropped.add('messages.provider_data');
  const blocks = [
    ...thinking,
    ...contentBlocks(message.content, `${at}.content`, dropped),
    ...contentBlocks(message.refusal, `${at}.refusal`, dropped),
  ];
  for (const [index, entry] of asArray(message.tool_calls).entries()) {
    const call = asObject(entry);
    const named = asObject(call?.function);
    if (!call || !named) {
      throw unsupported(`${at}.tool_calls[${index}]`, 'Only calls of functions can be sent to this model.');
    }
    const block = toolUse(ids.of(asString(call.id) ?? ''), named);
    blocks.push(withCache(block, call.cache_control));
  }
  const legacy = asObject(message.function_call);
  if (legacy) blocks.push(toolUse(ids.call(asString(legacy.name) ?? ''), legacy));
  return cacheLast(blocks, message.cache_control);
}

function toolUse(id: string, call: JsonObject): JsonObject {
  return { type: 'tool_use', id, name: asString(call.name) ?? '', input: toolInput(call.arguments) };
}

/**
 * Arguments as the object that the API wants. What is no JSON object (a model may write such, and a cut
 * answer ends in the middle) is kept as text under the name that Anthropic proposes for it
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming).
 */
function toolInput(given: Json | undefined): JsonObject {
  if (isObject(given)) return given;
  const text = asString(given) ?? '';
  if (text.trim() === '') return {};
  return asObject(parseJson(text)) ?? { INVALID_JSON: text };
}

function toolResult(id: string, message: JsonObject, at: string, dropped: Dropped): JsonObject {
  const block: JsonObject = { type: 'tool_result', tool_use_id: id };
  const { content } = message;
  if (typeof content === 'string') {
    if (content !== '') block.content = content;
  } else {
    const blocks = contentBlocks(content, `${at}.content`, dropped);
    if (blocks.length > 0) block.content = blocks;
  }
  if (typeof message.is_error === 'boolean') block.is_error = message.is_error;
  return withCache(block, message.cache_control);
}
