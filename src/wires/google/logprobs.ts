import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';

/**
 * A `logprobsResult` (https://ai.google.dev/api/generate-content#LogprobsResult) as OpenAI's `logprobs`,
 * or null when there is none.
 */
export function openaiLogprobs(result: Json | undefined): JsonObject | null {
  const chosen = asArray(asObject(result)?.chosenCandidates);
  if (chosen.length === 0) return null;
  const top = asArray(asObject(result)?.topCandidates);
  const content = chosen.map((candidate, index) => ({
    ...token(candidate),
    top_logprobs: asArray(asObject(top[index])?.candidates).map(token),
  }));
  return { content, refusal: null };
}

function token(value: Json): JsonObject {
  const candidate = asObject(value);
  const text = asString(candidate?.token) ?? '';
  return {
    token: text,
    // OpenAI's own stand-in for "not likely at all".
    logprob: asNumber(candidate?.logProbability) ?? -9999,
    bytes: [...new TextEncoder().encode(text)],
  };
}
