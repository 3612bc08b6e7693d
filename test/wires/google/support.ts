import { expect } from 'vitest';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../../src/lib/json.ts';
import { scanMembers } from '../../../src/lib/json-members.ts';
import { SseFramer } from '../../../src/lib/sse.ts';
import { google } from '../../../src/wires/google/index.ts';
import type {
  AnswerMeta,
  ChatBody,
  ChatCodec,
  ChatRequest,
  StreamState,
  Target,
} from '../../../src/wires/types.ts';

const FILES = import.meta.glob<string>('../../fixtures/google/*/*', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** The text of a fixture's file. */
export function fixture(name: string, file: string): string {
  const text = FILES[`../../fixtures/google/${name}/${file}`];
  if (text === undefined) throw new Error(`There is no fixture ${name}/${file}.`);
  return text;
}

export function fixtureJson(name: string, file: string): JsonObject {
  return JSON.parse(fixture(name, file)) as JsonObject;
}

/** Names of the fixtures that have this file. */
export function fixturesWith(file: string): string[] {
  return Object.keys(FILES)
    .map((path) => path.split('/').slice(-2))
    .flatMap(([name, leaf]) => (leaf === file && name !== undefined ? [name] : []));
}

export const codec: ChatCodec = google.chat ?? unreachable();

function unreachable(): never {
  throw new Error('The wire has no chat codec.');
}

export function requestOf(body: JsonObject, stream = false): ChatRequest {
  const chat: ChatBody = { model: 'm', messages: [], ...body } as ChatBody;
  const bytes = new TextEncoder().encode(JSON.stringify(chat));
  return {
    kind: 'chat',
    bytes,
    members: scanMembers(bytes) ?? [],
    stream,
    includeUsage: false,
    body: () => chat,
    extensions: [],
  };
}

export function targetOf(upstreamModel: string, more: Partial<Target> = {}): Target {
  return { upstreamModel, maxOutputTokens: null, capabilities: {}, quirks: {}, ...more };
}

export function metaOf(body: JsonObject = {}): AnswerMeta {
  return { id: 'gen_01abc', created: 1_700_000_000, model: 'registry-name', request: requestOf(body, true) };
}

export interface Encoded {
  path: string;
  body: JsonObject;
  dropped: readonly string[];
}

export function encode(body: JsonObject, model = 'gemini-2.5-flash', more: Partial<Target> = {}): Encoded {
  const encoded = codec.encode(requestOf(body), targetOf(model, more));
  return {
    path: encoded.path,
    body: JSON.parse(encoded.body as string) as JsonObject,
    dropped: encoded.dropped,
  };
}

export function decode(body: unknown, requestBody: JsonObject = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = codec.decode(text, targetOf('gemini-2.5-flash'), metaOf(requestBody));
  const completion = JSON.parse(answer.text) as JsonObject;
  const choices = asArray(completion.choices).filter(isObject);
  return { answer, completion, choices, message: asObject(choices[0]?.message) ?? {} };
}

/** What a client has in hand after a stream, for one choice. */
export interface Heard {
  content: string;
  reasoning: string;
  refusal: string;
  details: JsonObject[];
  toolCalls: JsonObject[];
  functionCall: { name: string; arguments: string } | null;
  images: JsonObject[];
  audio: string[];
  annotations: JsonObject[];
  providerData: JsonObject[];
  logprobs: JsonObject[];
  finish: string[];
}

export interface Replayed {
  choices: Heard[];
  chunks: JsonObject[];
  state: StreamState;
}

/** Sends a recorded stream through framer and decoder in pieces of `size` bytes and gathers what comes out. */
export function replay(
  text: string,
  size = Number.POSITIVE_INFINITY,
  requestBody: JsonObject = {},
): Replayed {
  const bytes = new TextEncoder().encode(text);
  const framer = new SseFramer();
  const decoder = codec.stream(targetOf('gemini-2.5-flash'), metaOf(requestBody));
  let out = '';
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of framer.push(bytes.subarray(at, at + size)))
      out += decoder.push(event.data, event.event);
  }
  for (const event of framer.end()) out += decoder.push(event.data, event.event);
  return { ...gather(out), state: decoder.state };
}

/** Reads SSE text as a strict client does. */
export function gather(out: string): { choices: Heard[]; chunks: JsonObject[] } {
  expect(out === '' || out.endsWith('\n\n')).toBe(true);
  const chunks = out
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      expect(event.startsWith('data: {')).toBe(true);
      return JSON.parse(event.slice(6)) as JsonObject;
    });
  const choices: Heard[] = [];
  for (const chunk of chunks) {
    checkChunk(chunk);
    for (const choice of asArray(chunk.choices).filter(isObject)) hear(choices, choice);
  }
  return { choices, chunks };
}

const FINISH = new Set([null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** The members and types that OpenAI's CreateChatCompletionStreamResponse demands. */
function checkChunk(chunk: JsonObject): void {
  expect(chunk.id).toBe('gen_01abc');
  expect(chunk.object).toBe('chat.completion.chunk');
  expect(chunk.created).toBe(1_700_000_000);
  expect(chunk.model).toBeTypeOf('string');
  expect(chunk).not.toHaveProperty('usage');
  for (const choice of asArray(chunk.choices).filter(isObject)) {
    expect(choice.index).toBeTypeOf('number');
    expect(isObject(choice.delta)).toBe(true);
    expect(FINISH.has(choice.finish_reason as string | null)).toBe(true);
    const delta = asObject(choice.delta) ?? {};
    if (delta.content !== undefined) expect(delta.content).toBeTypeOf('string');
    for (const call of asArray(delta.tool_calls).filter(isObject)) expect(call.index).toBeTypeOf('number');
    if (choice.logprobs) expect(choice.logprobs).toHaveProperty('refusal');
  }
}

function hear(choices: Heard[], choice: JsonObject): void {
  const index = asNumber(choice.index) ?? -1;
  const delta = asObject(choice.delta) ?? {};
  let heard = choices[index];
  if (!heard) {
    // The first delta of a choice opens it.
    expect(delta).toEqual({ role: 'assistant', content: '' });
    heard = {
      content: '',
      reasoning: '',
      refusal: '',
      details: [],
      toolCalls: [],
      functionCall: null,
      images: [],
      audio: [],
      annotations: [],
      providerData: [],
      logprobs: [],
      finish: [],
    };
    choices[index] = heard;
  }
  heard.content += asString(delta.content) ?? '';
  heard.reasoning += asString(delta.reasoning) ?? '';
  heard.refusal += asString(delta.refusal) ?? '';
  heard.details.push(...asArray(delta.reasoning_details).filter(isObject));
  heard.images.push(...asArray(delta.images).filter(isObject));
  heard.annotations.push(...asArray(delta.annotations).filter(isObject));
  const audio = asString(asObject(delta.audio)?.data);
  if (audio !== undefined) heard.audio.push(audio);
  if (isObject(delta.provider_data)) heard.providerData.push(delta.provider_data);
  if (isObject(choice.logprobs)) heard.logprobs.push(choice.logprobs);
  const legacy = asObject(delta.function_call);
  if (legacy) heard.functionCall = { name: String(legacy.name), arguments: String(legacy.arguments) };
  for (const call of asArray(delta.tool_calls).filter(isObject)) {
    expect(heard.toolCalls[asNumber(call.index) ?? -1]).toBeUndefined();
    heard.toolCalls[asNumber(call.index) ?? -1] = call;
  }
  if (typeof choice.finish_reason === 'string') heard.finish.push(choice.finish_reason);
}
