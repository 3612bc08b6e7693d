import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import { bytes, MESSAGES, read } from './support.ts';

describe('readChatRequest', () => {
  it('reads what it acts on and leaves the rest alone', () => {
    const { request, control } = read({
      model: 'gpt-4o',
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      temperature: 'hot',
      made_up: { a: 1 },
    });
    expect(request.stream).toBe(true);
    expect(request.includeUsage).toBe(true);
    expect(control.model).toBe('gpt-4o');
    expect(request.body()).toMatchObject({ temperature: 'hot', made_up: { a: 1 } });
  });

  it('takes nulls for absent', () => {
    const { request, control } = read({
      model: 'm',
      messages: MESSAGES,
      stream: null,
      stream_options: null,
      models: null,
      provider: null,
      policy: null,
      n: null,
      max_tokens: null,
    });
    expect(request.stream).toBe(false);
    expect(control.fallbackModels).toEqual([]);
  });

  it('reads its own extensions, names them for removal, and says which have no effect', () => {
    const { request, control } = read({
      model: 'm',
      models: ['a', 'b'],
      provider: {
        order: ['x'],
        only: ['x', 'y'],
        ignore: ['z'],
        allow_fallbacks: false,
        require_parameters: true,
      },
      workflow: 'w',
      cache: { mode: 'exact' },
      messages: MESSAGES,
    });
    expect(control).toEqual({
      model: 'm',
      fallbackModels: ['a', 'b'],
      maxOutputTokens: null,
      answers: 1,
      policy: { require_parameters: true },
      preferences: expect.objectContaining({
        order: ['x'],
        only: ['x', 'y'],
        ignore: ['z'],
        allowFallbacks: false,
      }),
      policyName: null,
      workflow: 'w',
      sessionId: null,
      unused: ['cache'],
    });
    expect(request.extensions.toSorted()).toEqual(['cache', 'models', 'provider', 'workflow']);
    expect(Object.keys(request.body())).toEqual(['model', 'messages']);
  });

  it('reads policies, sessions and how streams are to be mended', () => {
    const { control, request } = read({
      model: 'm',
      messages: MESSAGES,
      policy: { region: 'eu', max_wake_ms: 5, midstream: 'continue' },
      provider: { require_parameters: true, data_collection: 'deny' },
      require_parameters: false,
      session_id: 's',
      prompt_cache_key: 'k',
      midstream: ['restart', 'error'],
      max_wake_ms: 1000,
    });
    expect(control.policy).toEqual({
      region: 'eu',
      require_parameters: false,
      data_collection: 'deny',
      midstream: ['restart', 'error'],
      max_wake_ms: 1000,
    });
    expect(control.sessionId).toBe('s');
    // The provider's own parameter travels on.
    expect(request.body()).toEqual({ model: 'm', messages: MESSAGES, prompt_cache_key: 'k' });
    expect(read({ model: 'm', messages: MESSAGES, prompt_cache_key: 'k' }).control.sessionId).toBe('k');
    expect(read({ model: 'm', messages: MESSAGES, policy: 'strict' }).control).toMatchObject({
      policy: {},
      policyName: 'strict',
    });
  });

  it('reads headers where their twins are absent', () => {
    const headers: Record<string, string> = {
      'x-policy': '{"slo_ms":350}',
      'x-workflow': 'support',
      'x-session-id': 's',
      'x-midstream': 'restart, error',
      'x-max-wake-ms': '5000',
    };
    const from = (body: object, given = headers) =>
      readChatRequest(
        bytes(JSON.stringify({ model: 'm', messages: MESSAGES, ...body })),
        (name) => given[name],
      ).control;
    expect(from({})).toMatchObject({
      policy: { slo_ms: 350, midstream: ['restart', 'error'], max_wake_ms: 5000 },
      policyName: null,
      workflow: 'support',
      sessionId: 's',
    });
    const body = {
      policy: { region: 'eu' },
      workflow: 'w',
      session_id: 't',
      midstream: 'error',
      max_wake_ms: 1,
    };
    expect(from(body)).toMatchObject({
      policy: { region: 'eu', midstream: ['error'], max_wake_ms: 1 },
      workflow: 'w',
      sessionId: 't',
    });
    expect(from(body).policy).not.toHaveProperty('slo_ms');
    expect(from({}, { 'x-policy': 'strict' }).policyName).toBe('strict');
    const wrong: [header: string, value: string, param: string][] = [
      ['x-policy', '{"slo_ms":', 'x-policy'],
      ['x-policy', '{"slo_ms":"fast"}', 'x-policy.slo_ms'],
      ['x-midstream', 'again', 'x-midstream'],
      ['x-max-wake-ms', 'soon', 'x-max-wake-ms'],
      ['x-session-id', 'x'.repeat(257), 'x-session-id'],
    ];
    for (const [header, value, param] of wrong) {
      expect(() => from({}, { [header]: value }), header).toThrow(expect.objectContaining({ param }));
    }
  });

  it('reads what OpenRouter calls provider preferences', () => {
    const preferences = (provider: object) =>
      read({ model: 'm', messages: MESSAGES, provider }).control.preferences;
    expect(
      preferences({
        order: ['X'],
        sort: { by: 'price', partition: 'none' },
        max_price: { prompt: 1, completion: '2.5' },
        quantizations: ['FP8'],
        preferred_max_latency: 1.5,
        preferred_min_throughput: { p50: 40 },
      }),
    ).toEqual({
      order: ['x'],
      only: [],
      ignore: [],
      allowFallbacks: true,
      sort: 'price',
      acrossModels: true,
      maxPrice: { prompt: 1, completion: 2.5 },
      quantizations: ['fp8'],
      // OpenRouter counts latencies in seconds.
      preferredMaxLatencyMs: 1500,
      preferredMinThroughput: 40,
    });
    expect(preferences({ sort: 'latency', max_price: {} })).toMatchObject({
      sort: 'latency',
      acrossModels: false,
      maxPrice: null,
    });
  });

  it('takes the last of a name that stands twice, as JSON.parse does', () => {
    expect(read(`{"model":"a","messages":[{}],"model":"b"}`).control.model).toBe('b');
  });

  it('knows a name that is written with escapes', () => {
    expect(read(`{"mod\\u0065l":"a","messages":[{}]}`).control.model).toBe('a');
  });

  it('does not parse a large body before a wire asks for it', () => {
    // A syntax error in the middle of a value that nobody reads is the upstream's to find.
    const body = `{"model":"m","messages":[{"role":"user","content":"${'x'.repeat(300_000)}"}],"extra":[1,,2]}`;
    const { request, control } = read(body);
    expect(control.model).toBe('m');
    expect(() => request.body()).toThrow(GatewayError);
  });
});

describe('the output limit', () => {
  it.each([
    [{}, null],
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 7 }, 7],
    [{ max_tokens: 5, max_completion_tokens: 7 }, 7],
    [{ max_tokens: 9, max_completion_tokens: 1 }, 9],
  ])('of %j is %s: what any provider may make of it', (limits, most) => {
    const { control } = read({ model: 'm', messages: MESSAGES, ...limits });
    expect(control.maxOutputTokens).toBe(most);
  });
});

it.each([
  null,
  { type: 'text' },
  { type: 'json_object' },
  { type: 'json_schema', json_schema: { name: 'n' } },
  { type: 'json_schema', json_schema: { name: 'n', schema: null } },
  { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
  // What only hosts know.
  { type: 'grammar', grammar: 'root ::= "a"' },
])('a response_format may be %j', (response_format) => {
  expect(read({ model: 'm', messages: MESSAGES, response_format }).control.model).toBe('m');
});
