import { asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ChatBody } from '../types.ts';

/** Fields of the request itself. */
const OF_REQUEST = ['safetySettings', 'cachedContent', 'labels', 'toolConfig'] as const;

/** Fields of `generationConfig`. */
const OF_CONFIG = ['thinkingConfig', 'speechConfig', 'imageConfig', 'mediaResolution'] as const;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Every name by which a native field may be given. */
export const NATIVE_NAMES: readonly string[] = [...OF_REQUEST, ...OF_CONFIG, 'generationConfig'].flatMap(
  (name) => [name, snake(name)],
);

/** What the caller says in the API's own words. */
export interface NativeFields {
  request: JsonObject;
  config: JsonObject;
}

/**
 * Fields of the Gemini API in the body, or in `extra_body.google` as Google's OpenAI-compatible endpoint
 * has them (https://ai.google.dev/gemini-api/docs/openai#extra-body), in camel or snake case. They are
 * sent as they are: the API reads both cases everywhere.
 */
export function nativeFields(body: ChatBody): NativeFields {
  const sources = [asObject(asObject(body.extra_body)?.google) ?? {}, body];
  const request: JsonObject = {};
  const config: JsonObject = {};
  for (const source of sources) {
    for (const name of OF_REQUEST) set(request, name, source);
    for (const name of OF_CONFIG) set(config, name, source);
    const whole = source.generationConfig ?? source.generation_config;
    if (isObject(whole)) Object.assign(config, whole);
  }
  return { request, config };
}

function set(out: JsonObject, name: string, source: JsonObject): void {
  const value: Json | undefined = source[name] ?? source[snake(name)];
  if (value !== undefined && value !== null) out[name] = value;
}
