import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { chunk, passed, replay, STOP, sse } from './support.ts';

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const USAGE_CHUNK = { ...chunk({}), choices: [], usage: USAGE };

describe('usage', () => {
  test('in a chunk of its own', () => {
    const { state, chunks } = replay(sse(chunk({ content: 'a' }), STOP, USAGE_CHUNK, '[DONE]'));
    expect(state).toMatchObject({
      usage: { inputTokens: 10, outputTokens: 5 },
      usageObject: USAGE,
      done: true,
    });
    expect(chunks).toHaveLength(2);
  });

  test('beside the last choice: the choice goes on, the usage does not', () => {
    const text = sse(chunk({ content: 'a' }), {
      ...chunk({ content: 'b' }, {}, { finish_reason: 'stop' }),
      usage: USAGE,
    });
    for (const includeUsage of [true, false]) {
      const { state, chunks, choices } = replay(text, { includeUsage });
      expect(state).toMatchObject({ usage: { outputTokens: 5 }, finished: true });
      expect(choices[0]).toMatchObject({ content: 'ab', finish: ['stop'] });
      expect(chunks[1]).not.toHaveProperty('usage');
    }
  });

  test('twice: the last counts', () => {
    const later = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };
    const { state } = replay(sse({ ...STOP, usage: USAGE }, { ...USAGE_CHUNK, usage: later }, '[DONE]'));
    expect(state).toMatchObject({ usage: { outputTokens: 7 }, usageObject: later });
  });

  test('in every chunk, growing', () => {
    const grown = (completion_tokens: number): JsonObject => ({ prompt_tokens: 10, completion_tokens });
    const { state } = replay(
      sse(
        { ...chunk({ content: 'a' }), usage: grown(1) },
        { ...chunk({ content: 'b' }), usage: grown(2) },
        STOP,
      ),
    );
    expect(state.usage?.outputTokens).toBe(2);
  });

  test('never', () => {
    expect(replay(sse(chunk({ content: 'a' }), STOP, '[DONE]')).state).toMatchObject({
      usage: null,
      usageObject: null,
      finished: true,
    });
  });

  test('without a count is none, and does not undo one', () => {
    const { state, chunks } = replay(sse({ ...STOP, usage: USAGE }, { ...USAGE_CHUNK, usage: {} }));
    expect(state.usage?.outputTokens).toBe(5);
    expect(chunks).toHaveLength(1);
  });

  test('behind the last word of the host', () => {
    expect(replay(sse(STOP, USAGE_CHUNK)).state).toMatchObject({
      finished: true,
      done: false,
      usageObject: USAGE,
    });
  });

  test('in an event without choices', () => {
    const { choices: _, ...bare } = USAGE_CHUNK;
    expect(replay(sse(STOP, bare))).toMatchObject({ chunks: [{}], state: { usageObject: USAGE } });
  });

  test.each([
    [
      'last',
      '{"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"usage":null}',
      ',"usage":null',
    ],
    [
      'first',
      '{"usage":null,"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":[]}',
      '"usage":null,',
    ],
    [
      'with spaces',
      '{"id": "c", "object": "chat.completion.chunk", "created": 5, "model": "m", "usage": null, "choices": []}',
      ', "usage": null',
    ],
  ])('null, %s: seen by those that asked for it only', (_, data, cut) => {
    const spliced = data.replace('"c"', '"gen_1"');
    expect(replay(sse(data), { includeUsage: true }).out).toBe(sse(spliced));
    expect(replay(sse(data)).out).toBe(sse(spliced.replace(cut, '')));
  });

  test('null, and the same words elsewhere', () => {
    const upstream = { ...chunk({ content: ',"usage":null', x: { a: 1, usage: null } }), usage: null };
    const { usage: _, ...expected } = { ...upstream, id: 'gen_1' };
    expect(passed(upstream)).toEqual(expected);
  });
});
