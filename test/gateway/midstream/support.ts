import { expect } from 'vitest';
import type { SseEvent } from '../../../src/lib/sse.ts';
import { decoderOf, GENERATION_ID, type Spoken } from '../../support/recorded-streams.ts';

export const WIRES: readonly Spoken[] = ['openai', 'anthropic', 'google', 'bedrock', 'responses'];

/** The events of a whole stream that says these pieces, as each provider documents them. */
export function says(wire: Spoken, pieces: readonly string[]): SseEvent[] {
  const event = (name: string | null, data: object | string): SseEvent => ({
    event: name,
    data: typeof data === 'string' ? data : JSON.stringify(data),
  });
  switch (wire) {
    case 'openai': {
      const chunk = (delta: object, finish_reason: string | null): SseEvent =>
        event(null, {
          id: 'chatcmpl-2',
          object: 'chat.completion.chunk',
          created: 1_760_000_000,
          model: 'up-2',
          choices: [{ index: 0, delta, finish_reason }],
        });
      return [
        chunk({ role: 'assistant', content: '' }, null),
        ...pieces.map((content) => chunk({ content }, null)),
        chunk({}, 'stop'),
        event(null, '[DONE]'),
      ];
    }
    case 'anthropic':
      return [
        { type: 'message_start', message: { id: 'msg_2', model: 'up-2', usage: { input_tokens: 5 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        ...pieces.map((text) => ({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text },
        })),
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
        { type: 'message_stop' },
      ].map((data) => event(data.type, data));
    case 'google': {
      const answer = (candidate: object): SseEvent =>
        event(null, { candidates: [{ index: 0, ...candidate }], modelVersion: 'up-2', responseId: 'r2' });
      return [
        ...pieces.map((text) => answer({ content: { role: 'model', parts: [{ text }] } })),
        answer({ finishReason: 'STOP' }),
      ];
    }
    case 'bedrock':
      return [
        event('messageStart', { role: 'assistant' }),
        ...pieces.map((text) => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
        event('contentBlockStop', { contentBlockIndex: 0 }),
        event('messageStop', { stopReason: 'end_turn' }),
        event('metadata', { usage: { inputTokens: 5, outputTokens: 7 } }),
      ];
    case 'responses': {
      const response = { id: 'resp_2', created_at: 1_760_000_000, model: 'up-2', status: 'in_progress' };
      const item = { id: 'msg_2', type: 'message', role: 'assistant' };
      return [
        { type: 'response.created', response },
        { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
        ...pieces.map((delta) => ({
          type: 'response.output_text.delta',
          output_index: 0,
          content_index: 0,
          delta,
        })),
        {
          type: 'response.completed',
          response: {
            ...response,
            status: 'completed',
            output: [{ ...item, content: [{ type: 'output_text', text: pieces.join('') }] }],
            usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
          },
        },
      ].map((data) => event(data.type, data));
    }
    case 'cohere':
      throw new Error('This wire has no chat');
  }
}

/** The hub's SSE text for each event of a stream that says these pieces. */
export function decoded(wire: Spoken, pieces: readonly string[]): string[] {
  const decoder = decoderOf(wire);
  return says(wire, pieces).map(({ data, event }) => decoder.push(data, event));
}

export interface Chunk {
  id: string;
  created: number;
  choices: { index: number; delta: Record<string, unknown>; finish_reason: string | null }[];
}

export function chunksOf(sse: string): Chunk[] {
  expect(sse === '' || sse.endsWith('\n\n')).toBe(true);
  return sse
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      expect(event.startsWith('data: {')).toBe(true);
      return JSON.parse(event.slice('data: '.length));
    });
}

/** The text of the first choice. */
export function textOf(sse: string): string {
  return chunksOf(sse)
    .flatMap(({ choices }) => choices.map(({ index, delta }) => (index === 0 ? (delta.content ?? '') : '')))
    .join('');
}

/** One id in both parts, the date of the first, no second role, one finish reason at the end. */
export function expectOneStream(begun: string, added: string, created: number): void {
  const chunks = chunksOf(begun + added);
  expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([GENERATION_ID]));
  for (const chunk of chunksOf(added)) {
    expect(chunk.created).toBe(created);
    for (const { delta } of chunk.choices) expect(delta).not.toHaveProperty('role');
  }
  const finish = chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason));
  expect(finish.filter((reason) => reason !== null)).toEqual(['stop']);
  expect(finish.at(-1)).toBe('stop');
}

/** A text in pieces of these sizes, over and over. */
export function inPieces(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, n = 0; at < text.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
