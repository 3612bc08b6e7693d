import type { AskedUnits } from '../../billing/charge.ts';
import { charactersOf, measuredMs } from '../../wires/audio.ts';
import type { PlainRequest } from '../../wires/types.ts';
import { filesOf } from '../requests/form-request.ts';
import type { Call } from '../types.ts';
import { estimateSearches } from './estimate.ts';

/**
 * Bytes of a second of sound whose length its file does not tell: of speech at 8 kbit/s, less than which few codecs
 * take, so that what is reserved is rather too much.
 */
const BYTES_PER_SECOND = 1_000;

/** Tokens of a second of sound that is heard, and of its text: https://openai.com/api/pricing says $0.006 a minute of both. */
const HEARD_TOKENS_PER_SECOND = 10;
const TEXT_TOKENS_PER_SECOND = 8;

/** Tokens of sound that a character becomes: some 15 are said in a second, which is 21 tokens, or much slower. */
const SPOKEN_TOKENS_PER_CHARACTER = 6;

/** What a request asks for beside tokens; of sound the most that it may be. */
export function unitsOf({ request, control }: Pick<Call, 'request' | 'control'>): AskedUnits {
  switch (request.kind) {
    case 'image':
      return { images: control.answers };
    case 'rerank':
      return { searches: estimateSearches(request) };
    case 'speech':
      return { characters: charactersOf(request) };
    case 'transcription':
      return { audioMs: mostAudioMs(request) };
    default:
      return {};
  }
}

/** Tokens that sound may come to at most, in and out, where it is counted in tokens; null for other requests. */
export function soundTokens({ request }: Pick<Call, 'request'>): { input: number; output: number } | null {
  if (request.kind === 'speech') {
    const characters = charactersOf(request);
    return { input: characters, output: characters * SPOKEN_TOKENS_PER_CHARACTER };
  }
  if (request.kind !== 'transcription') return null;
  const seconds = Math.ceil(mostAudioMs(request) / 1000);
  return { input: seconds * HEARD_TOKENS_PER_SECOND, output: seconds * TEXT_TOKENS_PER_SECOND };
}

function mostAudioMs(request: PlainRequest): number {
  const { byteLength } = filesOf(request.form ?? [], 'file')[0]?.bytes ?? new Uint8Array();
  return measuredMs(request) ?? Math.ceil((byteLength / BYTES_PER_SECOND) * 1000);
}
