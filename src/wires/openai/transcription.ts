import { GatewayError, toGatewayError } from '../../errors.ts';
import { formatOf } from '../../lib/audio/duration.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { type FormPart, isFile } from '../../lib/multipart/types.ts';
import { writeMultipart } from '../../lib/multipart/write.ts';
import { measuredMs, uncountedSound } from '../audio.ts';
import { kindPath } from '../path.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedForm,
  PlainRequest,
  PlainStream,
  PlainStreamState,
  Target,
  Usage,
} from '../types.ts';
import { inBandError, unreadable } from './error.ts';
import { EventStream, eventText, failureText, newPlainState } from './event-stream.ts';
import { type Segment, srtOf, vttOf } from './subtitles.ts';
import { transcriptEvent, transcriptUsage, usageObject } from './transcript-events.ts';

/** https://platform.openai.com/docs/api-reference/audio/createTranscription, and createTranslation. */
export const transcription: Codec = { encode, decode, stream };

/** What is not JSON, and its media type. */
const TEXTS: Readonly<Record<string, string>> = {
  text: 'text/plain; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
};

function encode(request: PlainRequest, target: Target): EncodedForm[] {
  const quirk = target.quirks.transcription ?? {};
  const translates = request.task === 'translation';
  const path = translates ? quirk.translationPath : quirk.path;
  const asked = askedFormat(request, target);
  const without = new Set(path?.includes('{model}') ? ['model'] : []);
  const dropped: string[] = [];
  if (asked === null) without.add('response_format');
  // These models have no streams: theirs is made of the whole answer.
  if (asked === 'verbose_json' && request.stream) without.add('stream');
  const parts = (request.form ?? []).flatMap((part): FormPart[] => {
    const [, root = '', brackets = ''] = /^([^[]*)(.*)$/.exec(part.name) ?? [];
    if (without.has(root)) return [];
    const leftOut =
      quirk.drop?.includes(root) || (root === 'timestamp_granularities' && !isVerbose(request, asked));
    if (leftOut) {
      if (!dropped.includes(root)) dropped.push(root);
      return [];
    }
    if (isFile(part)) return [{ ...part, filename: filenameOf(part) }];
    if (root === 'model') return [{ ...part, value: target.upstreamModel }];
    if (root === 'response_format') return [];
    return [{ ...part, name: (quirk.rename?.[root] ?? root) + brackets }];
  });
  if (asked !== null) parts.push({ name: 'response_format', value: asked });
  // Who reads a form as it comes knows all fields then before the file.
  parts.sort((a, b) => Number(isFile(a)) - Number(isFile(b)));
  const { body, contentType } = writeMultipart(parts);
  const own = translates ? '/audio/translations' : '/audio/transcriptions';
  return [{ path: kindPath(path, target.upstreamModel, own), body, contentType, dropped }];
}

/** What the caller wants. */
function formatOfRequest(request: PlainRequest): string {
  return asString(request.body().response_format) ?? 'json';
}

/** Times of words and segments stand in the one format alone; where another was asked for they would have no effect. */
function isVerbose(request: PlainRequest, asked: string | null): boolean {
  return asked === null || formatOfRequest(request) === 'verbose_json';
}

/**
 * What the host is asked for, null where it has no formats. Only the verbose answer of Whisper says how long the sound
 * is, by which it is priced, so that it is asked for in any case and the others are made of it.
 * @throws GatewayError `unsupported_parameter` for what the host cannot say.
 */
function askedFormat(request: PlainRequest, { quirks, upstreamModel }: Target): string | null {
  const wanted = formatOfRequest(request);
  const { format } = quirks.transcription ?? {};
  if (format === 'none') {
    if (wanted === 'json' || wanted === 'text') return null;
    throw new GatewayError('unsupported_parameter', {
      param: 'response_format',
      message: `response_format must be "json" or "text": the provider of this model has no other.`,
    });
  }
  const derived = wanted === 'json' || wanted in TEXTS;
  if (derived && (format === 'verbose_json' || (format === undefined && /whisper/i.test(upstreamModel)))) {
    return 'verbose_json';
  }
  return wanted === 'text' ? 'json' : wanted;
}

/** Hosts go by the ending of a name; directories are nobody's business. */
function filenameOf({ filename, bytes }: { filename: string; bytes: Uint8Array }): string {
  const name = filename.split(/[\\/]/).at(-1) ?? '';
  if (/[^.]\.[a-z0-9]{2,5}$/i.test(name)) return name;
  const format = formatOf(bytes);
  return `${name === '' ? 'audio' : name}${format === null ? '' : `.${format}`}`;
}

function decode(
  bodies: readonly string[],
  target: Target,
  { request }: AnswerMeta<PlainRequest>,
): DecodedAnswer {
  const text = bodies[0] ?? '';
  const wanted = formatOfRequest(request);
  const asked = askedFormat(request, target) ?? 'json';
  const answer = { finishReason: null, rawFinishReason: null, upstreamId: null, upstreamModel: null };
  const contentType = TEXTS[wanted];
  if (asked in TEXTS) {
    const audioMs = measuredMs(request);
    const usage = audioMs === null ? null : uncountedSound({ audioMs }, null);
    return { ...answer, text, usage, ...(contentType === undefined ? {} : { contentType }) };
  }
  const body = bodyOf(text);
  const usage = transcriptUsage(body, request);
  const told = {
    ...answer,
    usage,
    upstreamId: asString(asObject(body.x_groq)?.id) ?? null,
    upstreamModel: asString(body.model) ?? null,
  };
  if (contentType !== undefined) return { ...told, text: written(wanted, body, text), contentType };
  if (wanted !== 'json') return { ...told, text };
  if (asked === 'json') return { ...told, text: withOwnUsage(body, text, usage) };
  return { ...told, text: JSON.stringify({ text: body.text, ...usageMember(body) }) };
}

/** @throws GatewayError for what is an error, or has no text. */
function bodyOf(text: string): JsonObject {
  const body = asObject(parseJson(text));
  if (!body) throw unreadable(text);
  const error = body.error ?? (body.object === 'error' ? body : undefined);
  if (error !== undefined && error !== null) throw inBandError(error, text);
  if (typeof body.text !== 'string') throw unreadable(text);
  return body;
}

/** The answer with its usage in OpenAI's words, where a host has other words for it. */
function withOwnUsage(body: JsonObject, text: string, usage: Usage | null): string {
  const { type } = asObject(body.usage) ?? { type: 'tokens' };
  if (type === 'tokens' || type === 'duration') return text;
  const { usage: _, ...rest } = body;
  const own = usageObject(usage);
  return JSON.stringify(own ? { ...rest, usage: own } : rest);
}

/** The usage that OpenAI's answers have; of Whisper the duration. */
function usageMember(body: JsonObject): JsonObject {
  const usage = asObject(body.usage);
  if (usage) return { usage };
  const seconds = asNumber(body.duration);
  return seconds === undefined ? {} : { usage: { type: 'duration', seconds } };
}

function written(format: string, body: JsonObject, text: string): string {
  if (format === 'text') return `${asString(body.text) ?? ''}\n`;
  const segments = asArray(body.segments).map((value): Segment => {
    const segment = asObject(value);
    const [start, end, words] = [asNumber(segment?.start), asNumber(segment?.end), asString(segment?.text)];
    if (start === undefined || end === undefined || words === undefined) throw unreadable(text);
    return { start, end, text: words };
  });
  if (segments.length === 0 && body.text !== '') throw unreadable(text);
  return format === 'srt' ? srtOf(segments) : vttOf(segments);
}

function stream(target: Target, meta: AnswerMeta<PlainRequest>, contentType: string | null): PlainStream {
  const isEvents = /^text\/event-stream\s*(;|$)/i.test(contentType ?? '');
  if (!isEvents) return new TranscriptAsEvents((text) => decode([text], target, meta));
  return new EventStream((event, state) => transcriptEvent(event, state, meta.request));
}

/** A larger transcript is none, characters. */
const MOST_CHARS = 16 * 1024 * 1024;

/** The events of an answer that came whole, from a model that has no streams. */
class TranscriptAsEvents implements PlainStream {
  readonly state: PlainStreamState = newPlainState();
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly ping = ': ping\n\n';
  readonly #decode: (text: string) => DecodedAnswer;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #text = '';
  #done: JsonObject = {};

  constructor(decodeAnswer: (text: string) => DecodedAnswer) {
    this.#decode = decodeAnswer;
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    if (this.#text.length > MOST_CHARS) this.state.error = unreadable('');
    return new Uint8Array();
  }

  end(): Uint8Array {
    try {
      const answer = this.#decode(this.#text + this.#decoder.decode());
      const body = asObject(parseJson(this.#text)) ?? {};
      const text = asString(body.text) ?? answer.text;
      const { usage, upstreamId, upstreamModel } = answer;
      Object.assign(this.state, { usage, upstreamId, upstreamModel, finished: true });
      const counted = usage && !usage.uncounted ? { usage: usageObject(usage) } : {};
      this.#done = { type: 'transcript.text.done', text, ...counted };
      return this.#encoder.encode(eventText({ type: 'transcript.text.delta', delta: text }));
    } catch (thrown) {
      this.state.error = toGatewayError(thrown);
      return new Uint8Array();
    }
  }

  last(account: JsonObject): Uint8Array {
    return this.#encoder.encode(eventText({ ...this.#done, ...account }));
  }

  failure(error: JsonObject): Uint8Array {
    return failureText(error);
  }
}
