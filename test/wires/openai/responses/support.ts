/// <reference types="vite/client" />
import { GatewayError } from '../../../../src/errors.ts';
import { isObject, type Json, type JsonObject } from '../../../../src/lib/json.ts';
import { readResponseRequest } from '../../../../src/wires/openai/responses/index.ts';
import type { SurfaceLabels } from '../../../../src/wires/surfaces.ts';
import { type ResponseEvent, responseEvents } from '../../../support/response-events.ts';

const FILES = import.meta.glob<string>('../../../fixtures/responses/recorded/*/*', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** A recorded request. */
export function recordedRequest(name: string): JsonObject {
  const text = FILES[`../../../fixtures/responses/recorded/${name}/request.json`];
  const value: unknown = JSON.parse(text ?? 'null');
  if (!isObject(value)) throw new Error(`There is no request in ${name}`);
  return value;
}

export const LABELS: SurfaceLabels = { id: 'gen_01k', created: 1_700_000_000, model: 'asked/model' };

export const REQUEST: JsonObject = { model: 'asked/model', input: 'Hi' };

/** The chat completion that a request with this beside model and input amounts to, and what was left out. */
export function read(body: JsonObject): { chat: JsonObject; dropped: readonly string[] } {
  const { chat, dropped } = readResponseRequest({ ...REQUEST, ...body });
  return { chat, dropped };
}

/** The messages of these items. */
export function messagesOf(...input: Json[]): Json[] {
  return readResponseRequest({ model: 'm', input }).chat.messages;
}

/** The code and parameter of the error that a request gets. */
export function refusal(body: JsonObject): [code: string, param: string | null] {
  try {
    readResponseRequest({ ...REQUEST, ...body });
  } catch (thrown) {
    if (thrown instanceof GatewayError) return [thrown.code, thrown.param];
    throw thrown;
  }
  throw new Error('It was not refused');
}

/** A chunk of the gateway. */
export function chunk(delta: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject {
  return {
    ...LABELS,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  };
}

export const USAGE: JsonObject = {
  prompt_tokens: 90,
  completion_tokens: 30,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 11 },
};

/** The last chunk, as the gateway writes it. */
export const LAST: JsonObject = {
  ...chunk({}),
  usage: USAGE,
  credits_used: 0.002,
  model_used: 'maker/model',
  provider_used: 'host',
  fallback_from: [],
};

/** The events of a stream of these chunks, with the usual end. */
export function streamed(chunks: readonly JsonObject[], request: JsonObject = REQUEST): ResponseEvent[] {
  const stream = readResponseRequest(request).stream(LABELS);
  return responseEvents(chunks.map((one) => stream.push(one)).join('') + stream.end(LAST));
}

/** The response that a stream ends with. */
export function finalOf(events: readonly ResponseEvent[]): JsonObject {
  const response = events.at(-1)?.response;
  if (!isObject(response)) throw new Error('The stream ends with no response');
  return response;
}

/** The response to a whole completion with this message. */
export function whole(message: JsonObject, finish = 'stop', request: JsonObject = REQUEST): JsonObject {
  const choice = {
    index: 0,
    message: { role: 'assistant', ...message },
    finish_reason: finish,
    logprobs: null,
  };
  const completion = { ...LABELS, object: 'chat.completion', choices: [choice], usage: USAGE };
  return readResponseRequest(request).whole(completion, LABELS);
}
