import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../../lib/json.ts';
import { replaceValue } from '../../../../lib/json-splice.ts';
import type { AnswerMeta, DecodedAnswer, Target } from '../../../types.ts';
import { inBandError, unreadable } from '../../error.ts';
import { choiceError, mapFinishReason } from '../../repair.ts';
import { readUsage } from '../../usage.ts';
import { REASONS } from '../answer.ts';
import { Echo } from './echo.ts';

/**
 * A whole completion as it came, with the id of the generation, written anew only where it deviates from the API's
 * own description.
 * @throws GatewayError for an error object in a 200, and `upstream_invalid_response` for what is no completion.
 */
export function decodeNative(body: string, { quirks }: Target, meta: AnswerMeta): DecodedAnswer {
  const completion = asObject(parseJson(body));
  if (!completion) throw unreadable(body);
  const error = completion.error ?? (completion.object === 'error' ? completion : undefined);
  if (error !== undefined && error !== null) throw inBandError(error, body);
  const choices = asArray(completion.choices);
  const first = asObject(choices[0]);
  if (!first || !choices.every((choice) => isObject(choice) && typeof choice.text === 'string')) {
    throw unreadable(body);
  }
  for (const choice of choices) {
    const broken = choiceError(asObject(choice) ?? {}, body);
    if (broken) throw broken;
  }
  const raw = asString(first.finish_reason) || null;
  return {
    text: labelled(body, completion, meta) ?? JSON.stringify(repaired(completion, meta)),
    usage: readUsage(asObject(completion.usage), quirks),
    finishReason: raw === null ? null : mapFinishReason(raw),
    rawFinishReason: raw,
    upstreamId: asString(completion.id) ?? null,
    upstreamModel: asString(completion.model) || null,
    ...(choices.length === 1 ? { said: new Echo(meta.request.native, 0).take(String(first.text)) } : {}),
  };
}

/** The host's own text with our id; undefined where more must be changed. */
function labelled(body: string, completion: JsonObject, { id }: AnswerMeta): string | undefined {
  if (!hasShell(completion)) return undefined;
  if (!asArray(completion.choices).every((choice) => isRegularChoice(choice, true))) return undefined;
  return replaceValue(body, ['id'], JSON.stringify(id));
}

/** Whether a completion, or a chunk of one, says of itself all that it must. */
export function hasShell({ id, object, created, model }: JsonObject): boolean {
  return (
    typeof id === 'string' && object === 'text_completion' && typeof created === 'number' && !!asString(model)
  );
}

/** @param isWhole nothing more comes, so that there is a reason why. */
export function isRegularChoice(choice: Json, isWhole: boolean): boolean {
  if (!isObject(choice) || typeof choice.text !== 'string' || typeof choice.index !== 'number') return false;
  const { finish_reason: reason, logprobs } = choice;
  if (logprobs === undefined) return false;
  return typeof reason === 'string' ? REASONS.has(reason) : reason === null && !isWhole;
}

/** A whole completion as it is described. */
function repaired(completion: JsonObject, { id, created, model }: AnswerMeta): JsonObject {
  return {
    ...completion,
    id,
    object: 'text_completion',
    created: asNumber(completion.created) || created,
    model: asString(completion.model) || model,
    choices: asArray(completion.choices).map((choice, place) => repairedChoice(choice, place, 'stop')),
  };
}

/** @param reason for the end, where the host says none. */
export function repairedChoice(choice: Json, place: number, reason: 'stop' | null): JsonObject {
  const given = asObject(choice) ?? {};
  const said = asString(given.finish_reason) || reason;
  return {
    ...given,
    text: asString(given.text) ?? '',
    index: asNumber(given.index) ?? place,
    logprobs: given.logprobs ?? null,
    finish_reason: said === null ? null : reasonOf(said),
  };
}

/** A host's reason in the words of the API, which has fewer than chat. */
function reasonOf(raw: string): string {
  const reason = mapFinishReason(raw);
  return REASONS.has(reason) ? reason : 'stop';
}
