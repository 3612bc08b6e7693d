import { describe, expect, test } from 'vitest';
import { isObject, type JsonObject, parseJson } from '../../../../src/lib/json.ts';
import { decoderOf, RECORDED_STREAMS, type RecordedStream } from '../../../support/recorded-streams.ts';
import { list } from '../support.ts';
import { eventsOf, expectOrder, folded, written } from './support.ts';

/** The chunks of a recorded stream, as far as it could be decoded, and its usage. */
function decoded({ wire, events }: RecordedStream): {
  chunks: JsonObject[];
  usage: JsonObject | null;
  whole: boolean;
} {
  const decoder = decoderOf(wire);
  let out = '';
  let broken = false;
  try {
    for (const { data, event } of events) out += decoder.push(data, event);
  } catch {
    broken = true;
  }
  return {
    chunks: eventsOf(out),
    usage: decoder.state.usageObject,
    whole: !broken && decoder.state.finished,
  };
}

const WHOLE = RECORDED_STREAMS.map((recorded) => ({ ...recorded, ...decoded(recorded) })).filter(
  ({ whole }) => whole,
);

/** What all chunks say of one choice: the first is the only one that this format has. */
function said(chunks: readonly JsonObject[]): { text: string; calls: { name: string; text: string }[] } {
  let text = '';
  const calls: { name: string; text: string }[] = [];
  for (const { choices } of chunks) {
    const delta = list(choices)[0]?.delta;
    if (!isObject(delta)) continue;
    text += `${delta.content ?? ''}`;
    for (const { index, function: fn } of list(delta.tool_calls)) {
      if (typeof index !== 'number' || !isObject(fn)) throw new Error('Not a piece of a call');
      calls[index] ??= { name: '', text: '' };
      calls[index].name += `${fn.name ?? ''}`;
      calls[index].text += `${fn.arguments ?? ''}`;
    }
  }
  return { text, calls: calls.filter(Boolean) };
}

describe('recorded streams of every wire', () => {
  test('there are many', () => {
    expect(new Set(WHOLE.map(({ wire }) => wire))).toEqual(
      new Set(['openai', 'anthropic', 'google', 'bedrock', 'responses']),
    );
    expect(WHOLE.length).toBeGreaterThan(30);
  });

  test.each(WHOLE.map((recorded) => [`${recorded.wire}/${recorded.name}`, recorded] as const))(
    '%s',
    async (_name, { chunks, usage }) => {
      const sse = written(chunks, usage);
      expectOrder(eventsOf(sse));
      const message = await folded(sse);
      const { text, calls } = said(chunks);
      const blocks = list(message.content);
      const texts = blocks.filter(({ type }) => type === 'text').map((block) => `${block.text}`);
      expect(texts.join('')).toBe(text);
      expect(
        blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input })),
      ).toEqual(calls.map((call) => ({ name: call.name, input: parseJson(call.text || '{}') })));
    },
  );
});
