import { asArray, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';

/** Log probabilities of a part, or of a delta, as a chat completion has them. */
export function chatLogprobs(logprobs: Json | undefined): JsonObject[] {
  return asArray(logprobs)
    .filter(isObject)
    .map((entry) => ({
      ...logprob(entry),
      top_logprobs: asArray(entry.top_logprobs).filter(isObject).map(logprob),
    }));
}

function logprob({ token, logprob: value, bytes }: JsonObject): JsonObject {
  return { token: token ?? '', logprob: value ?? 0, bytes: bytes ?? null };
}
