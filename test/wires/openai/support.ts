/// <reference types="vite/client" />
import { expect } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { asArray, asObject, isObject, type JsonObject } from '../../../src/lib/json.ts';
import { scanMembers } from '../../../src/lib/json-members.ts';
import { SseFramer } from '../../../src/lib/sse.ts';
import { openai } from '../../../src/wires/openai/index.ts';
import type {
  AnswerMeta,
  ChatBody,
  ChatCodec,
  ChatRequest,
  DecodedAnswer,
  Quirks,
  StreamState,
  Target,
} from '../../../src/wires/types.ts';

const FILES = import.meta.glob<string>('../../fixtures/openai/*/*', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** A file of a fixture, e.g. `fixture('xai-chat-s-xai-text-0', 'stream.txt')`. */
export function fixture(name: string, file: string): string {
  const text = FILES[`../../fixtures/openai/${name}/${file}`];
  if (text === undefined) throw new Error(`There is no ${file} in ${name}`);
  return text;
}

/** Every fixture that has this file. */
export function fixturesWith(file: string): string[] {
  return Object.keys(FILES)
    .filter((path) => path.endsWith(`/${file}`))
    .map((path) => path.split('/').at(-2) ?? '');
}

export const codec: ChatCodec = openai.chat ?? missing();

function missing(): never {
  throw new Error('The wire has no chat codec');
}

export function target(quirks: Quirks = {}, upstreamModel = 'up/Model-1'): Target {
  return { upstreamModel, maxOutputTokens: null, capabilities: {}, quirks };
}

/** A request as its text came in. */
export function requestOf(
  text: string,
  over: Partial<Pick<ChatRequest, 'stream' | 'includeUsage' | 'extensions'>> = {},
): ChatRequest {
  const bytes = new TextEncoder().encode(text);
  const members = scanMembers(bytes);
  if (!members) throw new Error(`Not an object: ${text.slice(0, 100)}`);
  return {
    kind: 'chat',
    bytes,
    members,
    stream: false,
    includeUsage: false,
    extensions: [],
    body: () => JSON.parse(text) as ChatBody,
    ...over,
  };
}

/** The encoded body as text, and what was dropped. */
export function encode(
  text: string,
  quirks: Quirks = {},
  over: Partial<Pick<ChatRequest, 'stream' | 'includeUsage' | 'extensions'>> = {},
): { text: string; body: JsonObject; dropped: readonly string[] } {
  const encoded = codec.encode(requestOf(text, over), target(quirks));
  expect(encoded.path).toBe('/chat/completions');
  expect(encoded.headers).toBeUndefined();
  const out =
    typeof encoded.body === 'string'
      ? encoded.body
      : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(encoded.body);
  return { text: out, body: parse(out), dropped: encoded.dropped };
}

export function meta(includeUsage = false): AnswerMeta {
  return {
    id: 'gen_1',
    created: 1_700_000_000,
    model: 'asked-model',
    request: requestOf('{"model":"m","messages":[]}', { includeUsage }),
  };
}

export function parse(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`Not an object: ${text}`);
  return value;
}

/** A whole answer, decoded; also its first choice's message. */
export function decode(
  body: unknown,
  quirks: Quirks = {},
): { answer: DecodedAnswer; completion: JsonObject; choices: JsonObject[]; message: JsonObject } {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = codec.decode(text, target(quirks), meta());
  const completion = parse(answer.text);
  const choices = list(completion.choices);
  return { answer, completion, choices, message: asObject(choices[0]?.message) ?? {} };
}

/** What a client puts together from one choice of a stream. */
export interface Heard {
  content: string;
  reasoning: string;
  refusal: string;
  calls: { id: string; name: string; arguments: string; types: string[] }[];
  finish: string[];
}

export interface Replayed {
  /** The SSE text as the client gets it. */
  out: string;
  chunks: JsonObject[];
  choices: Heard[];
  state: StreamState;
  error: GatewayError | null;
}

/** Replays a stream at so many bytes a push and reads what comes out as a strict client does. */
export function replay(
  sse: string,
  options: { size?: number; quirks?: Quirks; includeUsage?: boolean } = {},
): Replayed {
  const bytes = new TextEncoder().encode(sse);
  const size = options.size ?? bytes.length;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return replayPieces(pieces, options);
}

export function replayPieces(
  pieces: readonly Uint8Array[],
  options: { quirks?: Quirks; includeUsage?: boolean } = {},
): Replayed {
  const decoder = codec.stream(target(options.quirks), meta(options.includeUsage));
  const framer = new SseFramer();
  let out = '';
  let error: GatewayError | null = null;
  try {
    for (const piece of pieces) {
      for (const { data, event } of framer.push(piece)) out += decoder.push(data, event);
    }
    for (const { data, event } of framer.end()) out += decoder.push(data, event);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown;
  }
  return { out, ...gather(out), state: decoder.state, error };
}

/** The one chunk that comes of one, as the client gets it. */
export function passed(upstream: JsonObject): JsonObject {
  const { chunks, error } = replay(sse(upstream));
  expect(error).toBeNull();
  expect(chunks).toHaveLength(1);
  return chunks[0] ?? {};
}

/** The stream of these chunks as a host would send it. */
export function sse(...chunks: (JsonObject | string)[]): string {
  return chunks
    .map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`)
    .join('');
}

/** A chunk as OpenAI writes it, with this delta in its one choice. */
export function chunk(delta: JsonObject, more: JsonObject = {}, choice: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_754_432_623,
    model: 'up-model',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...choice }],
    ...more,
  };
}

export const STOP = chunk({}, {}, { finish_reason: 'stop' });

function gather(out: string): { chunks: JsonObject[]; choices: Heard[] } {
  expect(out === '' || out.endsWith('\n\n')).toBe(true);
  const chunks = out
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      expect(event).toMatch(/^data: \{[^\n]*\}$/);
      return parse(event.slice(6));
    });
  const choices: Heard[] = [];
  for (const sent of chunks) {
    checkChunk(sent);
    for (const choice of list(sent.choices)) hear(choices, choice);
  }
  return { chunks, choices };
}

const FINISH: readonly unknown[] = [null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call'];

/** The members and types that OpenAI's CreateChatCompletionStreamResponse demands. */
function checkChunk(sent: JsonObject): void {
  const fine =
    sent.id === 'gen_1' &&
    sent.object === 'chat.completion.chunk' &&
    Number.isInteger(sent.created) &&
    typeof sent.model === 'string' &&
    sent.model !== '' &&
    Array.isArray(sent.choices) &&
    !isObject(sent.usage) &&
    list(sent.choices).every(
      (choice) =>
        Number.isInteger(choice.index) && isObject(choice.delta) && FINISH.includes(choice.finish_reason),
    );
  if (!fine) throw new Error(`Not a chunk of OpenAI's: ${JSON.stringify(sent)}`);
}

function hear(choices: Heard[], choice: JsonObject): void {
  const index = Number(choice.index);
  const heard = choices[index] ?? { content: '', reasoning: '', refusal: '', calls: [], finish: [] };
  choices[index] = heard;
  const delta = asObject(choice.delta) ?? {};
  if (delta.role !== undefined) expect(delta.role).toBe('assistant');
  heard.content += textOf(delta.content);
  heard.reasoning += textOf(delta.reasoning);
  heard.refusal += textOf(delta.refusal);
  for (const call of asArray(delta.tool_calls ?? [])) hearCall(heard, call);
  if (delta.tool_calls !== undefined) expect(Array.isArray(delta.tool_calls)).toBe(true);
  if (typeof choice.finish_reason === 'string') heard.finish.push(choice.finish_reason);
}

function hearCall(heard: Heard, call: unknown): void {
  if (!isObject(call) || typeof call.index !== 'number') throw new Error('A tool call without index');
  const named = asObject(call.function) ?? {};
  const known = heard.calls[call.index] ?? { id: '', name: '', arguments: '', types: [] };
  heard.calls[call.index] = known;
  known.id += textOf(call.id);
  known.name += textOf(named.name);
  known.arguments += textOf(named.arguments);
  if (typeof call.type === 'string') known.types.push(call.type);
}

/** The text of a member that may be absent, null or text, and nothing else. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new Error(`Not a text: ${JSON.stringify(value)}`);
  return value;
}

/** The objects of an array; empty for anything else. */
export function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The error that a function throws. */
export function thrownBy(run: () => unknown): GatewayError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was thrown');
}
