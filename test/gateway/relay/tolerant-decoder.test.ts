import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { decodeEvents } from '../../../src/gateway/relay/open-stream.ts';
import { TolerantDecoder } from '../../../src/gateway/relay/tolerant-decoder.ts';
import type { SseEvent } from '../../../src/lib/sse.ts';
import { decoderOf } from '../../support/recorded-streams.ts';
import { says, textOf, WIRES } from '../midstream/support.ts';

const GARBLED: SseEvent = { data: '{"id":"chatcmpl-2","obj', event: null };

/** Whole streams with these events put in, by their place. */
function withEvents(events: readonly SseEvent[], at: Record<number, SseEvent[]>): SseEvent[] {
  return events.flatMap((event, index) => [...(at[index] ?? []), event]);
}

describe.each(WIRES)('a stream of the %s wire', (wire) => {
  const events = says(wire, ['One', ' two', ' three']);
  // Behind the first word, whatever comes before it.
  const middle = wire === 'google' ? 1 : wire === 'anthropic' || wire === 'responses' ? 3 : 2;

  function decode(read: readonly SseEvent[]) {
    const decoder = new TolerantDecoder(decoderOf(wire));
    const { text, error } = decodeEvents(decoder, [...read]);
    return { decoder, text: textOf(text), code: error?.code ?? null };
  }

  test('that is whole has nothing skipped', () => {
    const { decoder, text, code } = decode(events);
    expect({ text, code, skipped: decoder.skipped }).toEqual({
      text: 'One two three',
      code: null,
      skipped: 0,
    });
    expect(decoder.state.finished).toBe(true);
  });

  test('goes on behind events that cannot be read, each followed by one that can', () => {
    const { decoder, text, code } = decode(
      withEvents(events, { [middle]: [GARBLED], [middle + 1]: [GARBLED] }),
    );
    expect({ text, code, skipped: decoder.skipped }).toEqual({
      text: 'One two three',
      code: null,
      skipped: 2,
    });
    expect(decoder.setAside).toBeNull();
  });

  test('fails at the second in a row', () => {
    const { decoder, text, code } = decode(withEvents(events, { [middle]: [GARBLED, GARBLED] }));
    expect({ text, code, skipped: decoder.skipped }).toEqual({
      text: 'One',
      code: 'upstream_invalid_response',
      skipped: 0,
    });
  });

  test('remembers one at the end of a read', () => {
    const decoder = new TolerantDecoder(decoderOf(wire));
    const first = decodeEvents(decoder, [...events.slice(0, middle), GARBLED]);
    expect(first.error).toBeNull();
    expect(decoder.setAside?.code).toBe('upstream_invalid_response');
    expect(decoder.skipped).toBe(0);
    expect(decodeEvents(decoder, [GARBLED]).error?.code).toBe('upstream_invalid_response');
  });
});

test('what a provider says of an error is heard at once', () => {
  const decoder = new TolerantDecoder(decoderOf('openai'));
  const error: SseEvent = { data: '{"error":{"message":"Too busy","code":503}}', event: null };
  expect(decodeEvents(decoder, [error]).error).toBeInstanceOf(GatewayError);
  const after = new TolerantDecoder(decoderOf('openai'));
  const got = decodeEvents(after, [GARBLED, error]);
  expect(got.error).toBeInstanceOf(GatewayError);
  expect(got.error?.code).not.toBe('upstream_invalid_response');
});

test('a fault of our own is none of the provider', () => {
  const broken = decoderOf('openai');
  broken.push = () => {
    throw new TypeError('oops');
  };
  expect(decodeEvents(new TolerantDecoder(broken), [GARBLED]).error?.code).toBe('internal_error');
});
