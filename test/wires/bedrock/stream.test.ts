import { describe, expect, test, vi } from 'vitest';
import { bytesOf, event, fixture, message, newFramer, replay, thrownBy } from './support.ts';

const RECORDED = bytesOf(fixture('bedrock-converse-s-model-stream-0', 'stream.base64.txt'));
const ANSWER =
  'The capital of France is Paris. Paris is not only the capital city but also the most populous city in France, ' +
  'and it is a major center for culture, commerce, fashion, and international diplomacy. Known for its historical ' +
  'landmarks, such as the Eiffel Tower, the Louvre Museum, and Notre-Dame Cathedral, Paris is often referred to as ' +
  '"The City of Light" or "The City of Love."';

function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
  return pieces;
}

describe('a recorded stream', () => {
  test.each([1, 7, 100, 1000, 100_000])('says the same in pieces of %d bytes', (size) => {
    const got = replay(inPieces(RECORDED, size));
    expect(got.error).toBeNull();
    expect(got.content).toBe(ANSWER);
    expect(got.finish).toEqual(['stop']);
    expect(got.state).toMatchObject({
      finished: true,
      done: true,
      finishReason: 'stop',
      rawFinishReason: 'end_turn',
      outputChars: ANSWER.length,
      usage: {
        inputTokens: 13,
        outputTokens: 82,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        estimated: false,
      },
      usageObject: { prompt_tokens: 13, completion_tokens: 82, total_tokens: 95 },
    });
  });

  test('is not finished when it is cut anywhere before its stop', () => {
    // The last two messages, the stop and the usage, take 137 and 239 bytes.
    const got = replay([RECORDED.slice(0, RECORDED.length - 239 - 1)]);
    expect(got.error).toBeNull();
    expect(got.state).toMatchObject({ finished: false, done: false, usage: null });
    const stopped = replay([RECORDED.slice(0, RECORDED.length - 1)]);
    expect(stopped.state).toMatchObject({ finished: true, done: false, usage: null });
  });

  test.each([4, 9, 30, 120, 180])('is refused when byte %d was changed', (at) => {
    const changed = RECORDED.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(replay([changed]).error?.code).toBe('upstream_invalid_response');
  });

  test('may end in an exception', () => {
    const got = replay([
      event('messageStart', { role: 'assistant' }),
      bytesOf(fixture('bedrock-converse-s-model-stream-error', 'stream.base64.txt')),
    ]);
    expect(got.error).toMatchObject({
      code: 'upstream_error',
      upstream: { status: 200, type: 'modelStreamErrorException' },
    });
    expect(got.state.finished).toBe(false);
  });
});

describe('the framing', () => {
  test('reads past headers of other types', () => {
    const encoder = new TextEncoder();
    const good = message({ ':event-type': 'a' }, '{}');
    const headers = [
      ...[1, 98, 0],
      ...[1, 99, 4, 0, 0, 0, 1],
      ...[1, 100, 6, 0, 2, 9, 9],
      ...[1, 101, 9, ...Array<number>(16).fill(0)],
      ...[11, ...encoder.encode(':event-type'), 7, 0, 1, 122],
    ];
    // The same message by hand, so that only the headers are new.
    expect(newFramer().push(good)).toEqual([{ data: '{}', event: 'a' }]);
    expect(newFramer().push(withHeaders(headers, '{}'))).toEqual([{ data: '{}', event: 'z' }]);
  });

  test.each([
    ['a header type that is not known', [1, 98, 10]],
    ['a header that is longer than the headers', [1, 98, 7, 0, 9, 1]],
    ['a name that is longer than the headers', [200, 98]],
  ])('refuses %s', (_, headers) => {
    expect(thrownBy(() => newFramer().push(withHeaders(headers, '{}'))).code).toBe(
      'upstream_invalid_response',
    );
  });

  test('does not wait for a message that is too long to be one', () => {
    const framer = newFramer();
    const page = new TextEncoder().encode('<html><body>Bad gateway</body></html>');
    expect(thrownBy(() => framer.push(page)).code).toBe('upstream_invalid_response');
  });

  test('copies a long message once or twice, in however many pieces it comes', () => {
    const payload = JSON.stringify({ text: 'x'.repeat(100_000) });
    const pieces = inPieces(message({ ':event-type': 'a' }, payload), 100);
    const framer = newFramer();
    const setting = vi.spyOn(Uint8Array.prototype, 'set');
    const slicing = vi.spyOn(Uint8Array.prototype, 'slice');
    const events = pieces.flatMap((piece) => framer.push(piece));
    const copies = [
      ...setting.mock.calls.map(([from]) => from.length),
      ...slicing.mock.results.map(({ value }) => (value as Uint8Array).length),
    ];
    vi.restoreAllMocks();
    expect(events).toEqual([{ data: payload, event: 'a' }]);
    expect(copies.reduce((sum, length) => sum + length, 0)).toBeLessThan(3 * payload.length);
  });

  test('knows errors without an exception', () => {
    const error = message(
      { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'x' },
      '',
    );
    expect(replay([error]).error).toMatchObject({
      code: 'upstream_error',
      upstream: { type: 'InternalFailure' },
    });
  });
});

describe('events', () => {
  test('of tool calls, side by side and without input', () => {
    const got = replay([
      event('messageStart', { role: 'assistant' }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Looking.' } }),
      event('contentBlockStop', { contentBlockIndex: 0 }),
      event('contentBlockStart', {
        contentBlockIndex: 1,
        start: { toolUse: { toolUseId: 'tooluse_1', name: 'weather' } },
      }),
      event('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '{"city":' } } }),
      event('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '"Paris"}' } } }),
      event('contentBlockStop', { contentBlockIndex: 1 }),
      event('contentBlockStart', {
        contentBlockIndex: 2,
        start: { toolUse: { toolUseId: 'tooluse_2', name: 'now' } },
      }),
      event('contentBlockStop', { contentBlockIndex: 2 }),
      event('messageStop', { stopReason: 'tool_use' }),
      event('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }),
    ]);
    expect(got.content).toBe('Looking.');
    expect(got.calls).toEqual([
      { id: 'tooluse_1', name: 'weather', arguments: '{"city":"Paris"}' },
      { id: 'tooluse_2', name: 'now', arguments: '{}' },
    ]);
    expect(got.finish).toEqual(['tool_calls']);
    expect(got.state.done).toBe(true);
  });

  test('of reasoning, with its signature and what is encrypted', () => {
    const got = replay([
      event('messageStart', { role: 'assistant' }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Let me ' } } }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'see' } } }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'S1' } } }),
      event('contentBlockStop', { contentBlockIndex: 0 }),
      event('contentBlockDelta', {
        contentBlockIndex: 1,
        delta: { reasoningContent: { redactedContent: 'R1' } },
      }),
      event('contentBlockDelta', { contentBlockIndex: 2, delta: { text: 'Yes' } }),
      event('messageStop', { stopReason: 'max_tokens' }),
    ]);
    expect(got.reasoning).toBe('Let me see');
    const format = 'bedrock-converse-v1';
    expect(got.details).toEqual([
      { type: 'reasoning.text', text: 'Let me ', format, index: 0 },
      { type: 'reasoning.text', text: 'see', format, index: 0 },
      { type: 'reasoning.text', text: '', signature: 'S1', format, index: 0 },
      { type: 'reasoning.encrypted', data: 'R1', format, index: 1 },
    ]);
    expect(got.finish).toEqual(['length']);
    expect(got.state).toMatchObject({ finished: true, done: false });
  });

  test('of usage before the stop', () => {
    const got = replay([
      event('messageStart', { role: 'assistant' }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
      event('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }),
      event('messageStop', { stopReason: 'stop_sequence' }),
    ]);
    expect(got.state).toMatchObject({ finished: true, done: true, finishReason: 'stop' });
    expect(got.state.usageObject).toMatchObject({ total_tokens: 3 });
  });

  test.each([
    ['throttlingException', 'upstream_rate_limited'],
    ['validationException', 'upstream_invalid_request'],
    ['serviceUnavailableException', 'upstream_overloaded'],
    ['internalServerException', 'upstream_error'],
    ['somethingNewException', 'upstream_error'],
  ])('of %s', (type, code) => {
    const fault = message({ ':message-type': 'exception', ':exception-type': type }, '{"message":"x"}');
    expect(replay([fault]).error?.code).toBe(code);
  });

  test('that give the answer up are never a stop', () => {
    const got = replay([event('messageStop', { stopReason: 'malformed_tool_use' })]);
    expect(got.error?.code).toBe('upstream_error');
    expect(got.state.finished).toBe(false);
  });

  test('that are yet to be invented are passed over', () => {
    expect(replay([event('weather', { fine: true })])).toMatchObject({
      error: null,
      content: '',
      finish: [],
    });
  });
});

/** A message with these bytes as headers. */
function withHeaders(headers: readonly number[], payload: string): Uint8Array {
  const shell = message({}, `${String.fromCharCode(...Array<number>(headers.length).fill(0))}${payload}`);
  const bytes = shell.slice();
  new DataView(bytes.buffer).setUint32(4, headers.length);
  bytes.set(headers, 12);
  return resealed(bytes);
}

/** The same bytes with checksums that fit. */
function resealed(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  view.setUint32(8, checksum(bytes.subarray(0, 8)));
  view.setUint32(bytes.length - 4, checksum(bytes.subarray(0, bytes.length - 4)));
  return bytes;
}

function checksum(bytes: Uint8Array): number {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (0xedb88320 & -(rest & 1));
  }
  return ~rest >>> 0;
}
