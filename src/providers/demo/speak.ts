import { asObject, asString, parseJson } from '../../lib/json.ts';
import type { TimedEvent } from './answer.ts';
import { invalidRequest, unknownModel } from './error.ts';
import { playback } from './playback.ts';
import { countTokens } from './tokens.ts';
import { secondsOf, tonesOf, wavOf } from './tones.ts';

const MODEL = 'demo-speech';
const MOST_CHARACTERS = 4096;
const PIECE_BYTES = 16 * 1024;

/** Tokens of a second of sound, as OpenAI's models count. */
const TOKENS_PER_SECOND = 20;

/** POST /v1/audio/speech: the text as tones, a WAV file whatever format is asked for but `pcm`. */
export async function speak(body: string, signal: AbortSignal): Promise<Response> {
  const asked = asObject(parseJson(body)) ?? {};
  const model = asString(asked.model) ?? '';
  if (model !== MODEL) throw unknownModel(model);
  const input = asString(asked.input);
  if (!input) throw invalidRequest("Missing required parameter: 'input'.", 'input');
  if (Array.from(input).length > MOST_CHARACTERS) {
    throw invalidRequest(
      `Invalid 'input': up to ${MOST_CHARACTERS} characters.`,
      'input',
      'string_above_max_length',
    );
  }
  const isRaw = asked.response_format === 'pcm';
  const sound = isRaw ? tonesOf(input) : wavOf(tonesOf(input));
  if (asked.stream_format === 'sse') {
    return new Response(playback(eventsOf(input, sound), signal), {
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    });
  }
  const pieces = piecesOf(sound);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
  return new Response(stream, { headers: { 'content-type': isRaw ? 'audio/pcm' : 'audio/wav' } });
}

function* piecesOf(sound: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < sound.byteLength; at += PIECE_BYTES) yield sound.slice(at, at + PIECE_BYTES);
}

function* eventsOf(input: string, sound: Uint8Array): Generator<TimedEvent> {
  const event = (value: object): TimedEvent => ({ afterMs: 0, text: `data: ${JSON.stringify(value)}\n\n` });
  for (const piece of piecesOf(sound)) {
    yield event({ type: 'speech.audio.delta', audio: Buffer.from(piece).toString('base64') });
  }
  const tokens = [countTokens(input), Math.ceil(secondsOf(input) * TOKENS_PER_SECOND)] as const;
  const usage = { input_tokens: tokens[0], output_tokens: tokens[1], total_tokens: tokens[0] + tokens[1] };
  yield event({ type: 'speech.audio.done', usage });
}
