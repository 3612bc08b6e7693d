import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { continuationRequest, mayRefusePrefill, prefillHow } from '../../../src/gateway/midstream/request.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { ChatBody, ChatRequest } from '../../../src/wires/types.ts';
import { capabilitiesOf, codecOf, requestOf, type Spoken } from '../../support/recorded-streams.ts';

const ASKED = { role: 'user', content: 'Tell me a story.' };
const HOWS = ['prefill', 'instruct'] as const;

function request(body: Partial<ChatBody> = {}): ChatRequest {
  return requestOf({ messages: [ASKED], ...body });
}

/** The body as the next upstream's encoder reads it, from the bytes as well as parsed. */
function bodyOf({ bytes, body }: ChatRequest): ChatBody {
  expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(body());
  return body();
}

function told(text: string, how: 'prefill' | 'instruct', body: Partial<ChatBody> = {}): JsonObject[] {
  const { messages } = bodyOf(continuationRequest(request(body), { text, outputTokens: 9 }, how));
  return messages as JsonObject[];
}

describe('what was sent', () => {
  test('is the last message of a prefill, without the white space at its end', () => {
    expect(told('Once upon a \r\n', 'prefill')).toEqual([
      ASKED,
      { role: 'assistant', content: 'Once upon a' },
    ]);
  });

  test('is quoted whole before an instruction', () => {
    const [asked, quoted, instruction, ...more] = told(' Once upon a \n', 'instruct');
    expect([asked, quoted, more]).toEqual([ASKED, { role: 'assistant', content: ' Once upon a \n' }, []]);
    expect(instruction?.role).toBe('user');
    expect(instruction?.content).toMatch(/interrupted.*exactly where it stops.*not\s+repeat/s);
  });

  test.each(HOWS)('%s: is left out where it is nothing but white space', (how) => {
    expect(told(' \n', how)).toEqual([ASKED]);
  });

  test.each(HOWS)('%s: goes without half a character', (how) => {
    expect(told('Good \u{1F44D}'.slice(0, -1), how)[1]?.content).toBe(how === 'prefill' ? 'Good' : 'Good ');
  });

  test.each(HOWS)("%s: joins what the caller's own prefill began", (how) => {
    const begun = { role: 'assistant', content: 'Once' };
    expect(told(' upon', how, { messages: [ASKED, begun] })[1]).toEqual({ ...begun, content: 'Once upon' });
    const parts = [{ type: 'text', text: 'Once' }];
    const [, joined] = told(' upon', how, { messages: [ASKED, { ...begun, content: parts }] });
    expect(joined?.content).toEqual([...parts, { type: 'text', text: ' upon' }]);
  });

  test('does not join a message that called tools', () => {
    const called = { role: 'assistant', content: null, tool_calls: [{ id: 'a' }] };
    expect(told('Then', 'prefill', { messages: [ASKED, called] })).toEqual([
      ASKED,
      called,
      { role: 'assistant', content: 'Then' },
    ]);
  });
});

describe('the limit of the output', () => {
  const limited = (body: Partial<ChatBody>, outputTokens: number): ChatBody =>
    bodyOf(continuationRequest(request(body), { text: 'Once', outputTokens }, 'prefill'));

  test.each(['max_tokens', 'max_completion_tokens'])('%s is less what was sent', (name) => {
    expect(limited({ [name]: 1000 }, 400)[name]).toBe(600);
    expect(limited({ [name]: 1000 }, 990)[name]).toBe(16);
    expect(limited({ [name]: 1000 }, 5000)[name]).toBe(16);
    // Never more than the caller allowed.
    expect(limited({ [name]: 5 }, 4)[name]).toBe(5);
    expect(limited({}, 400)).not.toHaveProperty(name);
  });

  test('a budget of reasoning that does not fit into it any more is given up', () => {
    const reasoning = { max_tokens: 2000, exclude: true };
    expect(limited({ max_tokens: 4000, reasoning }, 1999).reasoning).toEqual(reasoning);
    expect(limited({ max_tokens: 4000, reasoning }, 2000).reasoning).toEqual({ exclude: true });
    const thinking = { type: 'enabled', budget_tokens: 2000 };
    expect(limited({ max_tokens: 4000, thinking }, 1999).thinking).toEqual(thinking);
    expect(limited({ max_tokens: 4000, thinking }, 2000)).not.toHaveProperty('thinking');
  });
});

test('all else stays', () => {
  const body = { temperature: 0.5, prompt_cache_key: 'k', stop: ['END'], tools: [{ type: 'function' }] };
  const asked = request(body);
  const next = continuationRequest(asked, { text: 'Once', outputTokens: 1 }, 'instruct');
  expect(bodyOf(next)).toMatchObject({ model: 'm', stream: true, ...body });
  expect(next.stream).toBe(true);
  expect(asked.body().messages).toEqual([ASKED]);
});

describe('the last message of an upstream request', () => {
  const wires: Spoken[] = ['openai', 'anthropic', 'google', 'bedrock', 'responses'];

  test.each(wires)('of the %s wire is the text of a prefill, or the instruction', (wire) => {
    const capabilities = capabilitiesOf(wire);
    const target = { upstreamModel: 'up', maxOutputTokens: 1000, capabilities, quirks: {} };
    for (const how of HOWS) {
      const next = continuationRequest(request(), { text: 'Once upon ', outputTokens: 1 }, how);
      const { body } = codecOf(wire).encode(next, target);
      const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
      const { messages, contents, input } = JSON.parse(text) as Record<string, JsonObject[]>;
      const last = (messages ?? contents ?? input)?.at(-1);
      expect(last?.role).toBe(how === 'instruct' ? 'user' : wire === 'google' ? 'model' : 'assistant');
      expect(JSON.stringify(last)).toContain(how === 'instruct' ? 'was interrupted' : '"Once upon"');
    }
  });
});

describe('a prefill is sent', () => {
  test('where probes have seen that it is honoured', () => {
    expect(prefillHow({ probed: { assistant_prefill: 'honoured' } }, request())).toBe('prefill');
    expect(prefillHow({ probed: { assistant_prefill: 'ignored' } }, request())).toBe('instruct');
    expect(prefillHow({ probed: { assistant_prefill: 'refused' } }, request())).toBe('instruct');
    expect(prefillHow({ probed: { tools: 'honoured' } }, request())).toBe('instruct');
    expect(prefillHow({}, request())).toBe('instruct');
  });

  test.each<[Partial<ChatBody>, string]>([
    [{ reasoning_effort: 'low' }, 'instruct'],
    [{ reasoning: { effort: 'high' } }, 'instruct'],
    [{ reasoning: { max_tokens: 2000 } }, 'instruct'],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, 'instruct'],
    [{ reasoning_effort: 'none' }, 'prefill'],
    [{ reasoning: { enabled: false } }, 'prefill'],
    [{ thinking: { type: 'disabled' } }, 'prefill'],
  ])('not with reasoning: %j', (body, how) => {
    expect(prefillHow({ probed: { assistant_prefill: 'honoured' } }, request(body))).toBe(how);
  });
});

test.each<[GatewayError, boolean]>([
  [new GatewayError('upstream_invalid_request', { upstream: { status: 400, body: '' } }), true],
  [new GatewayError('upstream_error', { upstream: { status: 400, body: '' } }), true],
  [new GatewayError('context_length_exceeded', { upstream: { status: 400, body: '' } }), false],
  [new GatewayError('content_filter', { upstream: { status: 400, body: '' } }), false],
  [new GatewayError('upstream_error', { upstream: { status: 422, body: '' } }), true],
  [new GatewayError('upstream_rate_limited', { upstream: { status: 429, body: '' } }), false],
  [new GatewayError('upstream_unreachable'), false],
])('%s may be about the prefill: %s', (error, expected) => {
  expect(mayRefusePrefill(error)).toBe(expected);
});
