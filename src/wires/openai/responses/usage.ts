import { asNumber, asObject, type Json, type JsonObject } from '../../../lib/json.ts';

/** The usage of a chat completion as a response has it; null for one that is unknown. */
export function responseUsage(usage: Json | undefined): JsonObject | null {
  const given = asObject(usage);
  if (!given) return null;
  const input = asNumber(given.prompt_tokens) ?? 0;
  const output = asNumber(given.completion_tokens) ?? 0;
  const prompt = asObject(given.prompt_tokens_details);
  const completion = asObject(given.completion_tokens_details);
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: asNumber(prompt?.cached_tokens) ?? 0,
      cache_write_tokens: asNumber(prompt?.cache_write_tokens) ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: asNumber(completion?.reasoning_tokens) ?? 0 },
    total_tokens: asNumber(given.total_tokens) ?? input + output,
  };
}
