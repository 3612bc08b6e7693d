import { describe, expect, test } from 'vitest';
import { asObject, asString } from '../../../src/lib/json.ts';
import type { SseEvent } from '../../../src/lib/sse.ts';
import type { NativeFormat } from '../../../src/wires/types.ts';
import { eventsOf, fixture, fixtures, IDS, META, nativeRequest, parsed, replay } from './support.ts';

const LAST = {
  choices: [],
  usage: null,
  credits_used: 0.000123,
  model_used: 'vendor/model',
  provider_used: 'host',
  fallback_from: [],
};

const CASES = (['messages', 'responses'] as const).flatMap((format) =>
  fixtures(format, 'stream.txt').map((name): [NativeFormat, string] => [format, name]),
);

/** Streams that end in an error or without an end. */
const BROKEN = ['hand-s-cut', 'hand-s-overloaded-midway'];

const typeOf = ({ data, event }: SseEvent): string => asString(parsed(data).type) ?? event ?? '';

/** The upstream's own id of an answer, where an event tells it. */
function idIn({ data }: SseEvent): string | undefined {
  const { message, response } = parsed(data);
  return asString(asObject(message ?? response)?.id);
}

/** An event as the client is to have it: the same text but for the id. */
function labelled(event: SseEvent, format: NativeFormat): SseEvent {
  const id = idIn(event);
  if (id === undefined) return event;
  const at = event.data.indexOf(JSON.stringify(id));
  const data = event.data.slice(0, at + 1) + IDS[format] + event.data.slice(at + 1 + id.length);
  return { ...event, data };
}

/** Whether an event is among the last words, which wait for what the answer cost. */
function isLast(event: SseEvent): boolean {
  const type = typeOf(event);
  if (type === 'message_delta') return asObject(parsed(event.data).delta)?.stop_reason != null;
  return ['message_stop', 'response.completed', 'response.incomplete'].includes(type);
}

describe.each(CASES)('%s %s', (format, name) => {
  const text = fixture(format, name, 'stream.txt');
  const given = eventsOf(text).filter((event) => !['error', '[DONE]'].includes(event.event ?? event.data));

  test.each([Infinity, 1, 7])('passes as it came, %d bytes at a time', (bytes) => {
    const { out } = replay(format, text, bytes);
    const expected = given.filter((event) => !isLast(event)).map((event) => labelled(event, format));
    expect(eventsOf(out)).toEqual(expected);
  });

  test('ends as it came, with what it cost', () => {
    const { decoder, error } = replay(format, text, 7);
    if (BROKEN.includes(name)) return void expect(decoder.state.finished).toBe(false);
    expect(error).toBeNull();
    expect(decoder.state).toMatchObject({ finished: true, done: true });
    const last = eventsOf(decoder.end(LAST));
    const expected = given.filter(isLast).map((event) => labelled(event, format));
    expect(last.map(({ event }) => event)).toEqual(expected.map(({ event }) => event));
    const { choices: _, usage: __, ...added } = LAST;
    const [first] = last;
    const own = parsed(expected[0]?.data ?? '');
    if (format === 'messages') expect(parsed(first?.data ?? '')).toEqual({ ...own, ...added });
    else {
      const response = asObject(own.response);
      expect(parsed(first?.data ?? '')).toEqual({ ...own, response: { ...response, ...added } });
    }
    // What is added is all that is other: the text stays what it was.
    const gift = `,${JSON.stringify(added).slice(1, -1)}`;
    expect(first?.data.replace(gift, '')).toBe(expected[0]?.data);
  });

  test('tells who answered, and with how much', () => {
    const { decoder } = replay(format, text);
    const ids = given.flatMap((event) => idIn(event) ?? []);
    expect(decoder.state.upstreamId).toBe(ids[0] ?? null);
    if (!decoder.state.finished) return;
    expect(decoder.state.usage?.outputTokens).toBeGreaterThanOrEqual(0);
    expect(decoder.state.usage?.estimated).toBe(false);
  });

  test('has said what its text deltas say', () => {
    const { decoder } = replay(format, text);
    const texts = given.map(({ data }) => {
      const { type, delta, content_block: block } = parsed(data);
      if (type === 'response.output_text.delta') return asString(delta) ?? '';
      const held = type === 'content_block_delta' ? asObject(delta) : asObject(block);
      return held?.type === 'text_delta' || held?.type === 'text' ? (asString(held.text) ?? '') : '';
    });
    expect(decoder.state.content).toBe(texts.join(''));
  });
});

test('an error in a stream is that of the provider', () => {
  const overloaded = replay('messages', fixture('messages', 'hand-s-overloaded-midway', 'stream.txt'));
  expect(overloaded.error?.code).toBe('upstream_overloaded');
  const failed =
    'event: response.failed\ndata: {"type":"response.failed","sequence_number":3,"response":{"id":"r","status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow"}}}\n\n';
  expect(replay('responses', failed).error?.code).toBe('upstream_rate_limited');
  const error =
    'event: error\ndata: {"type":"error","code":"server_error","message":"Oh","param":null,"sequence_number":0}\n\n';
  expect(replay('responses', error).error?.code).toBe('upstream_error');
  expect(replay('responses', 'data: {"type":"response.outp\n\n').error?.code).toBe(
    'upstream_invalid_response',
  );
});

test('nothing is said before the model has said something', () => {
  const [, ...events] = fixture(
    'messages',
    'anthropic-messages-s-anthropic-message-delta-input-tokens-0',
    'stream.txt',
  ).split('event: ');
  const opening = events
    .slice(0, 2)
    .map((event) => `event: ${event}`)
    .join('');
  expect(opening).toContain('content_block_start');
  expect(replay('messages', opening).out).toBe('');
  const begun =
    fixture('responses', 'openresponses-resp-s-openai-pdf-input-file-1-0', 'stream.txt').split(
      'event: response.output_text.delta',
    )[0] ?? '';
  expect(begun).toContain('response.content_part.added');
  expect(replay('responses', begun).out).toBe('');
});

test('what the gateway does in the place of the host is told in every event', () => {
  const name = 'xai-resp-s-xai-text-with-reasoning-streaming-store-false-1-0';
  const text = fixture('responses', name, 'stream.txt');
  const native = nativeRequest('responses', '{}', { echo: { store: true, previous_response_id: 'resp_1' } });
  const { out, decoder } = replay('responses', text, Infinity, { ...META.request, native });
  const told = [...eventsOf(out), ...eventsOf(decoder.end(LAST))].flatMap(
    ({ data }) => parsed(data).response ?? [],
  );
  expect(told).toHaveLength(3);
  for (const response of told) {
    expect(response).toMatchObject({ id: 'resp_01k', store: true, previous_response_id: 'resp_1' });
  }
});
