import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { countedSound, measuredMs, millisecondsOf, uncountedSound } from '../audio.ts';
import type { PlainRequest, PlainStreamState, Usage } from '../types.ts';
import { tokensIn } from '../usage.ts';
import type { Translated } from './event-stream.ts';
import { upstreamCost } from './usage.ts';

/**
 * One event of a transcript as OpenAI's clients read it. Mistral has other names for the same
 * (https://docs.mistral.ai/api/endpoint/audio/transcriptions).
 */
export function transcriptEvent(
  event: JsonObject,
  state: PlainStreamState,
  request: PlainRequest,
): Translated {
  switch (event.type) {
    case 'transcript.text.done':
      state.usage = transcriptUsage(event, request);
      return { event, last: true };
    case 'transcription.done':
      state.usage = transcriptUsage(event, request);
      state.upstreamModel = asString(event.model) ?? null;
      return { event: doneOf(event, state.usage), last: true };
    case 'transcription.text.delta':
      return { event: { type: 'transcript.text.delta', delta: event.text } };
    case 'transcription.segment':
      return { event: segmentOf(event) };
    case 'transcription.language':
      return { event: null };
    default:
      return { event };
  }
}

function doneOf({ text }: JsonObject, usage: Usage | null): JsonObject {
  const done: JsonObject = { type: 'transcript.text.done', text };
  if (usage && !usage.uncounted) done.usage = usageObject(usage);
  return done;
}

/** Usage as OpenAI's transcripts have it; null where nothing is known. */
export function usageObject(usage: Usage | null): JsonObject | null {
  if (!usage) return null;
  const { inputTokens, outputTokens, audioMs, uncounted } = usage;
  if (uncounted) return audioMs === undefined ? null : { type: 'duration', seconds: audioMs / 1000 };
  return {
    type: 'tokens',
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

function segmentOf({ text, start, end, speaker_id: speaker }: JsonObject): JsonObject {
  const id = `seg_${String(asNumber(start) ?? 0)}`;
  return { type: 'transcript.text.segment', id, start, end, text, speaker: asString(speaker) ?? '' };
}

/**
 * The usage of a transcript, whole or in its last event: tokens (`input_tokens`, with Mistral `prompt_tokens`), and how
 * long the sound is, as the host says, else as its file says. Null where neither is known.
 */
export function transcriptUsage(body: JsonObject, request: PlainRequest): Usage | null {
  const raw = asObject(body.usage);
  const audioMs =
    millisecondsOf(raw?.seconds) ??
    millisecondsOf(raw?.prompt_audio_seconds) ??
    millisecondsOf(body.duration) ??
    measuredMs(request) ??
    undefined;
  const heard = audioMs === undefined ? {} : { audioMs };
  const upstreamCostUsd = raw ? upstreamCost(raw) : null;
  const input = tokensIn(raw, 'input_tokens') ?? tokensIn(raw, 'prompt_tokens');
  const output = tokensIn(raw, 'output_tokens') ?? tokensIn(raw, 'completion_tokens');
  if (raw && input !== undefined && output !== undefined) {
    const inputAudio = tokensIn(asObject(raw.input_token_details), 'audio_tokens') ?? 0;
    return { ...countedSound({ input, output, inputAudio }, heard, raw), upstreamCostUsd };
  }
  return audioMs === undefined ? null : { ...uncountedSound(heard, raw ?? null), upstreamCostUsd };
}
