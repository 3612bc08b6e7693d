/// <reference types="vite/client" />
import { GatewayError } from '../../../../../src/errors.ts';
import { asArray, asObject, isObject, type JsonObject } from '../../../../../src/lib/json.ts';
import { SseFramer } from '../../../../../src/lib/sse.ts';
import type {
  AnswerMeta,
  Capabilities,
  DecodedAnswer,
  Quirks,
  StreamState,
  Target,
} from '../../../../../src/wires/types.ts';
import { codec, requestOf } from '../../support.ts';

const FILES = import.meta.glob<string>('../../../../fixtures/responses/*/*/*', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** A file of a recorded answer of the Responses API, by the end of its path. */
export function recorded(end: string): string {
  const [, text] = Object.entries(FILES).find(([path]) => path.endsWith(`/${end}`)) ?? [];
  if (text === undefined) throw new Error(`There is no ${end}`);
  return text;
}

export function target(capabilities: Capabilities = {}, quirks: Quirks = {}, account?: string): Target {
  return {
    ...(account === undefined ? {} : { account }),
    upstreamModel: 'up-pro',
    maxOutputTokens: null,
    capabilities: { api: 'responses', ...capabilities },
    quirks,
  };
}

const QUESTION = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };

/** The request that a chat completion with this becomes. */
export function encode(
  body: object,
  to: Target = target(),
  more: { stream?: boolean; translated?: boolean } = {},
): { path: string; body: JsonObject; dropped: readonly string[] } {
  const request = requestOf(JSON.stringify({ ...QUESTION, ...body }), { stream: more.stream ?? false });
  const encoded = codec.encode({ ...request, translated: more.translated ?? false }, to);
  const sent = JSON.parse(String(encoded.body)) as JsonObject;
  return { path: encoded.path, body: sent, dropped: encoded.dropped };
}

/** The items that messages become. */
export function items(...messages: object[]): JsonObject[] {
  return asArray(encode({ messages }).body.input).filter(isObject);
}

function meta(request: object): AnswerMeta {
  const body = JSON.stringify({ ...QUESTION, ...request });
  return { id: 'gen_1', created: 1_700_000_000, model: 'asked', request: requestOf(body) };
}

/** A whole response with this output, or these members. */
export function response(output: object[], more: object = {}): string {
  return JSON.stringify({
    id: 'resp_up',
    object: 'response',
    created_at: 1_760_000_000,
    status: 'completed',
    model: 'up-pro-1',
    output,
    usage: { input_tokens: 90, output_tokens: 30, total_tokens: 120 },
    ...more,
  });
}

export const said = (text: string, more: object = {}): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [], ...more }],
});

/** A decoded answer, and the message and choice that the client gets. */
export function decode(
  text: string,
  request: object = {},
  from: Target = target(),
): DecodedAnswer & { completion: JsonObject; choice: JsonObject; message: JsonObject } {
  const answer = codec.decode(text, from, meta(request));
  const completion = JSON.parse(answer.text) as JsonObject;
  const choice = asObject(asArray(completion.choices)[0]) ?? {};
  return { ...answer, completion, choice, message: asObject(choice.message) ?? {} };
}

/** What a client puts together from a stream. */
export interface Heard {
  content: string;
  reasoning: string;
  refusal: string;
  details: JsonObject[];
  calls: JsonObject[];
  annotations: JsonObject[];
  logprobs: JsonObject[];
  functionCall: JsonObject | null;
  finish: string[];
  chunks: JsonObject[];
  state: StreamState;
  error: GatewayError | null;
}

/** @param size so many bytes come at a time. */
export function replay(
  sse: string,
  size = Number.POSITIVE_INFINITY,
  request: object = {},
  from: Target = target(),
): Heard {
  const decoder = codec.stream(from, meta(request));
  const framer = new SseFramer();
  const bytes = new TextEncoder().encode(sse);
  let out = '';
  let error: GatewayError | null = null;
  try {
    for (let at = 0; at < bytes.length; at += size) {
      for (const { data, event } of framer.push(bytes.subarray(at, at + size)))
        out += decoder.push(data, event);
    }
    for (const { data, event } of framer.end()) out += decoder.push(data, event);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown;
  }
  const chunks = out
    .split('\n\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line.slice('data: '.length)) as JsonObject);
  return { ...heardIn(chunks), chunks, state: decoder.state, error };
}

function heardIn(chunks: readonly JsonObject[]): Omit<Heard, 'chunks' | 'state' | 'error'> {
  const heard: Omit<Heard, 'chunks' | 'state' | 'error'> = {
    content: '',
    reasoning: '',
    refusal: '',
    details: [],
    calls: [],
    annotations: [],
    logprobs: [],
    functionCall: null,
    finish: [],
  };
  for (const chunk of chunks) {
    const choice = asObject(asArray(chunk.choices)[0]) ?? {};
    const delta = asObject(choice.delta) ?? {};
    heard.content += delta.content ?? '';
    heard.reasoning += delta.reasoning ?? '';
    heard.refusal += delta.refusal ?? '';
    heard.details.push(...asArray(delta.reasoning_details).filter(isObject));
    heard.annotations.push(...asArray(delta.annotations).filter(isObject));
    heard.logprobs.push(...asArray(asObject(choice.logprobs)?.content).filter(isObject));
    for (const call of asArray(delta.tool_calls).filter(isObject)) {
      const index = Number(call.index);
      const known = heard.calls[index];
      if (!known) heard.calls[index] = { ...call };
      else for (const kind of ['function', 'custom']) add(asObject(known[kind]), asObject(call[kind]));
    }
    const called = asObject(delta.function_call);
    if (called && heard.functionCall) add(heard.functionCall, called);
    else if (called) heard.functionCall = { ...called };
    if (typeof choice.finish_reason === 'string') heard.finish.push(choice.finish_reason);
  }
  return heard;
}

function add(known: JsonObject | undefined, piece: JsonObject | undefined): void {
  if (!known || !piece) return;
  for (const name of ['arguments', 'input']) {
    if (piece[name] !== undefined) known[name] = `${known[name] ?? ''}${piece[name]}`;
  }
}

/** Events as the API writes them. */
export function events(...list: object[]): string {
  return list
    .map((data) => `event: ${(data as { type: string }).type}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('');
}

/** The code of the error that something throws. */
export function thrown(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}
