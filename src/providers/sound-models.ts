import type { CatalogueEndpoint } from '../registry/catalogue/types.ts';
import type { Addition } from './catalogue-additions.ts';

type Price = CatalogueEndpoint['price'];

const NANO_PER_USD = 1_000_000_000;

const perMinute = (usd: number): Price => ({ input: 0, output: 0, audioHour: nano(usd * 60) });
const perCharacter = (usd: number): Price => ({ input: 0, output: 0, characters: nano(usd) });
/** The pages price tokens of sound: those that are heard, or those that are spoken. */
const heardTokens = (input: number, output: number): Price => ({
  input: nano(input),
  output: nano(output),
  inputAudio: nano(input),
});
const spokenTokens = (input: number, output: number): Price => ({
  input: nano(input),
  output: nano(output),
  outputAudio: nano(output),
});
/** "Minimum Billed Length 10 seconds", of https://console.groq.com/docs/speech-to-text. */
const perHourOfGroq = (usd: number): Price => ({
  input: 0,
  output: 0,
  audioHour: nano(usd),
  leastAudioMs: 10_000,
});

const LISTENS = { kind: 'transcription', takes: 'audio', open: false, provider: 'openai' } as const;
const SPEAKS = { kind: 'speech', gives: 'audio', open: false, provider: 'openai' } as const;
const MODELS = 'https://developers.openai.com/api/docs/models';

/** OpenAI's models that listen and speak; those of them that no page of its own prices have no price. */
export const SOUND_MODELS: readonly Addition[] = [
  { id: 'openai/whisper-1', name: 'Whisper 1', ...LISTENS, price: perMinute(0.006) },
  {
    id: 'openai/gpt-4o-transcribe',
    name: 'GPT-4o Transcribe',
    ...LISTENS,
    context: 16_000,
    output: 2_000,
    price: heardTokens(2.5, 10),
  },
  {
    id: 'openai/gpt-4o-mini-transcribe',
    name: 'GPT-4o Mini Transcribe',
    ...LISTENS,
    context: 16_000,
    output: 2_000,
    price: heardTokens(1.25, 5),
  },
  { id: 'openai/gpt-4o-transcribe-diarize', name: 'GPT-4o Transcribe Diarize', ...LISTENS, price: undefined },
  { id: 'openai/gpt-4o-mini-tts', name: 'GPT-4o Mini TTS', ...SPEAKS, price: spokenTokens(0.6, 12) },
  { id: 'openai/tts-1', name: 'TTS 1', ...SPEAKS, price: perCharacter(15) },
  { id: 'openai/tts-1-hd', name: 'TTS 1 HD', ...SPEAKS, price: perCharacter(30) },
].map((model) => {
  const upstream = model.id.slice(model.id.indexOf('/') + 1);
  return { ...model, upstream, source: `${MODELS}/${upstream}` };
});

/** Prices by endpoint of models that models.dev has without one: https://console.groq.com/docs/speech-to-text. */
export const SOUND_PRICES: ReadonlyMap<string, Price> = new Map([
  ['openai/whisper-large-v3@groq', perHourOfGroq(0.111)],
  ['openai/whisper-large-v3-turbo@groq', perHourOfGroq(0.04)],
]);

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}
