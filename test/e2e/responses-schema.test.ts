import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { readResponseRequest } from '../../src/wires/openai/responses/index.ts';
import { faults } from '../support/node/openai-schema.ts';
import { decoderOf, RECORDED_STREAMS } from '../support/recorded-streams.ts';
import { type ResponseEvent, responseEvents } from '../support/response-events.ts';

const ROOT = 'test/fixtures/responses/recorded';
const CASES = readdirSync(ROOT).sort();
/** Recorded requests that a chat model can be asked. */
const READABLE = [
  'deepseek-resp-j-deepseek-responses-replay-unsent-item-ids-0',
  'deepseek-resp-s-deepseek-responses-function-tool-stream-1',
  'openai-resp-j-openai-responses-thinking-with-tool-calls-0',
  'openrouter-resp-j-openrouter-responses-prompt-cache-e2e-0',
];
const LABELS = { id: 'gen_01k', created: 1_700_000_000, model: 'asked/model' };
const REQUEST: JsonObject = { model: 'asked/model', input: 'Hi' };
const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
const LAST: JsonObject = {
  choices: [],
  usage: USAGE,
  credits_used: 0.1,
  model_used: 'm',
  provider_used: 'p',
  fallback_from: [],
};

const chunk = (delta: JsonObject, finish: string | null = null, more: object = {}): JsonObject => ({
  choices: [{ index: 0, delta, finish_reason: finish, ...more }],
});

/** What is wrong with events by OpenAI's description, each by its own schema. */
function faultsOf(events: readonly ResponseEvent[]): string[] {
  return events.flatMap((event) =>
    faults(event, 'ResponseStreamEvent').map((fault) => `${event.type}: ${fault}`),
  );
}

/** What the SDK makes of events. */
function fold(events: readonly ResponseEvent[]): Response {
  let response: Response | undefined;
  for (const event of events)
    response = accumulateResponse(event as unknown as ResponseStreamEvent, response);
  if (!response) throw new Error('There is no event');
  return response;
}

function streamed(chunks: readonly JsonObject[], request: JsonObject = REQUEST): ResponseEvent[] {
  const stream = readResponseRequest(request).stream(LABELS);
  return responseEvents(chunks.map((one) => stream.push(one)).join('') + stream.end(LAST));
}

/** Every kind of event but errors. */
const EVERYTHING: JsonObject[] = [
  chunk({ reasoning: 'Hm' }),
  chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'AA==', index: 0 }] }),
  chunk({ content: 'So' }, null, {
    logprobs: { content: [{ token: 'So', logprob: -1, bytes: null, top_logprobs: [] }] },
  }),
  chunk({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://x.test/' } }] }),
  chunk({ refusal: 'No.' }),
  chunk({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }),
  chunk({
    tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }],
  }),
  chunk({ tool_calls: [{ index: 1, id: 'b', type: 'custom', custom: { name: 'sql', input: 'select 1' } }] }),
  chunk({}, 'tool_calls'),
];

/** A request with every field that is said again. */
const ASKED: JsonObject = {
  ...REQUEST,
  instructions: 'Be brief.',
  max_output_tokens: 99,
  metadata: { a: 'b' },
  parallel_tool_calls: false,
  prompt_cache_key: 'k',
  reasoning: { effort: 'low', summary: 'auto' },
  safety_identifier: 's',
  store: true,
  temperature: 0.1,
  text: {
    format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true },
    verbosity: 'low',
  },
  tool_choice: { type: 'function', name: 'look' },
  tools: [
    { type: 'function', name: 'look' },
    { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
  ],
  top_logprobs: 2,
  top_p: 0.5,
  truncation: 'auto',
  user: 'u',
};

describe('what is written is as OpenAI describes', () => {
  test('every kind of event', () => {
    const events = streamed(EVERYTHING, ASKED);
    expect(new Set(events.map(({ type }) => type)).size).toBe(20);
    expect(faultsOf(events)).toEqual([]);
    expect(fold(events).output_text).toBe('So');
  });

  test.each(['stop', 'length', 'content_filter'])('an answer that ended by %s', (finish) => {
    const events = streamed([chunk({ content: 'Hi' }), chunk({}, finish)]);
    expect(faultsOf(events)).toEqual([]);
    const choice = { index: 0, message: { content: 'Hi' }, finish_reason: finish };
    const response = readResponseRequest(ASKED).whole({ choices: [choice], usage: USAGE }, LABELS);
    expect(faults(response, 'Response')).toEqual([]);
    expect(response.status).toBe(finish === 'stop' ? 'completed' : 'incomplete');
  });

  test('an answer that broke', () => {
    const stream = readResponseRequest(ASKED).stream(LABELS);
    const failure = new GatewayError('upstream_incomplete').envelope('req_1').error;
    const events = responseEvents(stream.push(chunk({ content: 'Hi' })) + stream.fail(failure));
    expect(faultsOf(events)).toEqual([]);
  });

  test('recorded streams of every wire', () => {
    for (const { name, wire, events } of RECORDED_STREAMS) {
      const decoder = decoderOf(wire);
      const stream = readResponseRequest(REQUEST).stream(LABELS);
      let said = '';
      try {
        for (const { data, event } of events) {
          for (const one of decoder.push(data, event).split('\n\n')) {
            const value = one.startsWith('data: ') ? parseJson(one.slice(6)) : undefined;
            if (isObject(value)) said += stream.push(value);
          }
        }
        said += stream.end({ ...LAST, usage: decoder.state.usageObject });
      } catch (thrown) {
        if (!(thrown instanceof GatewayError)) throw thrown;
        said += stream.fail(thrown.envelope('req_1').error);
      }
      const told = responseEvents(said);
      expect(faultsOf(told), `${wire} ${name}`).toEqual([]);
      if (told.at(-1)?.type === 'response.completed')
        expect(fold(told).output_text, name).toBe(decoder.state.content);
    }
  });

  test('and the description refuses what is wrong', () => {
    const event = {
      type: 'response.output_text.delta',
      item_id: 'm',
      output_index: 0,
      content_index: 0,
      delta: 'x',
    };
    expect(faults({ ...event, sequence_number: 1, logprobs: [] }, 'ResponseStreamEvent')).toEqual([]);
    expect(faults(event, 'ResponseStreamEvent')).not.toEqual([]);
    expect(faults({ id: 'resp_1', object: 'response' }, 'Response')).not.toEqual([]);
  });
});

/**
 * What our wires take and OpenAI does not: models of other names, media in the output of a tool, files by address.
 */
const OURS = /^\/(model|messages\/\d+(\/content)?) /;

test.each(READABLE)('%s becomes a chat completion as OpenAI describes it', (name) => {
  const request = JSON.parse(readFileSync(`${ROOT}/${name}/request.json`, 'utf8')) as JsonObject;
  const { chat } = readResponseRequest(request);
  const faultsOfChat = faults(chat, 'CreateChatCompletionRequest');
  expect(faultsOfChat.filter((fault) => !OURS.test(fault))).toEqual([]);
});

test('so does a request that asks for everything', () => {
  const { chat } = readResponseRequest({ ...ASKED, model: 'gpt-5' });
  expect(faults(chat, 'CreateChatCompletionRequest')).toEqual([]);
});

/** The chunks that would have said what these events say. */
function asChunks(events: readonly ResponseEvent[]): JsonObject[] {
  const calls = new Map<unknown, number>();
  return events.flatMap((event): JsonObject[] => {
    const item = asObject(event.item);
    const delta = asString(event.delta) ?? '';
    switch (event.type) {
      case 'response.output_text.delta':
        return [chunk({ content: delta })];
      case 'response.reasoning_summary_text.delta':
        return [chunk({ reasoning: delta })];
      case 'response.output_item.added': {
        if (item?.type !== 'function_call') return [];
        const index = calls.size;
        calls.set(item.id, index);
        const named = { name: item.name, arguments: '' };
        return [chunk({ tool_calls: [{ index, id: item.call_id, type: 'function', function: named }] })];
      }
      case 'response.function_call_arguments.delta':
        return [chunk({ tool_calls: [{ index: calls.get(event.item_id), function: { arguments: delta } }] })];
      case 'response.completed':
        return [chunk({}, 'stop')];
      default:
        return [];
    }
  });
}

/** What an output says, without ids and what only its maker adds. */
function saidBy(response: Response): unknown[] {
  return asArray(response.output).map((entry) => {
    const { type, role, status, content, summary, call_id, name, arguments: args } = asObject(entry) ?? {};
    if (type === 'reasoning') return { type, summary };
    return { type, role, status, content, call_id, name, args };
  });
}

/** The kinds of events, repetitions of one kind as one. */
function course(events: readonly ResponseEvent[]): string[] {
  const types = events.map(({ type }) => type);
  return types.filter((type, index) => type !== types[index - 1]);
}

describe('recorded streams of the Responses API', () => {
  const streams = CASES.filter((name) => existsSync(`${ROOT}/${name}/stream.txt`));

  test.each(streams)('%s: the same content makes the same response, by the same events', (name) => {
    const theirs = responseEvents(readFileSync(`${ROOT}/${name}/stream.txt`, 'utf8').trimStart());
    const ours = streamed(asChunks(theirs));
    expect(ours.length).toBeGreaterThan(5);
    expect(course(ours)).toEqual(course(theirs));
    expect(saidBy(fold(ours))).toEqual(saidBy(fold(theirs)));
    expect(fold(ours).output_text).toBe(fold(theirs).output_text);
  });
});
