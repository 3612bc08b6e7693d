import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { ToolIds } from '../tool-ids.ts';
import { REASONING_FORMAT, reasoningFormat } from './answer.ts';
import {
  type ContentContext,
  cachePoint,
  contentBlocks,
  DocumentNames,
  invalid,
  unsupported,
} from './content.ts';
import type { Dropped } from './dropped.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html */
const LONGEST_ID = 64;

/** Models that are told of a result that it is an error; others refuse the field. */
const KNOWS_ERRORS = /claude|nova/;

/** What the messages of one request share. */
interface Context extends ContentContext {
  /** Of reasoning that the model can read. */
  format: string;
  ids: ToolIds;
  knowsErrors: boolean;
}

export type Message = {
  role: 'user' | 'assistant';
  content: JsonObject[];
};

/** The conversation as Converse has it. */
export interface Conversation {
  system: JsonObject[];
  messages: Message[];
  /** The tools that were called in it, of which the API wants to know. */
  calledTools: Set<string>;
}

/**
 * OpenAI messages as system blocks and alternating turns: neighbours of one role become one turn.
 * Instructions all become system blocks, in order.
 * @param model in the provider's words.
 * @throws GatewayError `unsupported_parameter` for content that cannot be sent, naming the part.
 */
export function encodeMessages(messages: readonly Json[], model: string, dropped: Dropped): Conversation {
  const conversation: Conversation = { system: [], messages: [], calledTools: new Set() };
  const context: Context = {
    names: new DocumentNames(),
    dropped,
    format: reasoningFormat(model),
    ids: new ToolIds(LONGEST_ID),
    knowsErrors: KNOWS_ERRORS.test(model),
  };
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw invalid(at, 'A message must be an object.');
    encodeMessage(message, at, conversation, context);
  }
  if (conversation.messages.length === 0) {
    throw invalid('messages', 'There is no content that could be sent.');
  }
  for (const message of conversation.messages) {
    message.content = resultsFirst(message.content);
    introduceDocuments(message.content);
  }
  return conversation;
}

/**
 * Results of tools before all else in their turn, each with the cache point behind it: Claude refuses them behind
 * other content (https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls), to other models
 * it is one.
 */
function resultsFirst(content: JsonObject[]): JsonObject[] {
  const results: JsonObject[] = [];
  const others: JsonObject[] = [];
  let ofResult = false;
  for (const block of content) {
    ofResult = block.toolResult !== undefined || (ofResult && block.cachePoint !== undefined);
    (ofResult ? results : others).push(block);
  }
  return [...results, ...others];
}

/** Documents need words beside them: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html */
function introduceDocuments(content: JsonObject[]): void {
  const documents = content.flatMap(({ document }) => asString(asObject(document)?.name) ?? []);
  if (documents.length === 0 || content.some(({ text }) => text !== undefined)) return;
  const first = content.findIndex(({ document }) => document !== undefined);
  content.splice(first, 0, { text: `Attached: ${documents.join(', ')}` });
}

function encodeMessage(message: JsonObject, at: string, conversation: Conversation, context: Context): void {
  const cached = cachePoint(message.cache_control);
  if (message.name !== undefined && message.name !== null && message.role !== 'tool') {
    context.dropped.add('messages.name');
  }
  switch (message.role) {
    case 'system':
    case 'developer': {
      const blocks = contentBlocks(message.content, `${at}.content`, context);
      if (blocks.some((block) => block.text === undefined && block.cachePoint === undefined)) {
        throw unsupported(`${at}.content`, 'Instructions to this provider can only be text.');
      }
      conversation.system.push(...blocks, ...cached);
      return;
    }
    case 'user':
      append(conversation, 'user', [...contentBlocks(message.content, `${at}.content`, context), ...cached]);
      return;
    case 'assistant':
      append(conversation, 'assistant', [...assistantBlocks(message, at, conversation, context), ...cached]);
      return;
    case 'tool':
      append(conversation, 'user', [toolResult(message, at, context), ...cached]);
      return;
    default:
      throw unsupported(
        `${at}.role`,
        `The role "${asString(message.role) ?? ''}" cannot be sent to this provider.`,
      );
  }
}

function append(conversation: Conversation, role: 'user' | 'assistant', content: JsonObject[]): void {
  if (content.length === 0) return;
  const last = conversation.messages.at(-1);
  if (last?.role === role) last.content.push(...content);
  else conversation.messages.push({ role, content });
}

function assistantBlocks(
  message: JsonObject,
  at: string,
  conversation: Conversation,
  context: Context,
): JsonObject[] {
  if (message.audio)
    throw unsupported(`${at}.audio`, 'Earlier answers in audio cannot be sent to this provider.');
  if (message.function_call) {
    throw unsupported(`${at}.function_call`, 'Calls are sent to this provider as `tool_calls`.');
  }
  if (message.provider_data) context.dropped.add('messages.provider_data');
  const details = asArray(message.reasoning_details);
  if (details.length === 0 && (message.reasoning || message.reasoning_content)) {
    // Reasoning is accepted with its signature only.
    context.dropped.add('messages.reasoning');
  }
  const blocks = [
    ...reasoningBlocks(details, context),
    ...contentBlocks(message.content, `${at}.content`, context),
    ...contentBlocks(message.refusal, `${at}.refusal`, context),
  ];
  for (const [index, entry] of asArray(message.tool_calls).entries()) {
    const call = asObject(entry);
    const fn = asObject(call?.function);
    if (!call || !fn) {
      throw unsupported(
        `${at}.tool_calls[${index}]`,
        'Only calls of functions can be sent to this provider.',
      );
    }
    const name = asString(fn.name) ?? '';
    conversation.calledTools.add(name);
    blocks.push({
      toolUse: {
        toolUseId: context.ids.of(asString(call.id) ?? ''),
        name,
        input: toolInput(fn.arguments),
      },
    });
  }
  return blocks;
}

/** Arguments as an object. What is no JSON object, as a cut answer ends, is kept as text under a name that says so. */
function toolInput(given: Json | undefined): JsonObject {
  if (isObject(given)) return given;
  const text = asString(given) ?? '';
  if (text.trim() === '') return {};
  return asObject(parseJson(text)) ?? { INVALID_JSON: text };
}

function toolResult(message: JsonObject, at: string, context: Context): JsonObject {
  const content = contentBlocks(message.content, `${at}.content`, context).filter(
    (block) => block.cachePoint === undefined,
  );
  const toolUseId = context.ids.of(asString(message.tool_call_id) ?? '');
  if (message.is_error !== true) return { toolResult: { toolUseId, content } };
  if (context.knowsErrors) return { toolResult: { toolUseId, content, status: 'error' } };
  context.dropped.add('messages.is_error');
  return { toolResult: { toolUseId, content } };
}

/**
 * The reasoning of an earlier answer, texts and signatures exactly as they came. Details collected from a
 * stream are put together by their `index`. What has no signature, or came from elsewhere, is reported.
 */
function reasoningBlocks(details: readonly Json[], { dropped, format }: Context): JsonObject[] {
  const blocks: JsonObject[] = [];
  const texts = new Map<number, { text: string; signature: string }>();
  for (const entry of details) {
    const detail = asObject(entry);
    const ours = detail?.format === undefined || detail.format === REASONING_FORMAT;
    const readable = ours || detail.format === format;
    const data = asString(detail?.data);
    if (detail && ours && detail.type === 'reasoning.encrypted' && data) {
      blocks.push({ reasoningContent: { redactedContent: data } });
    } else if (detail && readable && detail.type === 'reasoning.text') {
      const index = asNumber(detail.index) ?? texts.size;
      let said = texts.get(index);
      if (!said) {
        said = { text: '', signature: '' };
        texts.set(index, said);
        blocks.push({ reasoningContent: { reasoningText: said } });
      }
      said.text += asString(detail.text) ?? '';
      said.signature = asString(detail.signature) || said.signature;
    } else {
      dropped.add('messages.reasoning_details');
    }
  }
  const signed = blocks.filter(
    (block) => asObject(asObject(block.reasoningContent)?.reasoningText)?.signature !== '',
  );
  if (signed.length < blocks.length) dropped.add('messages.reasoning_details');
  return signed;
}
