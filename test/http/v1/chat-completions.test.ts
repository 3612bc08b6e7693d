import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { tracesClient } from '../../../src/objects/traces/client.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

const messages = [{ role: 'user', content: 'one two three' }];
let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});
const chat = (body: unknown, headers: Record<string, string> = {}) =>
  call('POST', '/v1/chat/completions', { key, body, headers });

/** The data of a stream's events. */
async function events(body: unknown): Promise<string[]> {
  const response = await send('POST', '/v1/chat/completions', { key, body });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  return (await response.text())
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice(6));
}

const receiptOf = async (id: string | null) => (await call('GET', `/v1/generations/${id}`, { key })).body;

describe('POST /v1/chat/completions', () => {
  it('tells who demands a call of a demo model without tools, in either format', async () => {
    const parameters = { type: 'object' };
    const asChat = { tools: [{ type: 'function', function: { name: 'look', parameters } }], messages };
    const asMessage = { tools: [{ name: 'look', input_schema: parameters }], messages, max_tokens: 100 };
    for (const [path, body] of [
      ['/v1/chat/completions', { ...asChat, tool_choice: 'required' }],
      ['/v1/chat/completions', { ...asChat, tool_choice: { type: 'function', function: { name: 'look' } } }],
      ['/v1/messages', { ...asMessage, tool_choice: { type: 'tool', name: 'look' } }],
    ] as const) {
      const answer = await call('POST', path, { key, body: { model: 'demo-echo', ...body } });
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({
        param: 'tool_choice',
        message: expect.stringContaining('demo-tools'),
      });
    }
    const ignored = await chat({ model: 'demo-echo', ...asChat, tool_choice: 'auto' });
    expect(ignored.body.choices[0].message.content).toBe('one two three');
  });

  it('answers, and says what served it and what it cost', async () => {
    const answer = await chat({ model: 'demo-echo', messages });
    expect(answer.status).toBe(200);
    expect(answer.body.choices[0].message.content).toBe('one two three');
    expect(answer.body.id).toBe(answer.headers.get('x-generation-id'));
    expect(answer.headers.get('x-model-used')).toBe('demo/echo');
    expect(answer.headers.get('x-provider-used')).toBe('demo');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    const receipt = await receiptOf(answer.body.id);
    expect(receipt).toMatchObject({
      object: 'generation',
      status: 'completed',
      workspace,
      model_used: 'demo/echo',
    });
    expect(Number(answer.headers.get('x-credits-used'))).toBe(receipt.credits_used);
    expect(receipt.credits_used).toBeGreaterThan(0);
  });

  it('takes from the balance exactly what the receipts say', async () => {
    const own = await newWorkspace();
    const { key: ownKey } = await newKey(own.id);
    let sum = 0;
    for (let i = 0; i < 5; i++) {
      const body = { model: 'demo-echo', messages: [{ role: 'user', content: 'word '.repeat(i + 1) }] };
      const answer = await call('POST', '/v1/chat/completions', { key: ownKey, body });
      sum += Math.round(Number(answer.headers.get('x-credits-used')) * 1e9);
    }
    await expect
      .poll(async () =>
        Math.round((await call('GET', `/api/workspaces/${own.id}`, { key: OPERATOR })).body.credits * 1e9),
      )
      .toBe(10e9 - sum);
  });

  it('streams, and ends with usage and cost in a chunk that naive clients can read', async () => {
    const all = await events({ model: 'demo-echo', messages, stream: true });
    expect(all.at(-1)).toBe('[DONE]');
    const chunks = all.slice(0, -1).map((data) => JSON.parse(data));
    // A naive client reads this of every chunk.
    expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe('one two three');
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0].id).toMatch(/^gen_/);
    expect(chunks.filter((chunk) => chunk.choices[0].finish_reason !== null)).toHaveLength(1);
    expect(chunks.filter((chunk) => 'usage' in chunk)).toHaveLength(1);
    const last = chunks.at(-1);
    expect(last).toMatchObject({ model_used: 'demo/echo', provider_used: 'demo', fallback_from: [] });
    expect(last.usage.total_tokens).toBe(last.usage.prompt_tokens + last.usage.completion_tokens);
    expect((await receiptOf(last.id)).credits_used).toBe(last.credits_used);
  });

  it('gives usage as OpenAI does to a client that asks for it', async () => {
    const options = { stream: true, stream_options: { include_usage: true } };
    const chunks = (await events({ model: 'demo-echo', messages, ...options }))
      .slice(0, -1)
      .map((d) => JSON.parse(d));
    expect(chunks.at(-1).choices).toEqual([]);
    expect(chunks.at(-1).usage.prompt_tokens).toBeGreaterThan(0);
    for (const chunk of chunks.slice(0, -1)) expect(chunk.usage ?? null).toBeNull();
  });

  it('goes to the next endpoint when one fails, and says so', async () => {
    const answer = await chat({ model: 'demo-resilient', messages });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-fallback-from')).toBe('demo/resilient@demo');
    expect(answer.headers.get('x-routing-reason')).toBe('fallback_error');
    expect(answer.headers.get('x-provider-used')).toBe('demo-backup');
    const receipt = await receiptOf(answer.body.id);
    // A single 500 gets one more try at the same endpoint.
    expect(receipt.attempts.map((attempt: { status: number }) => attempt.status)).toEqual([500, 500, 200]);
    // By now the one that fails may stand behind the other.
    const streamed = await events({ model: 'demo-resilient', messages, stream: true });
    expect(JSON.parse(streamed.at(-2) ?? '').provider_used).toBe('demo-backup');
  });

  it('goes to the models that the request names, unless it forbids that', async () => {
    const answer = await chat({ model: 'demo-fail', models: ['demo-limited', 'demo-echo'], messages });
    expect(answer.headers.get('x-model-used')).toBe('demo/echo');
    expect(answer.headers.get('x-fallback-from')).toBe('demo/fail@demo, demo/limited@demo');
    const provider = { allow_fallbacks: false };
    const refused = await chat({ model: 'demo-fail', models: ['demo-echo'], provider, messages });
    expect(errorOf(refused)).toEqual({ status: 502, code: 'upstream_error', param: null });
  });

  it('chooses by itself who fits, and says by what', async () => {
    const cheapest = await chat({ model: 'auto', messages });
    expect(cheapest.headers.get('x-model-used')).toBe('demo/echo');
    expect(cheapest.headers.get('x-routing-reason')).toBe('policy_cost');
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
    const able = await chat({ model: 'auto', messages, tools });
    expect(able.headers.get('x-model-used')).toBe('demo/tools');
    const denied = await chat({ model: 'auto', messages }, { 'x-policy': '{"allow":["demo/js*"]}' });
    expect(denied.headers.get('x-model-used')).toBe('demo/json');
    // 0.40 USD per 1M tokens of output: 0.00002 USD are less than 50.
    const budget = await chat({
      model: 'demo-echo',
      messages,
      max_tokens: 100,
      policy: { max_cost_usd: 0.00002 },
    });
    expect(budget.headers.get('x-adjusted-params')).toMatch(/^max_tokens=[34]\d$/);
  });

  it('ends a stream that broke with an error, and bills nothing', async () => {
    const all = await events({ model: 'demo-break', messages, stream: true });
    expect(all.at(-1)).toBe('[DONE]');
    const last = JSON.parse(all.at(-2) ?? '');
    expect(last.choices[0].finish_reason).toBe('error');
    expect(last.error.code).toBe('upstream_incomplete');
    expect(await receiptOf(last.id)).toMatchObject({ status: 'failed', credits_used: 0 });
  });

  it('passes on how long a provider asks to wait', async () => {
    const answer = await chat({ model: 'demo-limited', messages, policy: { max_attempts: 1 } });
    expect(errorOf(answer)).toEqual({ status: 429, code: 'upstream_rate_limited', param: null });
    expect(answer.headers.get('retry-after')).toBe('2');
    const receipt = await receiptOf(answer.headers.get('x-generation-id'));
    expect(receipt).toMatchObject({
      status: 'failed',
      credits_used: 0,
      error: { code: 'upstream_rate_limited' },
    });
  });

  it('says which extensions did not take effect', async () => {
    const answer = await chat({
      model: 'demo-echo',
      messages,
      workflow: 'support',
      cache: { mode: 'exact' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-dropped-params')).toBe('cache');
  });

  it('propagates a trace, and no nonsense', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await chat({ model: 'demo-echo', messages }, { traceparent });
    expect(answer.headers.get('traceparent')).toBe(traceparent);
    expect((await receiptOf(answer.body.id)).trace_id).toBe('0af7651916cd43dd8448eb211c80319c');
    const odd = await chat({ model: 'demo-echo', messages }, { traceparent: `${traceparent}-x` });
    expect(odd.headers.get('traceparent')).toBeNull();
  });

  it.each([
    ['', 400, 'invalid_json', null],
    ['{', 400, 'invalid_json', null],
    ['[]', 400, 'invalid_type', null],
    ['{"model":"demo-echo"}', 400, 'missing_parameter', 'messages'],
    ['{"messages":[{}]}', 400, 'missing_parameter', 'model'],
    ['{"model":7,"messages":[{}]}', 400, 'invalid_type', 'model'],
    ['{"model":"","messages":[{}]}', 400, 'invalid_value', 'model'],
    ['{"model":"demo-echo","messages":[]}', 400, 'invalid_value', 'messages'],
    ['{"model":"demo-echo","messages":"hi"}', 400, 'invalid_type', 'messages'],
    ['{"model":"demo-echo","messages":[{}],"stream":"yes"}', 400, 'invalid_type', 'stream'],
    ['{"model":"demo-echo","messages":[{}],"max_tokens":-1}', 400, 'invalid_value', 'max_tokens'],
    ['{"model":"demo-echo","messages":[{}],"policy":{"slo_ms":0}}', 400, 'invalid_value', 'policy.slo_ms'],
    ['{"model":"demo-echo","messages":[{}],"policy":"none"}', 404, 'policy_not_found', 'policy'],
    [
      '{"model":"demo-echo","messages":[{}],"policy":{"region":"eu"}}',
      404,
      'no_endpoint_satisfies_policy',
      'policy.region',
    ],
    ['{"model":"demo-echo","messages":[{}],"provider":{"sort":"x"}}', 400, 'invalid_value', 'provider.sort'],
    ['{"model":"demo-echho","messages":[{}]}', 404, 'model_not_found', 'model'],
    ['{"model":"demo-echo","models":["nope"],"messages":[{}]}', 404, 'model_not_found', 'models[0]'],
    ['{"model":"gpt-4o","messages":[{}]}', 404, 'model_not_available', 'model'],
  ])('refuses %s', async (body, status, code, param) => {
    expect(errorOf(await chat(body))).toEqual({ status, code, param });
  });

  it('suggests models that can be called', async () => {
    const answer = await chat({ model: 'demo-echho', messages });
    expect(answer.body.error.message).toContain('demo/echo');
  });

  it('refuses what is no JSON in kind, and other methods', async () => {
    const form = await chat('model=x', { 'content-type': 'text/plain' });
    expect(errorOf(form)).toEqual({ status: 415, code: 'unsupported_content_type', param: null });
    const get = await call('GET', '/v1/chat/completions', { key });
    expect(errorOf(get)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(get.headers.get('allow')).toBe('POST');
  });
});

describe('GET /v1/generations/{id}', () => {
  it('is in storage soon after the answer, and for no other workspace', async () => {
    const answer = await chat({ model: 'demo-echo', messages });
    const traces = tracesClient(env as unknown as Bindings, workspace);
    await expect.poll(() => traces.find(answer.body.id)).toContain(answer.body.id);
    const other = await newKey((await newWorkspace()).id);
    const path = `/v1/generations/${answer.body.id}`;
    expect(errorOf(await call('GET', path, { key: other.key }))).toEqual({
      status: 404,
      code: 'generation_not_found',
      param: 'id',
    });
    expect(errorOf(await call('GET', path))).toMatchObject({ status: 401 });
    expect(errorOf(await call('GET', '/v1/generations/gen_nothing', { key }))).toMatchObject({ status: 404 });
  });
});
