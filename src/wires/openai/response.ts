import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import type { AnswerMeta, DecodedAnswer, Target } from '../types.ts';
import { inBandError, unreadable } from './error.ts';
import {
  choiceError,
  flattenContent,
  isFinishReason,
  isRegularCall,
  mapFinishReason,
  repairMessage,
} from './repair.ts';
import { IdSplice } from './splice.ts';
import { readUsage } from './usage.ts';

/**
 * A whole answer of an OpenAI-shaped host: its own text with the id replaced, re-serialised only where it
 * deviates from OpenAI's schema.
 * @throws GatewayError for an error object in a 200, and `upstream_invalid_response` for what is no answer.
 */
export function decodeResponse(text: string, target: Target, meta: AnswerMeta): DecodedAnswer {
  const parsed = asObject(parseJson(text));
  if (!parsed) throw unreadable(text);
  const error = parsed.error ?? (parsed.object === 'error' ? parsed : undefined);
  if (error !== undefined) throw inBandError(error, text);
  const choices = asArray(parsed.choices);
  const first = asObject(choices[0]);
  if (!first || !choices.every((choice) => isObject(choice) && isObject(choice.message)))
    throw unreadable(text);
  for (const choice of choices) {
    const broken = choiceError(asObject(choice) ?? {}, text);
    if (broken) throw broken;
  }
  const raw = asString(first.finish_reason) || null;
  const upstreamId = asString(parsed.id) ?? null;
  return {
    text: spliced(text, parsed, meta) ?? JSON.stringify(repair(parsed, meta)),
    usage: readUsage(asObject(parsed.usage), target.quirks),
    finishReason: raw === null ? null : mapFinishReason(raw),
    rawFinishReason: raw,
    upstreamId,
    upstreamModel: asString(parsed.model) ?? null,
  };
}

function spliced(text: string, answer: JsonObject, meta: AnswerMeta): string | undefined {
  const id = asString(answer.id);
  if (!id || answer.object !== 'chat.completion') return undefined;
  if (!asString(answer.model) || asNumber(answer.created) === undefined) return undefined;
  if (!asArray(answer.choices).every((choice) => isRegular(asObject(choice)))) return undefined;
  return new IdSplice(meta.id).apply(text, id);
}

function isRegular(choice: JsonObject | undefined): boolean {
  const message = asObject(choice?.message);
  return (
    choice !== undefined &&
    message !== undefined &&
    typeof choice.index === 'number' &&
    isFinishReason(asString(choice.finish_reason) ?? '') &&
    choice.logprobs !== undefined &&
    message.role === 'assistant' &&
    message.refusal !== undefined &&
    message.content !== undefined &&
    flattenContent(message.content) === undefined &&
    message.function_call !== null &&
    (message.tool_calls === undefined || Array.isArray(message.tool_calls)) &&
    asArray(message.tool_calls).every((call) => isRegularCall(call, false)) &&
    (typeof message.reasoning_content !== 'string' || typeof message.reasoning === 'string')
  );
}

function repair(answer: JsonObject, meta: AnswerMeta): JsonObject {
  return {
    ...answer,
    id: meta.id,
    object: 'chat.completion',
    created: asNumber(answer.created) ?? meta.created,
    model: asString(answer.model) || meta.model,
    choices: asArray(answer.choices).map((choice, index) => {
      const given = asObject(choice) ?? {};
      return {
        ...given,
        index: asNumber(given.index) ?? index,
        message: repairMessage(asObject(given.message) ?? {}, false),
        finish_reason: mapFinishReason(asString(given.finish_reason) ?? 'stop'),
        logprobs: given.logprobs ?? null,
      };
    }),
  };
}
