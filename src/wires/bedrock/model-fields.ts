import { asObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ChatBody, Target } from '../types.ts';
import type { Dropped } from './dropped.ts';
import type { Message } from './messages.ts';

/** What Converse takes of a request in words that are not the same for all models. */
export interface ModelFields {
  /** `inferenceConfig`, but for the stop sequences. */
  inference: JsonObject;
  /** `additionalModelRequestFields`, the caller's own among them. */
  additional: JsonObject;
  /** A tool can be forced. */
  mayForce: boolean;
}

/** Models that are told of reasoning in the same words. */
export interface ModelFamily {
  /** Fields of the request that it reads beside those that are read for every model. */
  reads: readonly string[];
  /** Whether it can be told by `reasoning` and `reasoning_effort` how to reason. */
  steerable: boolean;
  /** @param messages as they are sent. */
  fields(body: ChatBody, target: Target, messages: readonly Message[], dropped: Dropped): ModelFields;
}

/** The limit, the temperature and `top_p` as they are. */
export function plainInference(body: ChatBody, dropped: Dropped): JsonObject {
  const { max_tokens: older, max_completion_tokens: newer, temperature, top_p: topP } = body;
  const config: JsonObject = {};
  if (isGiven(newer) && isGiven(older) && newer !== older) dropped.add('max_tokens');
  const limit = newer ?? older;
  if (isGiven(limit)) config.maxTokens = limit;
  if (isGiven(temperature)) config.temperature = temperature;
  if (isGiven(topP)) config.topP = topP;
  return config;
}

/**
 * The caller's own `additionalModelRequestFields` with those that stand for its other parameters; its own win.
 * @param field that the others stand for, as it is reported where they say something else.
 */
export function withOwn(body: ChatBody, derived: JsonObject, field: string, dropped: Dropped): JsonObject {
  const out: JsonObject = { ...derived, ...asObject(body.additionalModelRequestFields) };
  for (const [name, value] of Object.entries(derived)) {
    if (JSON.stringify(out[name]) !== JSON.stringify(value)) dropped.add(field);
  }
  return out;
}

export function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}
