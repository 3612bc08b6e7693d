import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../../../lib/json.ts';
import { addMembers, replaceValue } from '../../../../lib/json-splice.ts';
import type { AnswerMeta, DecodedAnswer, FinishReason, Quirks, Target, Usage } from '../../../types.ts';
import { inBandError, unreadable } from '../../error.ts';
import { readUsage } from '../../usage.ts';
import { responseId, stemOf } from '../ids.ts';
import { callsIn } from './hosted.ts';
import { markItems, markText } from './seals.ts';

/**
 * A whole response as it came, with the id of the generation.
 * @throws GatewayError for a response that failed (its mapped code) and for a body that cannot be read.
 */
export function decodeNative(body: string, { quirks, account }: Target, meta: AnswerMeta): DecodedAnswer {
  const response = asObject(parseJson(body));
  if (isObject(response?.error)) throw inBandError(response.error, body);
  if (!response || !Array.isArray(response.output)) throw unreadable(body);
  const calls = callsOf(response);
  const sealed = account === undefined ? body : markText(body, markItems(response.output, account), account);
  return {
    text: relabelled(sealed, [], labelsOf(meta)),
    usage: usageOf(response, quirks, meta),
    ...endingOf(response, calls.length > 0),
    upstreamId: asString(response.id) ?? null,
    upstreamModel: asString(response.model) || null,
    calls,
    ...saidIn(response),
  };
}

/** The usage of a whole response, with the calls of the provider's tools. */
export function usageOf(response: JsonObject, quirks: Quirks, { request }: AnswerMeta): Usage | null {
  return usageIn(response, quirks, request.native?.body ?? {});
}

/** The same for any request whose `tools` are those of the API. */
export function usageIn(response: JsonObject, quirks: Quirks, request: JsonObject): Usage | null {
  const usage = readUsage(asObject(response.usage), quirks);
  const toolCalls = usage && callsIn(asArray(response.output), response, request);
  return usage && toolCalls ? { ...usage, toolCalls } : usage;
}

/** What a response says of itself in place of what its host says. */
export function labelsOf({ id, request }: AnswerMeta): JsonObject {
  return { id: responseId(stemOf(id)), ...request.native?.echo };
}

/** A text with these members of one of its objects, and all else as it was. */
export function relabelled(text: string, path: readonly string[], labels: JsonObject): string {
  return Object.entries(labels).reduce(
    (labelled, [name, value]) =>
      replaceValue(labelled, [...path, name], JSON.stringify(value)) ??
      addMembers(labelled, path, { [name]: value }) ??
      labelled,
    text,
  );
}

/** The text of a response's messages. */
function saidIn(response: JsonObject): { said?: string } {
  const texts = asArray(response.output)
    .filter(isObject)
    .flatMap((item) => (item.type === 'message' ? asArray(item.content) : []))
    .filter(isObject)
    .flatMap((part) => (part.type === 'output_text' ? (asString(part.text) ?? []) : []));
  return texts.length > 0 ? { said: texts.join('') } : {};
}

/** The arguments of a response's calls of functions. */
function callsOf(response: JsonObject): string[] {
  return asArray(response.output)
    .filter(isObject)
    .flatMap((item) => (item.type === 'function_call' ? [asString(item.arguments) ?? ''] : []));
}

/** Why a response ended. */
export function endingOf(
  response: JsonObject,
  calls: boolean,
): { finishReason: FinishReason; rawFinishReason: string | null } {
  const reason = asString(asObject(response.incomplete_details)?.reason);
  const raw = reason ?? asString(response.status) ?? null;
  if (reason === 'content_filter') return { finishReason: 'content_filter', rawFinishReason: raw };
  if (reason !== undefined) return { finishReason: 'length', rawFinishReason: raw };
  return { finishReason: calls ? 'tool_calls' : 'stop', rawFinishReason: raw };
}
