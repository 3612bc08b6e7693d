import type { Catalogue, CatalogueEndpoint, CatalogueModel } from './types.ts';

/** What models.dev leaves out: models that speak or listen, and what they cost. Each price has its source. */

const USD = 1_000_000_000;

function listener(id: string, name: string, more: Partial<CatalogueModel>): CatalogueModel {
  const alias = id.slice(id.indexOf('/') + 1);
  return { id, name, kind: 'transcription', takes: 'audio', open: false, aliases: [alias], ...more };
}

function speaker(id: string, name: string, more: Partial<CatalogueModel>): CatalogueModel {
  const alias = id.slice(id.indexOf('/') + 1);
  return { id, name, kind: 'speech', gives: 'audio', open: false, aliases: [alias], ...more };
}

const MODELS: readonly CatalogueModel[] = [
  listener('openai/whisper-1', 'Whisper 1', { family: 'whisper' }),
  listener('openai/gpt-4o-transcribe', 'GPT-4o Transcribe', { context: 16_000, output: 2_000 }),
  listener('openai/gpt-4o-mini-transcribe', 'GPT-4o Mini Transcribe', { context: 16_000, output: 2_000 }),
  listener('openai/gpt-4o-transcribe-diarize', 'GPT-4o Transcribe Diarize', {
    context: 16_000,
    output: 2_000,
  }),
  speaker('openai/gpt-4o-mini-tts', 'GPT-4o Mini TTS', {}),
  speaker('openai/tts-1', 'TTS 1', {}),
  speaker('openai/tts-1-hd', 'TTS 1 HD', {}),
];

function at(model: string, provider: string, price?: CatalogueEndpoint['price']): CatalogueEndpoint {
  return {
    model,
    provider,
    upstream: model.slice(model.indexOf('/') + 1),
    ...(price ? { price } : {}),
    can: '',
  };
}

const byMinute = (usd: number): CatalogueEndpoint['price'] => ({
  input: 0,
  output: 0,
  audioHour: Math.round(usd * 60 * USD),
});
const byCharacter = (usd: number): CatalogueEndpoint['price'] => ({
  input: 0,
  output: 0,
  characters: Math.round(usd * USD),
});
const byToken = (input: number, output: number): CatalogueEndpoint['price'] => ({
  input: Math.round(input * USD),
  output: Math.round(output * USD),
});

/** "Minimum billed length: 10 seconds": https://console.groq.com/docs/speech-to-text. */
const groq = (usdPerHour: number): CatalogueEndpoint['price'] => ({
  input: 0,
  output: 0,
  audioHour: Math.round(usdPerHour * USD),
  leastAudioMs: 10_000,
});

const ENDPOINTS: readonly CatalogueEndpoint[] = [
  // https://developers.openai.com/api/docs/models/whisper-1: $0.006 a minute.
  at('openai/whisper-1', 'openai', byMinute(0.006)),
  // https://developers.openai.com/api/docs/models/gpt-4o-transcribe
  at('openai/gpt-4o-transcribe', 'openai', byToken(2.5, 10)),
  // https://developers.openai.com/api/docs/models/gpt-4o-mini-transcribe
  at('openai/gpt-4o-mini-transcribe', 'openai', byToken(1.25, 5)),
  // No price of it was found on a page of OpenAI's.
  at('openai/gpt-4o-transcribe-diarize', 'openai'),
  // https://developers.openai.com/api/docs/models/gpt-4o-mini-tts: text in, sound out.
  at('openai/gpt-4o-mini-tts', 'openai', byToken(0.6, 12)),
  // https://developers.openai.com/api/docs/models/tts-1, per 1M characters.
  at('openai/tts-1', 'openai', byCharacter(15)),
  // https://developers.openai.com/api/docs/models/tts-1-hd
  at('openai/tts-1-hd', 'openai', byCharacter(30)),
  // https://console.groq.com/docs/speech-to-text: $0.111 and $0.04 an hour.
  at('openai/whisper-large-v3', 'groq', groq(0.111)),
  at('openai/whisper-large-v3-turbo', 'groq', groq(0.04)),
];

const OWN = new Set(
  ENDPOINTS.filter(({ model }) => MODELS.some(({ id }) => id === model)).map(
    ({ model, provider }) => `${model}@${provider}`,
  ),
);

/** Whether an endpoint stands here alone: no source can say that it is gone. */
export function isSoundAlone(endpointId: string): boolean {
  return OWN.has(endpointId);
}

/** The catalogue with these beside what it has; what a source says of its own stands. */
export function withSound({ models, endpoints }: Catalogue): Catalogue {
  const known = new Set(models.map(({ id }) => id));
  const added = MODELS.filter(({ id }) => !known.has(id));
  const present = new Set([...known, ...added.map(({ id }) => id)]);
  const merged = [...endpoints];
  for (const endpoint of ENDPOINTS) {
    if (!present.has(endpoint.model)) continue;
    const place = merged.findIndex(
      ({ model, provider }) => model === endpoint.model && provider === endpoint.provider,
    );
    const found = merged[place];
    if (!found) merged.push(endpoint);
    else if (!found.price && endpoint.price) merged[place] = { ...found, price: endpoint.price };
  }
  return { models: [...models, ...added], endpoints: merged };
}
