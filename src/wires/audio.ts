import { durationOf } from '../lib/audio/duration.ts';
import { asNumber, asString, type Json } from '../lib/json.ts';
import { isFile } from '../lib/multipart/types.ts';
import type { PlainRequest, Usage } from './types.ts';
import { NO_USAGE } from './usage.ts';

/** Characters that a request for speech has spoken, as code points. */
export function charactersOf(request: PlainRequest): number {
  let count = 0;
  for (const _ of asString(request.body().input) ?? '') count++;
  return count;
}

/** Measured once for a request. */
const measured = new WeakMap<PlainRequest, { ms: number | null }>();

/** Milliseconds of the sound that a request brings, as its file says; null where that cannot be read. */
export function measuredMs(request: PlainRequest): number | null {
  let known = measured.get(request);
  if (!known) {
    const file = request.form?.find(isFile);
    known = { ms: file ? durationOf(file.bytes) : null };
    measured.set(request, known);
  }
  return known.ms;
}

/** Usage that is not counted in tokens: characters spoken, or sound heard. */
export function uncountedSound(units: { characters?: number; audioMs?: number }, raw: Json): Usage {
  return { ...countedSound({ input: 0, output: 0 }, units, raw), uncounted: true };
}

/** Usage in tokens, with what else is known. */
export function countedSound(
  tokens: { input: number; output: number; inputAudio?: number; outputAudio?: number },
  units: { characters?: number; audioMs?: number },
  raw: Json,
): Usage {
  return {
    ...NO_USAGE,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    inputAudioTokens: Math.min(tokens.inputAudio ?? 0, tokens.input),
    outputAudioTokens: Math.min(tokens.outputAudio ?? 0, tokens.output),
    ...units,
    raw,
  };
}

/** Seconds as hosts write them, a number or its text, in whole milliseconds. */
export function millisecondsOf(value: Json | undefined): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : asNumber(value);
  return seconds !== undefined && Number.isFinite(seconds) && seconds >= 0
    ? Math.round(seconds * 1000)
    : undefined;
}
