import type { JsonObject } from '../../lib/json.ts';

/** Members of a candidate that have no place in OpenAI's shape. */
const KEPT = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const;

/** Members that explain an end other than the usual ones; else they are the same in every event. */
const KEPT_OF_BLOCKED = ['safetyRatings', 'finishMessage'] as const;

/** What a candidate says beyond OpenAI's fields, for `provider_data.google`; null when nothing. */
export function candidateExtras(candidate: JsonObject): JsonObject | null {
  let extras: JsonObject | null = null;
  const reason = candidate.finishReason;
  const blocked = reason !== undefined && reason !== 'STOP' && reason !== 'MAX_TOKENS';
  for (const name of blocked ? [...KEPT, ...KEPT_OF_BLOCKED] : KEPT) {
    const value = candidate[name];
    if (value === undefined || value === null) continue;
    extras ??= {};
    extras[name] = value;
  }
  return extras;
}
