import { GatewayError } from '../../errors.ts';
import { asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { charactersOf, countedSound, uncountedSound } from '../audio.ts';
import type {
  AnswerMeta,
  Codec,
  EncodedRequest,
  PlainRequest,
  PlainStream,
  PlainStreamState,
  Target,
  Usage,
} from '../types.ts';
import { tokensIn } from '../usage.ts';
import { inBandError, unreadable } from './error.ts';
import { EventReader, EventStream, newPlainState } from './event-stream.ts';
import { applyKindQuirk, draftFor, encodeDraft } from './kind-quirk.ts';

/** https://platform.openai.com/docs/api-reference/audio/createSpeech: sound, or events that hold it, as it is made. */
export const speech: Codec = {
  encode,
  decode: () => {
    throw new GatewayError('internal_error', { message: 'Speech is always streamed.' });
  },
  stream,
};

/** Media types by `response_format`, for answers whose own says nothing. */
const TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};

/** "sse is not supported for tts-1 or tts-1-hd", which are not priced by tokens either. */
const WITHOUT_EVENTS = /(^|\/)tts-1\b/;

function encode(request: PlainRequest, target: Target): EncodedRequest[] {
  const quirk = target.quirks.speech ?? {};
  const draft = draftFor(request, target, quirk);
  applyKindQuirk(draft, quirk);
  // A file says nothing of tokens, the events that hold it do: who is asked so can be paid for by them.
  if (quirk.events && !WITHOUT_EVENTS.test(target.upstreamModel)) draft.set('stream_format', '"sse"');
  return [encodeDraft(draft, request, target, quirk, '/audio/speech')];
}

function stream(_: Target, { request }: AnswerMeta<PlainRequest>, contentType: string | null): PlainStream {
  const told = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  const characters = charactersOf(request);
  if (request.body().stream_format === 'sse') {
    if (told !== 'text/event-stream') throw notEvents();
    const events = new EventStream((event, state) => {
      if (event.type !== 'speech.audio.done') return { event };
      state.usage = usageOf(event, characters);
      return { event, last: true };
    });
    events.state.usage = uncountedSound({ characters }, null);
    return events;
  }
  const format = asString(request.body().response_format) ?? 'mp3';
  if (told === 'text/event-stream') return new SoundOfEvents(TYPES[format] ?? 'audio/mpeg', characters);
  const isSound = /^(audio|video)\//.test(told);
  return new SoundFile(isSound ? told : (TYPES[format] ?? 'application/octet-stream'), characters, told);
}

function notEvents(): GatewayError {
  return new GatewayError('upstream_invalid_response', {
    message: 'The provider sent a file where events were asked for: leave out stream_format.',
  });
}

/** `{input_tokens, output_tokens, total_tokens}`, of which the output is sound. */
function usageOf(event: JsonObject, characters: number): Usage {
  const raw = asObject(event.usage);
  const [input, output] = [tokensIn(raw, 'input_tokens'), tokensIn(raw, 'output_tokens')];
  if (!raw || input === undefined || output === undefined) return uncountedSound({ characters }, raw ?? null);
  return countedSound({ input, output, outputAudio: output }, { characters }, raw);
}

/** A file that has no last words: one that breaks off is broken off for the client too. */
abstract class Sound implements PlainStream {
  readonly state: PlainStreamState = newPlainState();
  readonly contentType: string;
  readonly ping = null;

  constructor(contentType: string, characters: number) {
    this.contentType = contentType;
    this.state.usage = uncountedSound({ characters }, null);
  }

  abstract push(bytes: Uint8Array): Uint8Array;
  abstract end(): Uint8Array;

  last(): Uint8Array {
    return new Uint8Array();
  }

  failure(): null {
    return null;
  }
}

/** Sound as it comes; whole when HTTP says so. */
class SoundFile extends Sound {
  /** What is no sound, in spite of its status. */
  #words: string | null;
  #size = 0;

  constructor(contentType: string, characters: number, told: string) {
    super(contentType, characters);
    this.#words = /^(application\/json|text\/)/.test(told) ? '' : null;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#words !== null) {
      if (this.#words.length < 65_536) this.#words += Buffer.from(bytes).toString('utf8');
      return new Uint8Array();
    }
    this.#size += bytes.byteLength;
    return bytes;
  }

  end(): Uint8Array {
    if (this.#words !== null) {
      const error = asObject(parseJson(this.#words))?.error;
      this.state.error = error ? inBandError(error, this.#words) : unreadable(this.#words);
    } else if (this.#size === 0) {
      this.state.error = new GatewayError('upstream_incomplete', {
        message: 'The provider sent an empty answer.',
      });
    } else this.state.finished = true;
    return new Uint8Array();
  }
}

/** The sound of events, for who wants it as a file. */
class SoundOfEvents extends Sound {
  readonly #reader: EventReader;
  #pieces: Uint8Array[] = [];

  constructor(contentType: string, characters: number) {
    super(contentType, characters);
    this.#reader = new EventReader(this.state, (event) => {
      if (event.type === 'speech.audio.delta')
        this.#pieces.push(Buffer.from(asString(event.audio) ?? '', 'base64'));
      if (event.type !== 'speech.audio.done') return;
      this.state.usage = usageOf(event, characters);
      this.state.finished = true;
    });
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#reader.push(bytes);
    return this.#taken();
  }

  end(): Uint8Array {
    this.#reader.end();
    return this.#taken();
  }

  #taken(): Uint8Array {
    const [only, ...others] = this.#pieces;
    this.#pieces = [];
    return others.length === 0
      ? (only ?? new Uint8Array())
      : Buffer.concat([only ?? new Uint8Array(), ...others]);
  }
}
