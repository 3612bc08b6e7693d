import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { type Harmless, isEmptyObject, reportUnknown } from '../harmless.ts';
import { jsonAsked } from '../response-format.ts';
import type { ChatBody, Target } from '../types.ts';
import { unsupported } from './content.ts';
import type { Dropped } from './dropped.ts';
import { NATIVE_NAMES } from './native.ts';

/** Fields with the same meaning and another name. */
const RENAMED = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  seed: 'seed',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
} as const;

/** Fields that are read here or in other files of this wire. */
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(RENAMED),
  ...NATIVE_NAMES,
  'audio',
  'extra_body',
  'function_call',
  'functions',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'modalities',
  'model',
  'n',
  'parallel_tool_calls',
  'reasoning',
  'reasoning_effort',
  'response_format',
  'stop',
  'stream',
  'stream_options',
  'tool_choice',
  'tools',
  'top_logprobs',
]);

/** OpenAI's fields whose value asks for nothing that the API would not do anyway. */
const NO_LOSS: Harmless = {
  logit_bias: isEmptyObject,
  metadata: isEmptyObject,
  service_tier: (value) => value === 'auto' || value === 'default',
  store: (value) => value === false,
  verbosity: (value) => value === 'medium',
};

/** OpenAI's voices, which this API does not have. */
const OPENAI_VOICES: ReadonlySet<string> = new Set(
  'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' '),
);

/** Reports every field that the API has nothing for, unless its value makes no difference. */
export function reportUnsupported(body: ChatBody, dropped: Dropped): void {
  reportUnknown(body, KNOWN, dropped, NO_LOSS);
  const extra = asObject(body.extra_body);
  if (extra && Object.keys(extra).some((name) => name !== 'google')) dropped.add('extra_body');
  for (const name of Object.keys(asObject(extra?.google) ?? {})) {
    if (!NATIVE_NAMES.includes(name)) dropped.add(`extra_body.google.${name}`);
  }
}

/**
 * `generationConfig` but for thinking (https://ai.google.dev/api/generate-content#generationconfig). Values
 * go as they are: what is out of the API's range (more than five stop sequences, a temperature above 2)
 * is the provider's to refuse.
 */
export function generationConfig(body: ChatBody, target: Target, dropped: Dropped): JsonObject {
  const config: JsonObject = {};
  for (const [name, theirs] of Object.entries(RENAMED)) {
    if (isGiven(body[name])) config[theirs] = body[name];
  }
  const limit = maxTokens(body, dropped);
  if (limit !== undefined) config.maxOutputTokens = limit;
  if (isGiven(body.stop)) config.stopSequences = Array.isArray(body.stop) ? body.stop : [body.stop];
  if (isGiven(body.n) && body.n !== 1) config.candidateCount = body.n;
  return {
    ...config,
    ...logprobs(body),
    ...responseFormat(body, target),
    ...modalities(body.modalities, dropped),
    ...speech(body.audio, dropped),
  };
}

function maxTokens(body: ChatBody, dropped: Dropped): Json | undefined {
  const { max_completion_tokens: newer, max_tokens: older } = body;
  if (isGiven(newer) && isGiven(older) && newer !== older) dropped.add('max_tokens');
  const limit = newer ?? older;
  return isGiven(limit) ? limit : undefined;
}

function logprobs(body: ChatBody): JsonObject {
  if (body.logprobs !== true) return {};
  const top = asNumber(body.top_logprobs) ?? 0;
  return { responseLogprobs: true, ...(top > 0 ? { logprobs: top } : {}) };
}

/**
 * A schema goes untouched as `responseJsonSchema`, which takes JSON Schema; `responseSchema` is a subset of
 * OpenAPI (https://ai.google.dev/gemini-api/docs/structured-output).
 */
function responseFormat(body: ChatBody, target: Target): JsonObject {
  const asked = jsonAsked(body.response_format);
  if (!asked) return {};
  if (!asked.schema) return { responseMimeType: 'application/json' };
  if (target.capabilities.structuredOutput === false) {
    throw unsupported('response_format', 'This model cannot be held to a JSON schema.');
  }
  return { responseMimeType: 'application/json', responseJsonSchema: asked.schema };
}

const MODALITIES: ReadonlySet<string> = new Set(['text', 'image', 'audio']);

function modalities(asked: Json | undefined, dropped: Dropped): JsonObject {
  const names = asArray(asked).map((name) => asString(name) ?? '');
  const known = names.filter((name) => MODALITIES.has(name));
  if (known.length < names.length) dropped.add('modalities');
  return known.length > 0 ? { responseModalities: known.map((name) => name.toUpperCase()) } : {};
}

/** https://ai.google.dev/gemini-api/docs/speech-generation: raw PCM, by one of Google's voices. */
function speech(asked: Json | undefined, dropped: Dropped): JsonObject {
  const audio = asObject(asked);
  if (!audio) return {};
  if (isGiven(audio.format) && audio.format !== 'pcm16') dropped.add('audio.format');
  const voiceName = asString(audio.voice);
  if (voiceName === undefined || OPENAI_VOICES.has(voiceName)) {
    if (isGiven(audio.voice)) dropped.add('audio.voice');
    return {};
  }
  return { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName } } } };
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}
