import { Stream } from '@anthropic-ai/sdk/core/streaming';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { expect } from 'vitest';
import { isObject, type JsonObject } from '../../../../src/lib/json.ts';
import { SseFramer } from '../../../../src/lib/sse.ts';
import { messages } from '../../../../src/wires/anthropic/surface/index.ts';
import type { ChatBody } from '../../../../src/wires/types.ts';
import { bodyOf, codec, meta, parse, request, target } from '../support.ts';

export const LABELS = { id: 'gen_1', created: 1_700_000_000, model: 'asked-model' };

/** A request with what the API demands. */
export function read(body: JsonObject): ChatBody {
  return readAll(body).chat;
}

export function readAll(body: JsonObject) {
  return messages.read({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...body });
}

/** A request through the surface and out again on the wire of the same API. */
export function roundTrip(body: JsonObject) {
  const { chat, dropped } = messages.read(body);
  const encoded = codec().encode(request(chat, chat.stream === true), target(String(body.model)));
  return { body: bodyOf(encoded), dropped: [...dropped, ...encoded.dropped] };
}

/** Chunks of a recorded stream, as the wire of the same API decodes it, and its usage. */
export function decoded(sse: string): { chunks: JsonObject[]; usage: JsonObject | null } {
  const decoder = codec().stream(target(), meta());
  let out = '';
  const bytes = new TextEncoder().encode(sse);
  for (const { data, event } of new SseFramer().push(bytes)) out += decoder.push(data, event);
  return { chunks: eventsOf(out), usage: decoder.state.usageObject };
}

/** Writes chunks as a stream of the surface. */
export function written(
  chunks: readonly JsonObject[],
  usage: JsonObject | null,
  asked: JsonObject = {},
): string {
  const stream = readAll(asked).stream(LABELS);
  let out = '';
  for (const chunk of chunks) out += stream.push(chunk);
  return out + stream.end({ choices: [{ index: 0, delta: {}, finish_reason: null }], usage });
}

/** A chunk of one choice. */
export function chunk(delta: JsonObject, finish: string | null = null): JsonObject {
  return {
    id: 'gen_1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

export function eventsOf(sse: string): JsonObject[] {
  return new SseFramer().push(new TextEncoder().encode(sse)).map(({ data }) => parse(data));
}

/** What Anthropic's own client makes of a stream. */
export async function folded(sse: string): Promise<JsonObject> {
  const response = new Response(sse, { headers: { 'content-type': 'text/event-stream' } });
  const events = Stream.fromSSEResponse(response, new AbortController());
  // Node's type of the same thing.
  const lines = events.toReadableStream() as unknown as ReadableStream;
  const message: unknown = await MessageStream.fromReadableStream(lines).finalMessage();
  const plain: unknown = JSON.parse(JSON.stringify(message));
  if (!isObject(plain)) throw new Error('No message');
  return plain;
}

/** Says that a whole stream keeps the API's order: one block behind the other, one end. */
export function expectOrder(events: readonly JsonObject[]): void {
  expect(events[0]?.type).toBe('message_start');
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop']);
  let open: number | null = null;
  let next = 0;
  for (const event of events.slice(1, -2)) {
    if (event.type === 'content_block_start') {
      expect(open).toBeNull();
      expect(event.index).toBe(next);
      open = next++;
    } else {
      expect(['content_block_delta', 'content_block_stop']).toContain(event.type);
      expect(event.index).toBe(open);
      if (event.type === 'content_block_stop') open = null;
    }
  }
  expect(open).toBeNull();
}
