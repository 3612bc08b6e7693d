import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/lib/json.ts';
import { asArray, asObject, isObject } from '../../../../src/lib/json.ts';
import { codec, fixture, fixturesWith, list, meta, parse, target } from '../support.ts';
import { decoded, folded, LABELS, readAll, roundTrip, written } from './support.ts';

/** What differs, though it means the same. */
const DIFFERENCES: Record<string, (sent: JsonObject) => JsonObject> = {
  'anthropic-messages-j-anthropic-cache-real-api-0': (sent) => ({
    ...sent,
    // A string or one block.
    system: [{ type: 'text', text: sent.system }],
  }),
  'anthropic-messages-j-anthropic-model-retrying-after-empty-response-0': (sent) => ({
    ...sent,
    // The API itself puts turns of one role together.
    messages: [{ role: 'user', content: list(sent.messages).flatMap(({ content }) => asArray(content)) }],
  }),
};

describe('recorded requests, read and encoded again', () => {
  test.each(fixturesWith('request.json'))('%s', (name) => {
    const { stream, ...sent } = parse(fixture(name, 'request.json'));
    // Not streaming is said by leaving it out.
    expect(stream).toBe(false);
    const { body, dropped } = roundTrip(sent);
    expect(dropped).toEqual([]);
    expect(body).toEqual(DIFFERENCES[name]?.(sent) ?? sent);
  });
});

/** Streams whose blocks chat completions have no place for, or that never end. */
const NOT_COMPARED = new Set([
  // The answer of a tool that the wire itself had forced.
  'hand-s-answer-tool',
  'hand-s-cut',
  'hand-s-overloaded-midway',
  // Blocks of tools that run at the provider.
  'hand-s-web-search',
  'hand-s-pause-turn',
  'hand-s-unknown-events',
]);

describe('recorded streams, decoded and written again, as the SDK reads them', () => {
  const names = fixturesWith('stream.txt').filter((name) => !NOT_COMPARED.has(name));

  test('there are nine', () => {
    expect(names).toHaveLength(9);
  });

  test.each(names)('%s', async (name) => {
    const sse = fixture(name, 'stream.txt');
    const { chunks, usage } = decoded(sse);
    const message = await folded(written(chunks, usage, { stop_sequences: ['STOP'] }));
    const recorded = await folded(sse);
    expect(message).toMatchObject({ id: LABELS.id, model: LABELS.model, type: 'message', role: 'assistant' });
    expect(message.content).toEqual(list(recorded.content).map(withoutCaller));
    expect(message.stop_reason).toBe(recorded.stop_reason);
    expect(message.stop_sequence).toBe(recorded.stop_sequence ?? null);
    expect(countsOf(message)).toEqual(countsOf(recorded));
  });
});

describe('recorded whole answers, decoded and written again', () => {
  const names = fixturesWith('response.json').filter((name) => {
    const { type, content } = parse(fixture(name, 'response.json'));
    // Errors; blocks of tools that run at the provider, and compaction.
    return type === 'message' && !list(content).some((block) => /server|compaction/.test(String(block.type)));
  });

  test('there are some', () => {
    expect(names.length).toBeGreaterThanOrEqual(8);
  });

  test.each(names)('%s', (name) => {
    const recorded = parse(fixture(name, 'response.json'));
    const answer = codec().decode(fixture(name, 'response.json'), target(), meta());
    const message = readAll({ stop_sequences: ['Paris'] }).whole(parse(answer.text), LABELS);
    expect(message).toMatchObject({ id: LABELS.id, model: LABELS.model, type: 'message', role: 'assistant' });
    expect(message.content).toEqual(list(recorded.content).map(withoutCaller));
    expect(message.stop_reason).toBe(recorded.stop_reason);
    expect(message.stop_sequence).toBe(recorded.stop_sequence ?? null);
    expect(countsOf(message)).toEqual(countsOf(recorded));
  });
});

function withoutCaller({ caller: _, ...block }: JsonObject): JsonObject {
  return block;
}

function countsOf({ usage }: JsonObject): unknown[] {
  const counts = asObject(usage) ?? {};
  const details = isObject(counts.output_tokens_details) ? counts.output_tokens_details.thinking_tokens : 0;
  return [
    counts.input_tokens,
    counts.cache_creation_input_tokens ?? 0,
    counts.cache_read_input_tokens ?? 0,
    counts.output_tokens,
    details,
  ];
}
