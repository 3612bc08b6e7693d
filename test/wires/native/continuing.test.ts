import { describe, expect, test } from 'vitest';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../../src/lib/json.ts';
import { messages } from '../../../src/wires/anthropic/surface/index.ts';
import { responses } from '../../../src/wires/openai/responses/index.ts';
import type { NativeFormat } from '../../../src/wires/types.ts';
import { checkResponseEvents, responseEvents } from '../../support/response-events.ts';
import { eventsOf, fixture, fixtures, parsed, replay } from './support.ts';

/** Formats that begin an answer with events of their own. */
type Continued = Exclude<NativeFormat, 'completions'>;

const SURFACES = { messages, responses };
const REQUESTS: Record<Continued, JsonObject> = {
  messages: { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] },
  responses: { model: 'm', input: 'Hi' },
};
const LABELS = { id: 'gen_01k', created: 1_700_000_000, model: 'm' };
const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
const LAST: JsonObject = {
  choices: [],
  usage: USAGE,
  credits_used: 0.1,
  model_used: 'm',
  provider_used: 'p',
  fallback_from: [],
};
const ERROR = {
  message: 'It broke',
  type: 'upstream_error',
  code: 'upstream_incomplete',
  param: null,
  request_id: 'req_1',
} as const;
const chunk = (content: string, finish: string | null = null): JsonObject => ({
  choices: [{ index: 0, delta: content === '' ? {} : { content }, finish_reason: finish }],
});

/** Blocks of a streamed message, put together as clients do. @throws Error for events out of order. */
function blocksOf(sse: string): JsonObject[] {
  const blocks: JsonObject[] = [];
  let open = -1;
  let ended = false;
  for (const { data, event } of eventsOf(sse)) {
    const value = parsed(data);
    if (value.type !== event) throw new Error(`${event} is named ${value.type}`);
    if (ended) throw new Error(`${event} behind the end`);
    const index = Number(value.index);
    if (event === 'content_block_start') {
      if (open >= 0 || index !== blocks.length) throw new Error(`block ${index} begins out of order`);
      open = index;
      blocks.push({ ...asObject(value.content_block) });
    } else if (event === 'content_block_delta') {
      const delta = asObject(value.delta);
      const block = blocks[index];
      if (index !== open || !block) throw new Error(`a delta of block ${index}, which is not open`);
      if (delta?.type === 'text_delta') block.text = `${block.text}${delta.text}`;
    } else if (event === 'content_block_stop') {
      if (index !== open) throw new Error(`block ${index} is not open`);
      open = -1;
    } else if (event === 'message_stop') {
      if (open >= 0) throw new Error('a block is open');
      ended = true;
    }
  }
  return blocks;
}

/** The text of an answer as its client has it. */
function textOf(format: Continued, sse: string): string {
  if (format === 'messages')
    return blocksOf(sse)
      .map(({ text }) => asString(text) ?? '')
      .join('');
  const events = responseEvents(sse);
  checkResponseEvents(events);
  return asArray(asObject(events.at(-1)?.response)?.output)
    .filter(isObject)
    .flatMap((item) => (item.type === 'message' ? asArray(item.content) : []))
    .map((part) => asString(asObject(part)?.text) ?? '')
    .join('');
}

/** Recorded streams of nothing but text and reasoning, broken behind each of their events in turn. */
const CASES = (['messages', 'responses'] as const).flatMap((format) =>
  fixtures(format, 'stream.txt').map((name): [Continued, string] => [format, name]),
);

describe.each(CASES)('%s %s, broken anywhere', (format, name) => {
  const events = fixture(format, name, 'stream.txt')
    .split('\n\n')
    .filter((event) => event.trim() !== '')
    .map((event) => `${event.trim()}\n\n`);
  // Of long streams, not every event.
  const step = Math.max(1, Math.floor(events.length / 60));
  const cuts = events.flatMap((_, at) => (at % step === 0 || at > events.length - 8 ? [at + 1] : []));

  test('is gone on with by a translated one as one answer', () => {
    for (const cut of cuts) {
      const { out, decoder, error } = replay(format, events.slice(0, cut).join(''));
      const { content, toolCalls, finished } = decoder.state;
      if (error || finished || toolCalls || content === '') continue;
      const writer = SURFACES[format].read(REQUESTS[format]).stream(LABELS);
      writer.adopt?.(decoder.progress);
      const rest =
        writer.push(chunk(' And so')) + writer.push(chunk(' on.')) + writer.push(chunk('', 'stop'));
      const whole = out + rest + writer.end(LAST);
      expect(textOf(format, whole), `cut behind event ${cut}`).toBe(`${content} And so on.`);
      expect(whole.match(/"credits_used":0.1/g)).toHaveLength(1);
      expect(whole.match(/"type":"(?:message_start|response.created)"/g)).toHaveLength(1);
    }
  });

  test('or ends with an error, behind what there is', () => {
    for (const cut of cuts) {
      const { out, decoder, error } = replay(format, events.slice(0, cut).join(''));
      if (error || decoder.state.finished || out === '') continue;
      const writer = SURFACES[format].read(REQUESTS[format]).stream(LABELS);
      writer.adopt?.(decoder.progress);
      const whole = out + writer.fail(ERROR);
      if (format === 'messages') {
        expect(eventsOf(whole).at(-1)).toMatchObject({ event: 'error' });
        continue;
      }
      const told = responseEvents(whole);
      expect(told.map(({ sequence_number: number }) => number)).toEqual(told.map((_, at) => at));
      expect(told.at(-2)?.type).toBe('error');
      const failed = asObject(told.at(-1)?.response);
      expect(failed).toMatchObject({ id: 'resp_01k', status: 'failed' });
      const begun = told.filter(({ type }) => type === 'response.output_item.added');
      expect(asArray(failed?.output)).toHaveLength(begun.length);
    }
  });
});

test('text goes on within the block or part that is open', () => {
  const text = fixture('messages', 'anthropic-messages-s-anthropic-clear-thinking-1-0', 'stream.txt');
  const cut = text.slice(0, text.indexOf('event: content_block_delta', text.lastIndexOf('÷')));
  const { out, decoder } = replay('messages', cut);
  const writer = messages.read(REQUESTS.messages).stream(LABELS);
  writer.adopt?.(decoder.progress);
  const rest = writer.push(chunk('eight'));
  expect(eventsOf(rest).map(({ data }) => parsed(data))).toEqual([
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'eight' } },
  ]);
  expect(blocksOf(out + rest)).toHaveLength(2);
});
