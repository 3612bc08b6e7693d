import { asNumber, asObject, type Json, type JsonObject } from '../../../../lib/json.ts';

/** The usage of a response as a chat completion has it; null for one that is unknown. */
export function chatUsage(usage: Json | undefined): JsonObject | null {
  const given = asObject(usage);
  const input = asNumber(given?.input_tokens);
  const output = asNumber(given?.output_tokens);
  if (!given || input === undefined || output === undefined) return null;
  const { input_tokens_details: prompt, output_tokens_details: completion } = given;
  const written = asNumber(asObject(prompt)?.cache_write_tokens);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: asNumber(given.total_tokens) ?? input + output,
    prompt_tokens_details: {
      cached_tokens: asNumber(asObject(prompt)?.cached_tokens) ?? 0,
      ...(written === undefined ? {} : { cache_write_tokens: written }),
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: asNumber(asObject(completion)?.reasoning_tokens) ?? 0,
      audio_tokens: 0,
    },
  };
}
