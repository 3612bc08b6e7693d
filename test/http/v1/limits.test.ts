import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { type Answer, call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

const bindings = env as unknown as Bindings;
const messages = [{ role: 'user', content: 'one two three' }];

const chat = (key: string, more: object = {}, headers: Record<string, string> = {}) =>
  call('POST', '/v1/chat/completions', {
    key,
    body: { model: 'demo-echo', messages, max_tokens: 20, ...more },
    headers,
  });

const many = (key: string, count: number, more: object = {}) =>
  Promise.all(Array.from({ length: count }, () => chat(key, more)));

async function keyWith(
  restrictions: object,
  credits?: number,
): Promise<{ id: string; key: string; workspace: string }> {
  const { id: workspace } = await newWorkspace();
  if (credits !== undefined) {
    const client = workspaceClient(bindings, workspace);
    const taken = Math.round(credits * 1e9) - (await client.balance());
    await client.record([{ id: 'adjust', kind: 'adjustment', amount: taken, reference: 'test' }]);
  }
  const body = { name: 'k', workspace, ...restrictions };
  const made = await call('POST', '/api/keys', { key: OPERATOR, body });
  expect(made.status).toBe(201);
  return { id: made.body.id, key: made.body.key, workspace };
}

const statuses = (answers: Answer[]) => answers.map((answer) => answer.status).sort();
const count = (answers: Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

describe('rates', () => {
  it('let in exactly what they say, of many that come at once, and tell the truth about it', async () => {
    const { key } = await keyWith({ limits: { requests_per_minute: 7 } });
    const answers = await many(key, 40);
    expect(count(answers, 200)).toBe(7);
    expect(count(answers, 429)).toBe(33);
    const refused = answers.find((answer) => answer.status === 429) as Answer;
    expect(errorOf(refused)).toEqual({ status: 429, code: 'rate_limit_exceeded', param: null });
    expect(refused.body.error.type).toBe('rate_limit_error');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(61);
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('7');
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(refused.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m)?[\d.]+s$/);
    const remaining = answers
      .filter((answer) => answer.status === 200)
      .map((answer) => Number(answer.headers.get('x-ratelimit-remaining-requests')));
    expect(remaining.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('hold for the workspace as a whole, and at once when they are set', async () => {
    const { key, workspace } = await keyWith({});
    expect((await chat(key)).status).toBe(200);
    const limits = { requests_per_minute: 3 };
    await call('PUT', `/api/workspaces/${workspace}/limits`, { key: OPERATOR, body: limits });
    const other = await newKey(workspace);
    const answers = await Promise.all([...Array(5)].flatMap(() => [chat(key), chat(other.key)]));
    expect(count(answers, 200)).toBe(3);
    await call('PUT', `/api/workspaces/${workspace}/limits`, { key: OPERATOR, body: {} });
    expect(count(await many(key, 5), 200)).toBe(5);
  });

  it('count tokens by estimate first and by the answer then', async () => {
    const { key } = await keyWith({ limits: { tokens_per_minute: 200 } });
    const first = await chat(key, { max_tokens: 100 });
    expect(first.status).toBe(200);
    const used = await call('GET', '/v1/key', { key });
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('200');
    await expect
      .poll(async () => (await call('GET', '/v1/key', { key })).body.used.tokens_per_minute.remaining)
      .toBe(200 - first.body.usage.total_tokens);
    expect(used.body.used.requests_per_minute).toBeNull();
  });

  it('hold for some models alone', async () => {
    const { key } = await keyWith({ model_limits: [{ models: 'demo/e*', requests_per_minute: 1 }] });
    expect(statuses(await many(key, 3))).toEqual([200, 429, 429]);
    expect(statuses(await many(key, 3, { model: 'demo-json' }))).toEqual([200, 200, 200]);
  });

  it('give concurrent slots back when answers end, break, fail or are left', async () => {
    const { key } = await keyWith({ limits: { concurrent: 1 } });
    for (const model of ['demo-echo', 'demo-break', 'demo-fail', 'demo-echo']) {
      const response = await send('POST', '/v1/chat/completions', {
        key,
        body: { model, messages, stream: true },
      });
      await response.text();
      // At once: who waits for an answer before asking again is never refused for it.
      expect((await chat(key)).status, model).toBe(200);
      expect((await chat(key)).status, model).toBe(200);
    }
    const left = await send('POST', '/v1/chat/completions', {
      key,
      body: { model: 'demo-slow', messages, stream: true },
    });
    expect((await chat(key)).status).toBe(429);
    await left.body?.cancel();
    await expect.poll(async () => (await chat(key)).status, { timeout: 10_000 }).toBe(200);
  }, 30_000);
});

describe('credits', () => {
  it('run dry exactly: what was answered is what was paid', async () => {
    // One answer costs up to 20 tokens of output at 0.4 USD per 1M, and its input.
    const { key, workspace } = await keyWith({}, 0.00004);
    let paid = 0;
    let refused = 0;
    for (let round = 0; round < 4; round++) {
      for (const answer of await many(key, 10)) {
        if (answer.status === 200) paid += Math.round(Number(answer.headers.get('x-credits-used')) * 1e9);
        else {
          refused++;
          expect(errorOf(answer)).toEqual({ status: 402, code: 'insufficient_credits', param: null });
        }
      }
    }
    expect(paid).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    const client = workspaceClient(bindings, workspace);
    await expect.poll(() => client.balance()).toBe(40_000 - paid);
    const entries = await client.entries(0, 1000);
    expect(entries.reduce((sum, entry) => sum + entry.amount, 0)).toBe(40_000 - paid);
  });

  it('are shown, and do not count what is reserved', async () => {
    const { key } = await keyWith({});
    expect((await call('GET', '/v1/credits', { key })).body).toEqual({
      object: 'credits',
      credits: 10,
      currency: 'usd',
    });
    expect(errorOf(await call('GET', '/v1/credits'))).toMatchObject({ status: 401 });
    expect(errorOf(await call('GET', '/v1/credits', { key: OPERATOR }))).toMatchObject({ status: 403 });
    expect(errorOf(await call('POST', '/v1/credits', { key, body: {} }))).toMatchObject({ status: 405 });
  });

  it('are charged with the workspace’s margin, to the nano-dollar', async () => {
    const { key, workspace } = await keyWith({});
    const pricing = { margin_percent: 5, models: [{ model: 'demo/json', margin_percent: 12.5 }] };
    const set = await call('PUT', `/api/workspaces/${workspace}/pricing`, { key: OPERATOR, body: pricing });
    expect(set.body).toEqual({ ...pricing, cached_percent: 10 });
    const answer = await chat(key);
    const receipt = (await call('GET', `/v1/generations/${answer.body.id}`, { key })).body;
    const cost = Math.round(receipt.provider_cost * 1e9);
    expect(Math.round(receipt.credits_used * 1e9)).toBe(Math.floor((cost * 105 + 50) / 100));
    expect(receipt.margin_percent).toBe(5);
    const lines = receipt.cost_lines.map((line: { amount: number }) => line.amount);
    expect(lines.reduce((sum: number, amount: number) => sum + amount, 0)).toBe(
      Math.round(receipt.credits_used * 1e9),
    );
    const other = await chat(key, { model: 'demo-json' });
    expect((await call('GET', `/v1/generations/${other.body.id}`, { key })).body.margin_percent).toBe(12.5);
  });
});

describe('budgets', () => {
  it('of a key are hard, and say which and until when', async () => {
    const { key } = await keyWith({ budgets: [{ window: 'daily', amount_usd: 0.00003 }] });
    const answers = await many(key, 30);
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(errorOf(answer)).toEqual({ status: 403, code: 'budget_exceeded', param: null });
      expect(answer.body.error.message).toMatch(/daily budget of 0\.00003 USD of the key key_.*resets at 20/);
    }
    const paid = answers.reduce((sum, answer) => sum + Number(answer.headers.get('x-credits-used') ?? 0), 0);
    expect(paid).toBeLessThanOrEqual(0.00003);
    await expect
      .poll(async () => (await call('GET', '/v1/key', { key })).body.used.budgets[0])
      .toMatchObject({
        window: 'daily',
        amount_usd: 0.00003,
        held_usd: 0,
        spent_usd: Number(paid.toFixed(9)),
      });
  });

  it('of a project hold for all its keys', async () => {
    const { key, id, workspace } = await keyWith({});
    const { project } = (await call('GET', `/api/keys/${id}`, { key: OPERATOR })).body;
    const body = { budgets: [{ window: 'total', amount_usd: 0 }] };
    expect((await call('PUT', `/api/projects/${project}/limits`, { key: OPERATOR, body })).status).toBe(200);
    const other = await newKey(workspace);
    for (const each of [key, other.key])
      expect(errorOf(await chat(each))).toMatchObject({ code: 'budget_exceeded' });
  });
});

describe('what a key may call, from where and until when', () => {
  it('is listed, and everything else is not enabled', async () => {
    const { key, id, workspace } = await keyWith({ models: ['demo/e*', 'demo-json', 'demo/json'] });
    const listed = async () =>
      (await call('GET', '/v1/models', { key })).body.data.map((model: { id: string }) => model.id);
    expect(await listed()).toEqual(['demo/echo', 'demo/json']);
    expect((await chat(key)).status).toBe(200);
    const refused = await chat(key, { model: 'demo-tools' });
    expect(errorOf(refused)).toEqual({ status: 404, code: 'model_not_enabled', param: 'model' });
    expect(refused.body.error.message).toContain(`PATCH /api/keys/${id}`);
    const fallback = await chat(key, { models: ['demo-tools'] });
    expect(errorOf(fallback)).toEqual({ status: 404, code: 'model_not_enabled', param: 'models[0]' });
    expect(errorOf(await call('GET', '/v1/models/demo-tools', { key }))).toMatchObject({
      code: 'model_not_enabled',
    });

    const body = { models: ['demo/json'] };
    await call('PUT', `/api/workspaces/${workspace}/models`, { key: OPERATOR, body });
    expect(await listed()).toEqual(['demo/json']);
    const byWorkspace = await chat(key);
    expect(byWorkspace.body.error.message).toContain(`PUT /api/workspaces/${workspace}/models`);
    await call('PATCH', `/api/keys/${id}`, { key: OPERATOR, body: { models: null } });
    expect(await listed()).toEqual(['demo/json']);
  });

  it('is bound to addresses', async () => {
    const { key } = await keyWith({ allowed_ips: ['192.0.2.0/24', '2001:db8::/32'] });
    const from = (address: string) => chat(key, {}, { 'cf-connecting-ip': address });
    for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1']) {
      expect((await from(address)).status, address).toBe(200);
    }
    for (const address of ['192.0.3.7', '2001:db9::1', 'nonsense']) {
      expect(errorOf(await from(address)), address).toEqual({
        status: 403,
        code: 'ip_not_allowed',
        param: null,
      });
    }
    expect(errorOf(await chat(key))).toMatchObject({ code: 'ip_not_allowed' });
  });

  it('ends when it is said to', async () => {
    const past = Math.floor(Date.now() / 1000) - 1;
    const { id: workspace } = await newWorkspace();
    const body = { name: 'k', workspace, expires_at: past };
    const refused = await call('POST', '/api/keys', { key: OPERATOR, body });
    expect(errorOf(refused)).toEqual({ status: 400, code: 'invalid_value', param: 'expires_at' });
    const { key, id } = await keyWith({ expires_at: past + 1000 });
    expect((await chat(key)).status).toBe(200);
    await bindings.DB.prepare('UPDATE keys SET expires_at = 1 WHERE id = ?').bind(id).run();
    await call('PATCH', `/api/keys/${id}`, { key: OPERATOR, body: { name: 'renamed' } });
    expect(errorOf(await chat(key))).toEqual({ status: 401, code: 'invalid_api_key', param: null });
  });

  it.each([
    [{ limits: { requests_per_minute: 0 } }, 'invalid_value', 'limits.requests_per_minute'],
    [{ limits: { requests_per_minute: 1.5 } }, 'invalid_type', 'limits.requests_per_minute'],
    [{ limits: { tokens_per_minute: -5 } }, 'invalid_value', 'limits.tokens_per_minute'],
    [{ limits: { concurrent: 1e12 } }, 'invalid_value', 'limits.concurrent'],
    [{ limits: { per_hour: 5 } }, 'unsupported_parameter', 'limits.per_hour'],
    [{ budgets: [{ window: 'hourly', amount_usd: 1 }] }, 'invalid_value', 'budgets[0].window'],
    [{ budgets: [{ window: 'daily', amount_usd: -1 }] }, 'invalid_value', 'budgets[0].amount_usd'],
    [{ budgets: [{ window: 'daily', amount_usd: 1e15 }] }, 'invalid_value', 'budgets[0].amount_usd'],
    [
      {
        budgets: [
          { window: 'daily', amount_usd: 1 },
          { window: 'daily', amount_usd: 2 },
        ],
      },
      'invalid_value',
      'budgets[1].window',
    ],
    [{ allowed_ips: ['10.0.0.0/33'] }, 'invalid_value', 'allowed_ips[0]'],
    [{ allowed_ips: ['example.com'] }, 'invalid_value', 'allowed_ips[0]'],
    [{ models: [''] }, 'invalid_value', 'models[0]'],
  ])('is not made with %j', async (restrictions, code, param) => {
    const { id: workspace } = await newWorkspace();
    const body = { name: 'k', workspace, ...restrictions };
    expect(errorOf(await call('POST', '/api/keys', { key: OPERATOR, body }))).toEqual({
      status: 400,
      code,
      param,
    });
  });

  it('cannot be widened by the key itself', async () => {
    const { key, id } = await keyWith({ role: 'admin', models: ['demo/echo'] });
    const more = { name: 'wider' };
    for (const answer of [
      await call('POST', '/api/keys', { key, body: more }),
      await call('PATCH', `/api/keys/${id}`, { key, body: { models: null } }),
    ]) {
      expect(errorOf(answer)).toMatchObject({ status: 403, code: 'permission_denied' });
    }
  });
});

describe('limits away', () => {
  it('fail closed for money, with 503 and never 401 or 429', async () => {
    const { key, workspace } = await keyWith({});
    const stub = bindings.WORKSPACE.get(bindings.WORKSPACE.idFromName(workspace));
    const { runInDurableObject } = await import('cloudflare:test');
    await runInDurableObject(stub, (_, state) => void state.storage.sql.exec('DROP TABLE holds'));
    expect(errorOf(await chat(key))).toEqual({ status: 503, code: 'limits_unavailable', param: null });
  });
});
