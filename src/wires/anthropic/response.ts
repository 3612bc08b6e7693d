import { asArray, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import type { AnswerMeta, DecodedAnswer, Target } from '../types.ts';
import {
  type AnswerMode,
  answerMode,
  mapStopReason,
  providerData,
  refusalText,
  splitCitations,
  stopExtras,
} from './answer.ts';
import { toError, unreadable } from './error.ts';
import { redactedDetail, thinkingDetail } from './reasoning.ts';
import { readUsage, usageObject } from './usage.ts';

/** Everything that the content blocks of an answer hold, sorted by where OpenAI has it. */
interface Parts {
  text: string;
  hasText: boolean;
  /** Input of the tool that stands for the answer. */
  answer: string | null;
  calls: JsonObject[];
  reasoning: string;
  details: JsonObject[];
  annotations: JsonObject[];
  /** Blocks of the provider's own tools, in order. */
  blocks: JsonObject[];
  citations: JsonObject[];
}

/** @throws GatewayError for an error object (its mapped code) and for a body that cannot be read. */
export function decode(body: string, target: Target, meta: AnswerMeta): DecodedAnswer {
  const message = asObject(parseJson(body));
  if (message?.type === 'error') throw toError(200, asObject(message.error), body);
  if (!message || !Array.isArray(message.content)) {
    throw unreadable(body);
  }
  const mode = answerMode(target, meta);
  const parts = readParts(message, mode);
  const raw = asString(message.stop_reason) ?? null;
  const finishReason = raw === null ? null : mapStopReason(raw, parts.calls.length > 0, mode.legacy);
  const rawUsage = asObject(message.usage);
  const usage = rawUsage ? readUsage(rawUsage) : null;
  const upstreamModel = asString(message.model) || null;
  const completion: JsonObject = {
    id: meta.id,
    object: 'chat.completion',
    created: meta.created,
    model: upstreamModel ?? meta.model,
    choices: [
      {
        index: 0,
        message: toMessage(message, parts, raw, mode),
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
  };
  if (usage) completion.usage = usageObject(usage);
  return {
    text: JSON.stringify(completion),
    usage,
    finishReason,
    rawFinishReason: raw,
    upstreamId: asString(message.id) ?? null,
    upstreamModel,
  };
}

function readParts(message: JsonObject, mode: AnswerMode): Parts {
  const parts: Parts = {
    text: '',
    hasText: false,
    answer: null,
    calls: [],
    reasoning: '',
    details: [],
    annotations: [],
    blocks: [],
    citations: [],
  };
  for (const entry of asArray(message.content)) {
    const block = asObject(entry);
    if (block) readBlock(block, parts, mode);
  }
  return parts;
}

function readBlock(block: JsonObject, parts: Parts, mode: AnswerMode): void {
  switch (block.type) {
    case 'text': {
      const start = parts.text.length;
      parts.text += asString(block.text) ?? '';
      parts.hasText = true;
      const { annotations, others } = splitCitations(asArray(block.citations), start, parts.text.length);
      parts.annotations.push(...annotations);
      parts.citations.push(...others);
      break;
    }
    case 'thinking': {
      const text = asString(block.thinking) ?? '';
      parts.reasoning += text;
      parts.details.push(thinkingDetail(parts.details.length, text, asString(block.signature) ?? null));
      break;
    }
    case 'redacted_thinking':
      parts.details.push(redactedDetail(parts.details.length, asString(block.data) ?? ''));
      break;
    case 'tool_use':
      if (mode.answerTool !== null && block.name === mode.answerTool) {
        // As in streams, the first call is the answer.
        parts.answer ??= JSON.stringify(block.input ?? {});
      } else {
        parts.calls.push(toCall(block));
      }
      break;
    default:
      parts.blocks.push(block);
  }
}

function toCall(block: JsonObject): JsonObject {
  return {
    id: asString(block.id) ?? '',
    type: 'function',
    function: { name: asString(block.name) ?? '', arguments: JSON.stringify(block.input ?? {}) },
  };
}

function toMessage(source: JsonObject, parts: Parts, raw: string | null, mode: AnswerMode): JsonObject {
  const message: JsonObject = {
    role: 'assistant',
    content: parts.answer ?? (parts.hasText ? parts.text : null),
    refusal: raw === null ? null : refusalText(raw, source.stop_details),
  };
  if (parts.reasoning !== '') message.reasoning = parts.reasoning;
  if (parts.details.length > 0) message.reasoning_details = parts.details;
  if (mode.legacy && parts.calls[0]) message.function_call = parts.calls[0].function;
  else if (parts.calls.length > 0) message.tool_calls = parts.calls;
  if (parts.annotations.length > 0) message.annotations = parts.annotations;
  const extras = stopExtras(source, source.context_management);
  if (parts.blocks.length > 0) extras.blocks = parts.blocks;
  if (parts.citations.length > 0) extras.citations = parts.citations;
  if (Object.keys(extras).length > 0) message.provider_data = providerData(extras);
  return message;
}
