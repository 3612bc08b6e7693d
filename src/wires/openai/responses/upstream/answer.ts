import { GatewayError } from '../../../../errors.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../../../lib/json.ts';
import type { AnswerMeta, DecodedAnswer, FinishReason, Target } from '../../../types.ts';
import { inBandError, unreadable } from '../../error.ts';
import { endingOf, usageIn } from '../native/answer.ts';
import { markItems } from '../native/seals.ts';
import { chatLogprobs } from './logprobs.ts';
import { messageOf } from './message.ts';
import { Reply } from './reply.ts';
import { usesLegacyFunctions } from './tools.ts';
import { chatUsage } from './usage.ts';

/**
 * A whole response as a chat completion.
 * @throws GatewayError for a response that failed (its mapped code), `upstream_incomplete` for one that was given up,
 *   `upstream_invalid_response` for a body that cannot be read.
 */
export function decode(body: string, { quirks, account }: Target, meta: AnswerMeta): DecodedAnswer {
  const response = asObject(parseJson(body));
  if (isObject(response?.error)) throw inBandError(response.error, body);
  if (!response || !Array.isArray(response.output)) throw unreadable(body);
  checkStatus(response);
  if (account !== undefined) markItems(response.output, account);
  const request = meta.request.body();
  const legacy = usesLegacyFunctions(request);
  const reply = new Reply(legacy);
  const items = response.output.filter(isObject);
  const message = messageOf(items.flatMap((item, index) => reply.end(index, item)));
  const ending = finishOf(response, reply.calls > 0, legacy);
  const upstreamModel = asString(response.model) || null;
  const usage = chatUsage(response.usage);
  const content = logprobsOf(items);
  const completion: JsonObject = {
    id: meta.id,
    object: 'chat.completion',
    created: Math.floor(asNumber(response.created_at) || meta.created),
    model: upstreamModel ?? meta.model,
    choices: [
      {
        index: 0,
        message,
        logprobs: content.length > 0 ? { content, refusal: null } : null,
        finish_reason: ending.finishReason,
      },
    ],
  };
  if (usage) completion.usage = usage;
  if (asString(response.service_tier)) completion.service_tier = response.service_tier;
  return {
    text: JSON.stringify(completion),
    usage: usageIn(response, quirks, request),
    ...ending,
    upstreamId: asString(response.id) ?? null,
    upstreamModel,
  };
}

/** @throws GatewayError `upstream_incomplete` for a response that is none yet, or no more. */
export function checkStatus(response: JsonObject): void {
  const status = asString(response.status) ?? 'completed';
  if (status === 'completed' || status === 'incomplete') return;
  throw new GatewayError('upstream_incomplete', { upstream: { status: 200, type: status } });
}

/** Why a response ended, in the dialect of its request. */
export function finishOf(
  response: JsonObject,
  calls: boolean,
  legacy: boolean,
): { finishReason: FinishReason; rawFinishReason: string | null } {
  const ending = endingOf(response, calls);
  const isCall = legacy && ending.finishReason === 'tool_calls';
  return isCall ? { ...ending, finishReason: 'function_call' } : ending;
}

function logprobsOf(items: readonly JsonObject[]): JsonObject[] {
  return items
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => asArray(content))
    .flatMap((part) => chatLogprobs(asObject(part)?.logprobs));
}
