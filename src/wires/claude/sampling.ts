import { asNumber, asObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { DroppedNames } from '../dropped.ts';
import type { ChatBody } from '../types.ts';

/** `max_tokens` where neither the caller nor the registry gives one. */
export const DEFAULT_MAX_TOKENS = 4096;

/**
 * The API demands `max_tokens`: the caller's, else the most that the model can. Where that is not known
 * the default is on top of a thinking budget, which has to be smaller.
 */
export function maxTokens(body: ChatBody, modelLimit: number | null, dropped: DroppedNames): Json {
  const newer = body.max_completion_tokens ?? null;
  const older = body.max_tokens ?? null;
  if (newer !== null && older !== null && newer !== older) dropped.add('max_tokens');
  const budget = asObject(body.thinking)?.budget_tokens ?? asObject(body.reasoning)?.max_tokens;
  return newer ?? older ?? modelLimit ?? DEFAULT_MAX_TOKENS + (asNumber(budget) ?? 0);
}

/** What the model and the rest of the request leave of the sampling parameters. */
export interface SamplingContext {
  /** The model takes other values than the defaults. */
  allowed: boolean;
  /** Thinking is on, which fixes the temperature. */
  thinking: boolean;
}

/**
 * `temperature`, `top_p`, `top_k`, never changed. Values out of the API's range (OpenAI's temperature ends
 * at 2, this one at 1) are sent for the provider to refuse. A default that cannot be sent is no loss.
 * https://platform.claude.com/docs/en/build-with-claude/thinking#limits-and-feature-compatibility
 */
export function encodeSampling(body: ChatBody, context: SamplingContext, dropped: DroppedNames): JsonObject {
  const out: JsonObject = {};
  const free = context.allowed && !context.thinking;
  const { temperature, top_p: topP, top_k: topK } = body;
  if (isGiven(temperature)) {
    if (free) out.temperature = temperature;
    else if (temperature !== 1) dropped.add('temperature');
  }
  if (isGiven(topP)) {
    const beside = context.allowed && (asNumber(topP) ?? 0) >= 0.95 && (asNumber(topP) ?? 2) <= 1;
    if (free || (beside && topP !== 1)) out.top_p = topP;
    else if (topP !== 1) dropped.add('top_p');
  }
  if (isGiven(topK)) {
    if (free) out.top_k = topK;
    else dropped.add('top_k');
  }
  // Newer models refuse both at once; the one that is a default says nothing.
  if (out.temperature !== undefined && out.top_p === 1) delete out.top_p;
  else if (out.temperature === 1 && out.top_p !== undefined) delete out.temperature;
  return out;
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}
