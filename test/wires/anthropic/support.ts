/// <reference types="vite/client" />
import { isObject, type JsonObject } from '../../../src/lib/json.ts';
import { scanMembers } from '../../../src/lib/json-members.ts';
import { SseFramer } from '../../../src/lib/sse.ts';
import { anthropic } from '../../../src/wires/anthropic/index.ts';
import type {
  AnswerMeta,
  ChatBody,
  ChatCodec,
  ChatRequest,
  EncodedRequest,
  StreamState,
  Target,
} from '../../../src/wires/types.ts';

const files = import.meta.glob<string>('../../fixtures/anthropic/*/*', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** A file of a fixture, e.g. `fixture('hand-s-cut', 'stream.txt')`. */
export function fixture(name: string, file: string): string {
  const text = files[`../../fixtures/anthropic/${name}/${file}`];
  if (text === undefined) throw new Error(`There is no ${file} in ${name}`);
  return text;
}

/** Every fixture that has this file. */
export function fixturesWith(file: string): string[] {
  return Object.keys(files)
    .filter((path) => path.endsWith(`/${file}`))
    .map((path) => path.split('/').at(-2) ?? '');
}

export function codec(): ChatCodec {
  if (!anthropic.chat) throw new Error('The wire has no chat codec');
  return anthropic.chat;
}

export function target(model = 'claude-sonnet-4-5', over: Partial<Target> = {}): Target {
  return { upstreamModel: model, maxOutputTokens: 64_000, capabilities: {}, quirks: {}, ...over };
}

export function request(body: JsonObject, stream = false): ChatRequest {
  const full: ChatBody = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body };
  const bytes = new TextEncoder().encode(JSON.stringify(full));
  return {
    kind: 'chat',
    bytes,
    members: scanMembers(bytes) ?? [],
    stream,
    includeUsage: false,
    body: () => full,
    extensions: [],
  };
}

export function parse(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`Not an object: ${text}`);
  return value;
}

/** The encoded body, parsed. */
export function bodyOf(encoded: EncodedRequest): JsonObject {
  if (typeof encoded.body !== 'string') throw new Error('Expected text');
  return parse(encoded.body);
}

export function encode(
  body: JsonObject,
  to: Target = target(),
): { body: JsonObject; dropped: readonly string[] } {
  const encoded = codec().encode(request(body), to);
  return { body: bodyOf(encoded), dropped: encoded.dropped };
}

export function meta(body: JsonObject = {}): AnswerMeta {
  return { id: 'gen_1', created: 1_700_000_000, model: 'asked-model', request: request(body) };
}

/** What a client puts together from a stream. */
export interface Collected {
  chunks: JsonObject[];
  content: string;
  reasoning: string;
  details: JsonObject[];
  calls: { id: string; name: string; arguments: string }[];
  functionCall: { name: string; arguments: string } | null;
  annotations: JsonObject[];
  blocks: JsonObject[];
  refusal: string | null;
  finish: string[];
  state: StreamState;
  error: unknown;
}

/** Replays a stream at so many bytes a push and collects the chunks as a client would. */
export function replay(
  sse: string,
  bytesPerPush: number,
  options: { to?: Target; body?: JsonObject } = {},
): Collected {
  const decoder = codec().stream(options.to ?? target(), meta(options.body));
  const framer = new SseFramer();
  const bytes = new TextEncoder().encode(sse);
  let out = '';
  let error: unknown = null;
  try {
    for (let at = 0; at < bytes.length; at += bytesPerPush) {
      for (const { data, event } of framer.push(bytes.subarray(at, at + bytesPerPush))) {
        out += decoder.push(data, event);
      }
    }
    for (const { data, event } of framer.end()) out += decoder.push(data, event);
  } catch (thrown) {
    error = thrown;
  }
  return collect(out, decoder.state, error);
}

function collect(out: string, state: StreamState, error: unknown): Collected {
  const got: Collected = {
    chunks: [],
    content: '',
    reasoning: '',
    details: [],
    calls: [],
    functionCall: null,
    annotations: [],
    blocks: [],
    refusal: null,
    finish: [],
    state,
    error,
  };
  for (const { data } of new SseFramer().push(new TextEncoder().encode(out))) {
    const chunk = parse(data);
    got.chunks.push(chunk);
    checkChunk(chunk);
    const choice = list(chunk.choices)[0] ?? {};
    if (typeof choice.finish_reason === 'string') got.finish.push(choice.finish_reason);
    addDelta(got, choice.delta);
  }
  return got;
}

function addDelta(got: Collected, delta: unknown): void {
  if (!isObject(delta)) throw new Error('A choice without delta');
  if (typeof delta.content === 'string') got.content += delta.content;
  if (typeof delta.reasoning === 'string') got.reasoning += delta.reasoning;
  if (typeof delta.refusal === 'string') got.refusal = delta.refusal;
  got.details.push(...list(delta.reasoning_details));
  got.annotations.push(...list(delta.annotations));
  if (isObject(delta.provider_data) && isObject(delta.provider_data.anthropic)) {
    got.blocks.push(...list(delta.provider_data.anthropic.blocks));
  }
  for (const call of list(delta.tool_calls)) {
    const named = isObject(call.function) ? call.function : {};
    if (typeof call.index !== 'number') throw new Error('A tool call without index');
    const known = got.calls[call.index];
    if (known) known.arguments += String(named.arguments);
    else {
      got.calls[call.index] = {
        id: String(call.id),
        name: String(named.name),
        arguments: String(named.arguments),
      };
    }
  }
  if (isObject(delta.function_call)) {
    const { name, arguments: piece } = delta.function_call;
    got.functionCall ??= { name: '', arguments: '' };
    got.functionCall.name += typeof name === 'string' ? name : '';
    got.functionCall.arguments += String(piece);
  }
}

const FINISH: readonly unknown[] = [null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call'];

/** What OpenAI's description of CreateChatCompletionStreamResponse demands of a chunk. */
function checkChunk(chunk: JsonObject): void {
  const [choice] = list(chunk.choices);
  const fine =
    chunk.id === 'gen_1' &&
    chunk.object === 'chat.completion.chunk' &&
    chunk.created === 1_700_000_000 &&
    typeof chunk.model === 'string' &&
    chunk.usage === undefined &&
    choice?.index === 0 &&
    isObject(choice.delta) &&
    FINISH.includes(choice.finish_reason);
  if (!fine) throw new Error(`Not a chunk of OpenAI's: ${JSON.stringify(chunk)}`);
}

/** The objects of an array; empty for anything else. */
export function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
