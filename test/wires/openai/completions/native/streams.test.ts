import { describe, expect, test } from 'vitest';
import { asArray, asObject, isObject, type JsonObject } from '../../../../../src/lib/json.ts';
import type { SseEvent } from '../../../../../src/lib/sse.ts';
import { completions } from '../../../../../src/wires/openai/completions/index.ts';
import { requestOf } from '../../../../support/recorded-streams.ts';
import {
  eventsOf,
  fixture,
  fixtures,
  nativeRequest,
  parsed,
  type Replayed,
  replay,
} from '../../../native/support.ts';

const NAMES = fixtures('completions', 'stream.txt');

/** What was asked, where the stream depends on it. */
const ASKED: Record<string, JsonObject> = {
  'openai-hand-s-several': { prompt: ['Once upon', 'A rose is a'] },
  'openai-hand-s-echo': { prompt: 'Once upon', echo: true },
};

interface Expected {
  /** Of the first choice. */
  content: string;
  usage: [input: number, output: number] | null;
  finish: string | null;
  raw?: string;
  /** The chunks of the client, where they are not as the host wrote them. */
  choices?: JsonObject[][];
  error?: string;
}

const CHOICE = { index: 0, logprobs: null };

/** By hand, from the fixtures. */
const EXPECTED: Record<string, Expected> = {
  'openai-hand-s-one': { content: ' a time in Zürich 🌲.', usage: [2, 6], finish: 'stop' },
  'openai-hand-s-several': { content: ' a time', usage: [4, 5], finish: 'length' },
  'openai-hand-s-echo': { content: ' a time', usage: [2, 2], finish: 'length' },
  'openai-hand-s-cut': { content: ' a time', usage: null, finish: null },
  'openai-hand-s-failed': { content: ' a', usage: null, finish: null, error: 'upstream_error' },
  'vllm-hand-s-crlf': { content: ' one two', usage: [4, 2], finish: 'length' },
  'fireworks-hand-s-usage-with-finish': {
    content: ' blue.',
    usage: [3, 2],
    finish: 'stop',
    choices: [
      [{ ...CHOICE, text: ' blue', finish_reason: null }],
      [{ ...CHOICE, text: '.', finish_reason: 'stop' }],
    ],
  },
  'together-hand-s-eos': {
    content: ' Paris',
    usage: [7, 2],
    finish: 'stop',
    raw: 'eos',
    choices: [
      [{ ...CHOICE, text: ' Paris', finish_reason: null, delta: { token_id: 1, content: ' Paris' } }],
      [{ ...CHOICE, text: '', finish_reason: 'stop', delta: { token_id: 2, content: '' } }],
    ],
  },
};

const LAST = {
  id: 'gen_01k',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'up-model',
  choices: [],
  usage: { prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 },
  credits_used: 0.000123,
  model_used: 'vendor/model',
  provider_used: 'host',
  fallback_from: [],
};

function run(
  name: string,
  bytes = Infinity,
  includeUsage = false,
  text = fixture('completions', name, 'stream.txt'),
): Replayed {
  const body = { model: 'm', prompt: 'Hi', stream: true, ...ASKED[name] };
  const native = nativeRequest('completions', JSON.stringify(body), { stream: true });
  return replay('completions', text, bytes, { ...requestOf(), includeUsage, native });
}

/** The host's chunks that are the client's too: without usage, with our id. */
function chunksFor(name: string, includeUsage: boolean): SseEvent[] {
  return eventsOf(fixture('completions', name, 'stream.txt')).flatMap((event) => {
    if (event.data === '[DONE]') return [];
    const chunk = parsed(event.data);
    if (chunk.error || asArray(chunk.choices).length === 0) return [];
    const labelled = event.data.replace(`"id":"${chunk.id}"`, '"id":"gen_01k"');
    return [{ ...event, data: includeUsage ? labelled : labelled.replace(',"usage":null', '') }];
  });
}

test('there are the fixtures that are told of', () => {
  expect(NAMES.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
});

describe.each(NAMES)('%s', (name) => {
  const expected = EXPECTED[name];
  if (!expected) throw new Error(`Nothing is expected of ${name}`);

  test.each([Infinity, 1, 7])('passes as it came, %d bytes at a time', (bytes) => {
    const { out, decoder, error } = run(name, bytes);
    if (expected.choices) {
      const chunks = eventsOf(out).map(({ data }) => parsed(data));
      expect(chunks.map(({ choices }) => choices)).toEqual(expected.choices);
      for (const chunk of chunks) {
        expect(chunk).toMatchObject({ id: 'gen_01k', object: 'text_completion' });
        expect(chunk).not.toHaveProperty('usage');
      }
    } else expect(eventsOf(out)).toEqual(chunksFor(name, false));
    const { state } = decoder;
    const whole = expected.finish !== null;
    expect(error?.code ?? null).toBe(expected.error ?? null);
    expect(state).toMatchObject({
      content: expected.content,
      finished: whole,
      done: whole,
      finishReason: expected.finish,
      rawFinishReason: expected.raw ?? expected.finish,
      toolCalls: false,
    });
    const { inputTokens, outputTokens } = state.usage ?? {};
    expect(state.usage && [inputTokens, outputTokens]).toEqual(expected.usage);
  });

  test('says null for usage until the end to who asks for it', () => {
    const { out } = run(name, 7, true);
    if (expected.choices) {
      for (const { data } of eventsOf(out)) expect(parsed(data).usage ?? null).toBeNull();
    } else expect(eventsOf(out)).toEqual(chunksFor(name, true));
  });
});

describe('a native stream of a text', () => {
  const one = 'openai-hand-s-one';

  test('tells who answered', () => {
    const { state } = run(one).decoder;
    expect(state).toMatchObject({
      upstreamId: 'cmpl-s1',
      upstreamModel: 'gpt-3.5-turbo-instruct',
      created: 1_700_000_000,
      outputChars: ' a time in Zürich 🌲.'.length,
      otherOutput: false,
    });
  });

  test.each([
    [[], []],
    [[{ index: 0, delta: {}, finish_reason: null }], [{ ...CHOICE, text: '', finish_reason: null }]],
  ])('ends with what it cost, choices %j', (choices, expected) => {
    const end = run(one).decoder.end({ ...LAST, choices });
    const [last, done] = eventsOf(end);
    expect(done?.data).toBe('[DONE]');
    expect(parsed(last?.data ?? '')).toEqual({
      ...LAST,
      object: 'text_completion',
      created: 1_700_000_000,
      system_fingerprint: 'fp_1',
      choices: expected,
    });
  });

  test('says nothing before the model does', () => {
    const events = fixture('completions', one, 'stream.txt').split('\n\n');
    expect(run(one, 7, false, `${events[0]}\n\n`).out).toBe('');
    expect(eventsOf(run(one, 7, false, `${events.slice(0, 2).join('\n\n')}\n\n`).out)).toHaveLength(2);
    // An echo is no word of the model's.
    const echoed = fixture('completions', 'openai-hand-s-echo', 'stream.txt').split('\n\n');
    expect(run('openai-hand-s-echo', 7, false, `${echoed.slice(0, 2).join('\n\n')}\n\n`).out).toBe('');
  });

  test('is not whole before each prompt has its text', () => {
    const events = fixture('completions', 'openai-hand-s-several', 'stream.txt').split('\n\n');
    const partly = run('openai-hand-s-several', 7, false, `${events.slice(0, 4).join('\n\n')}\n\n`);
    expect(partly.decoder.state).toMatchObject({
      finished: false,
      finishReason: 'length',
      otherOutput: true,
    });
    // Whether it says `[DONE]` or not.
    const ended = run(
      'openai-hand-s-several',
      7,
      false,
      `${events.slice(0, 4).join('\n\n')}\n\ndata: [DONE]\n\n`,
    );
    expect(ended.decoder.state).toMatchObject({ finished: false, done: true });
    expect(partly.decoder.progress).toEqual({ format: 'completions', begun: [0, 1] });
  });

  test('a host that gives no echo back loses nothing', () => {
    const text = fixture('completions', one, 'stream.txt');
    const body = { prompt: ' a tiger', echo: true, stream: true };
    const native = nativeRequest('completions', JSON.stringify(body), { stream: true });
    const { decoder } = replay('completions', text, 7, { ...requestOf(), native });
    expect(decoder.state.content).toBe(' a time in Zürich 🌲.');
  });

  test.each([
    ['{"broken', 'upstream_invalid_response'],
    ['{"choices":[{"text":"","index":0,"finish_reason":"error"}]}', 'upstream_error'],
    ['{"object":"error","message":"no","code":404}', 'upstream_model_not_found'],
  ])('%s is an error', (data, code) => {
    expect(run(one, 7, false, `data: ${data}\n\n`).error?.code).toBe(code);
  });

  test('is gone on with by a translated one, with nothing said twice', () => {
    const { out, decoder } = run('openai-hand-s-cut');
    const request = completions.read({ model: 'm', prompt: 'Once upon', echo: true });
    const writer = request.stream({ id: 'gen_01k', created: 1_700_000_000, model: 'm' });
    writer.adopt?.(decoder.progress);
    const rest =
      writer.push({ choices: [{ index: 0, delta: { content: ' and' }, finish_reason: null }] }) +
      writer.push({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    const said = eventsOf(out + rest + writer.end(LAST)).flatMap(({ data }) =>
      data === '[DONE]' ? [] : asArray(parsed(data).choices).filter(isObject),
    );
    expect(said.map(({ text }) => text).join('')).toBe(' a time and');
    expect(asObject(said.at(-1))?.finish_reason).toBe('stop');
  });
});
