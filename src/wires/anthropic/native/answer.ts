import { asArray, asObject, asString, isObject, parseJson } from '../../../lib/json.ts';
import { replaceValue } from '../../../lib/json-splice.ts';
import type { AnswerMeta, DecodedAnswer, Target } from '../../types.ts';
import { mapStopReason } from '../answer.ts';
import { toError, unreadable } from '../error.ts';
import { callsInBlocks } from '../hosted.ts';
import { readUsage, withCalls } from '../usage.ts';

/**
 * A whole message as it came, with the id of the generation.
 * @throws GatewayError for an error object (its mapped code) and for a body that cannot be read.
 */
export function decodeNative(body: string, _: Target, meta: AnswerMeta): DecodedAnswer {
  const message = asObject(parseJson(body));
  if (message?.type === 'error') throw toError(200, asObject(message.error), body);
  if (!message || !Array.isArray(message.content)) throw unreadable(body);
  const blocks = asArray(message.content).filter(isObject);
  const calls = blocks.filter(isCall);
  const raw = asString(message.stop_reason) ?? null;
  const texts = blocks.flatMap(({ text }) => asString(text) ?? []);
  const usage = asObject(message.usage);
  return {
    text: replaceValue(body, ['id'], JSON.stringify(meta.id)) ?? JSON.stringify({ ...message, id: meta.id }),
    usage: usage ? withCalls(readUsage(usage), callsInBlocks(blocks, meta.request.native?.body)) : null,
    finishReason: raw === null ? null : mapStopReason(raw, calls.length > 0, false),
    rawFinishReason: raw,
    upstreamId: asString(message.id) ?? null,
    upstreamModel: asString(message.model) || null,
    calls: calls.map(({ input }) => JSON.stringify(input ?? {})),
    ...(texts.length > 0 ? { said: texts.join('') } : {}),
  };
}

/** A call that the client is to run. */
function isCall(block: { type?: unknown }): boolean {
  return block.type === 'tool_use';
}
